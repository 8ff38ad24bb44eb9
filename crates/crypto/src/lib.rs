//! Cryptography of the ledger: signatures, Merkle trees, sealing of records, wrapping of keys.
//!
//! Every algorithm comes from a published, tested crate; this crate chooses them, names them in
//! what it writes, and leaves callers nothing to get wrong: nonces, domains and segment positions
//! are chosen here.
//!
//! | module | what | algorithm |
//! |---|---|---|
//! | [`sign`] | signatures of people, organisations and nodes | Ed25519 (ZIP 215), ECDSA P-256 |
//! | [`jws`] | signatures of an organisation's clients | ECDSA P-256 and P-384, RSA |
//! | [`merkle`] | roots over a block's transactions and receipts | SHA-256, shape of RFC 6962 |
//! | [`seal`] | records at rest, data keys under category keys | AES-256-GCM-SIV |
//! | [`passphrase`] | secrets of a home in a back-up | Argon2id, then AES-256-GCM-SIV |
//! | [`wrap`] | keys for one receiver, safe against quantum computers | HPKE with X-Wing |
//! | [`share`] | keys that no single party can open | Pedersen's verifiable sharing over P-256 |
//! | [`commit`] | salted commitments on the ledger | SHA-256 |
//!
//! Secrets are wiped from memory when dropped, and print `[redacted]`.

mod batch;
pub mod commit;
pub mod jws;
pub mod merkle;
pub mod passphrase;
mod random;
pub mod seal;
pub mod share;
pub mod sign;
pub mod signer;
pub mod wrap;

#[cfg(test)]
mod tests;

pub use random::random;
pub use zeroize::Zeroizing;
