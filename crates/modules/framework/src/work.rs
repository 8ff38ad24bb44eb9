//! Work units: how much a transaction asked of the network. Shown in receipts, not charged.

/// Units for each call.
pub const CALL: u64 = 100;
/// Units for each 64 bytes of a call's payload, counted up.
pub const PAYLOAD_64_BYTES: u64 = 2;
/// Units for each read of a key.
pub const READ: u64 = 10;
/// Units for each write of a key.
pub const WRITE: u64 = 50;
/// Units for each signature.
pub const SIGNATURE: u64 = 200;

/// Units of a call before it runs.
pub fn of_call(payload_bytes: usize) -> u64 {
    let pieces = u64::try_from(payload_bytes.div_ceil(64)).unwrap_or(u64::MAX);
    CALL.saturating_add(PAYLOAD_64_BYTES.saturating_mul(pieces))
}
