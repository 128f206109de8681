//! Where the units of an instruction go, for the page that `cargo xtask bench` writes.

/// Ends a stage of an instruction. A program built with the feature `profile` logs the stage and the
/// units left; any other has nothing here.
macro_rules! stage {
    ($name:literal) => {
        #[cfg(feature = "profile")]
        {
            solana_program::log::sol_log(concat!("stage ", $name));
            solana_program::log::sol_log_compute_units();
        }
    };
}

pub(crate) use stage;
