//! A receipt from a stranger.

#![no_main]

use libfuzzer_sys::fuzz_target;
use salus_types::{Receipt, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(receipt) = decode::<Receipt>("receipt", bytes) {
        assert_eq!(encode(&receipt), bytes);
    }
});
