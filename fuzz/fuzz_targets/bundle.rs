//! A FHIR bundle from a stranger.

#![no_main]

use libfuzzer_sys::fuzz_target;
use salus_fhir::{BundleReader, Limits};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        bundle_bytes_max: 1024 * 1024,
        entry_bytes_max: 64 * 1024,
        entries_max: 1000,
        depth_max: 32,
    };
    let Ok(reader) = BundleReader::new(bytes, limits) else { return };
    let is_plain = !bytes.starts_with(&[0x1f, 0x8b]);
    for entry in reader {
        let Ok(entry) = entry else { return };
        assert!(entry.bytes.len() <= limits.entry_bytes_max);
        if is_plain {
            let stands = bytes.windows(entry.bytes.len()).any(|window| window == entry.bytes);
            assert!(stands, "the entry is given as it stands in the bundle");
        }
    }
});
