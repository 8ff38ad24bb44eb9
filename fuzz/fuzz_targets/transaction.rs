//! A transaction from a stranger: decoded, and its signatures checked alone and in a batch.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| salus_fuzzing::transaction(bytes));
