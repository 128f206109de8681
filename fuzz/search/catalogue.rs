//! Searches with libFuzzer for bytes that [`holdfast_fuzz::catalogue`] cannot take.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    holdfast_fuzz::catalogue(data);
});
