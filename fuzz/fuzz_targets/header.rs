//! A block header from a stranger.

#![no_main]

use libfuzzer_sys::fuzz_target;
use salus_types::{BlockHeader, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = decode::<BlockHeader>("block header", bytes) {
        assert_eq!(encode(&header), bytes);
    }
});
