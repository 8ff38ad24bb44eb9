//! Offline verification of exported proofs: no network, no files, no clock.
