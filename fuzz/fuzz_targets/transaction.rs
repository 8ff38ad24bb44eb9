//! A transaction from a stranger: decoded, and its signatures checked alone and in a batch.

#![no_main]

use libfuzzer_sys::fuzz_target;
use salus_crypto::sign::{SignatureItem, verify, verify_batch};
use salus_types::Transaction;

fuzz_target!(|bytes: &[u8]| {
    let Ok(transaction) = Transaction::from_bytes(bytes) else { return };
    assert_eq!(transaction.to_bytes(), bytes);

    let message = Transaction::signed_bytes(transaction.hash());
    let items: Vec<_> = transaction
        .signatures
        .iter()
        .map(|one| SignatureItem { key: &one.key, message: &message, signature: &one.signature })
        .collect();
    let alone: Vec<_> =
        items.iter().map(|item| verify(item.key, item.message, item.signature).is_ok()).collect();
    assert_eq!(verify_batch(&items), alone);
});
