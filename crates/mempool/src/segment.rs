//! The form of a journal segment: a line that names the version, then records.
//!
//! A record is its length (four bytes, little-endian), the first eight bytes of the SHA-256 of
//! length and content, and the content.

use crate::Segment;
use bytes::Bytes;
use salus_types::{hash_parts, transaction::TRANSACTION_BYTES_MAX};

/// How each segment begins.
pub(crate) const MAGIC: &[u8] = b"salus mempool journal 1\n";
/// Bytes of a record beside its content.
pub(crate) const RECORD_BYTES_EXTRA: usize = 12;

/// What a segment holds.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) records: Vec<Bytes>,
    pub(crate) torn_bytes: u64,
}

/// The file name of a segment.
pub(crate) fn name(segment: Segment) -> String {
    format!("{:016x}.journal", segment.0)
}

/// The segment that a file name stands for.
pub(crate) fn parse_name(name: &str) -> Option<Segment> {
    let digits = name.strip_suffix(".journal")?;
    u64::from_str_radix(digits, 16).ok().map(Segment)
}

fn checksum(length: [u8; 4], content: &[u8]) -> [u8; 8] {
    let mut checksum = [0; 8];
    checksum.copy_from_slice(&hash_parts(&[&length, content]).0[..8]);
    checksum
}

/// Adds a record.
pub(crate) fn write_record(out: &mut Vec<u8>, content: &[u8]) {
    let length = u32::try_from(content.len()).expect("transactions are bounded").to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(length, content));
    out.extend_from_slice(content);
}

/// Reads a segment up to the first record that is not whole; none if it is of another version.
pub(crate) fn parse(bytes: &Bytes) -> Option<Content> {
    let mut content = Content::default();
    if !bytes.starts_with(MAGIC) {
        let cut_off = MAGIC.starts_with(bytes);
        content.torn_bytes = bytes.len() as u64;
        return cut_off.then_some(content);
    }
    let mut rest = bytes.slice(MAGIC.len()..);
    while let Some(record) = read_record(&rest) {
        rest = rest.slice(RECORD_BYTES_EXTRA + record.len()..);
        // A copy, so that one record does not keep the whole segment in memory.
        content.records.push(Bytes::copy_from_slice(&record));
    }
    content.torn_bytes = rest.len() as u64;
    Some(content)
}

fn read_record(bytes: &Bytes) -> Option<Bytes> {
    let (length, after) = bytes.split_first_chunk::<4>()?;
    let (sum, after) = after.split_first_chunk::<8>()?;
    let size = u32::from_le_bytes(*length) as usize;
    let whole = size <= TRANSACTION_BYTES_MAX && after.len() >= size;
    if !whole || checksum(*length, &after[..size]) != *sum {
        return None;
    }
    Some(bytes.slice(RECORD_BYTES_EXTRA..RECORD_BYTES_EXTRA + size))
}
