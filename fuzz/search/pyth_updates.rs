//! Searches with libFuzzer for bytes that [`holdfast_fuzz::pyth_updates`] cannot take.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    holdfast_fuzz::pyth_updates(data);
});
