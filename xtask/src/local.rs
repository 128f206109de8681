//! What runs on a real validator.

use crate::command::{build_program, built, root, show};
use crate::{client, node, sbpf, setup, test, validator};

/// The programs that a local cluster consists of.
const PROGRAMS: [&str; 4] =
    ["holdfast", "holdfast-localnet", "holdfast-migrate", "holdfast-publisher"];

/// Runs a local cluster until Ctrl-C.
pub fn run(options: &[String]) -> Result<(), String> {
    let mut localnet = built("holdfast-localnet");
    if options.iter().any(|option| matches!(option.as_str(), "-h" | "--help")) {
        PROGRAMS.into_iter().try_for_each(build_program)?;
        return show(localnet.arg("--help"));
    }
    setup::install_compiler()?;
    sbpf::build()?;
    let page = client::build_page()?;
    let validator = validator::install()?;
    PROGRAMS.into_iter().try_for_each(build_program)?;
    localnet.arg("--validator").arg(validator);
    localnet.arg("--programs").arg(root().join("target/deploy"));
    localnet.arg("--page").arg(page);
    show(localnet.args(options))
}

/// How many orders the outages' scenario with many traders places.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Half an hour's worth.
    Full,
    /// A tenth of that.
    Short,
}

/// Plays the outages on a real validator, with what [`test::build`] compiled.
///
/// # Errors
/// When the validator or the TypeScript client cannot be built, or a scenario fails.
pub fn end_to_end(load: Load) -> Result<(), String> {
    let validator = validator::install()?;
    test::build()?;
    let script = client::build()?;
    let mut suite = built("holdfast-e2e");
    suite.arg("--validator").arg(validator);
    suite.arg("--programs").arg(root().join("target/deploy"));
    suite.arg("--node").arg(node::program()?).arg("--client").arg(script);
    if load == Load::Short {
        suite.arg("--short");
    }
    show(&mut suite)
}

/// Records what a validator shows when things happen to it.
///
/// # Errors
/// When the validator cannot be built or started.
pub fn record() -> Result<(), String> {
    let validator = validator::install()?;
    build_program("validator-recorder")?;
    show(built("validator-recorder").arg("--validator").arg(validator))
}
