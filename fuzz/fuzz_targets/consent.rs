//! A FHIR consent from a stranger.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| salus_fuzzing::consent(bytes));
