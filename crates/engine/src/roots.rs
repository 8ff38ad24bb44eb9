//! The two roots of a block's body: over its transactions and over their receipts.

use bytes::Bytes;
use salus_crypto::merkle;
use salus_types::{Hash, Receipt, Transaction, encode, hash};

/// Root over the leaves of these transactions' bytes.
pub(crate) fn transactions_root(transactions: &[Bytes]) -> Hash {
    let leaves: Vec<_> = transactions.iter().map(|bytes| Transaction::leaf(bytes)).collect();
    merkle::root(&leaves)
}

/// Root over the hashes of the encoded receipts.
pub(crate) fn receipts_root(receipts: &[Receipt]) -> Hash {
    let leaves: Vec<_> = receipts.iter().map(|receipt| hash(&encode(receipt))).collect();
    merkle::root(&leaves)
}
