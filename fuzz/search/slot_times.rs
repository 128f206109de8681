//! Searches with libFuzzer for bytes that [`holdfast_fuzz::slot_times`] cannot take.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    holdfast_fuzz::slot_times(data);
});
