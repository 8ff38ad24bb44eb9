//! A FHIR resource of which the document are read.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| salus_fuzzing::document(bytes));
