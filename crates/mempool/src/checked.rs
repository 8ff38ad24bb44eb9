//! Transactions whose bytes this node has checked.

use bytes::Bytes;
use salus_types::{DecodeError, Hash, Height, NetworkId, Transaction, TransactionHash};

/// A decoded transaction with the bytes that it came in, its hash and its leaf.
///
/// What [`crate::Mempool`] hands out was checked by this node; the type itself is no proof of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// Its canonical bytes.
    pub bytes: Bytes,
    /// What identifies it: the hash of its body.
    pub hash: TransactionHash,
    /// Its leaf in the transactions root of a block: the hash of its bytes, signatures included.
    pub leaf: Hash,
}

/// Why a transaction does not fit a network and a range of heights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    WrongNetwork { found: NetworkId },
    Expired { valid_until: Height },
    TooFar { valid_until: Height, latest: Height },
}

impl CheckedTransaction {
    /// Decodes the bytes; checks no signature.
    ///
    /// For blocks that this node has executed before. Everything else comes from
    /// [`crate::Mempool::admit`] or [`crate::Mempool::check_block`].
    ///
    /// # Errors
    ///
    /// The bytes are not a transaction in canonical form.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let leaf = Transaction::leaf(&bytes);
        let transaction = Transaction::from_bytes(&bytes)?;
        let hash = transaction.hash();
        Ok(Self { transaction, bytes, hash, leaf })
    }

    /// Decodes a copy of the bytes, so that a transaction that waits does not keep the whole message
    /// in memory that it came in.
    pub(crate) fn decode_copy(bytes: &[u8], leaf: Hash) -> Result<Self, DecodeError> {
        let transaction = Transaction::from_bytes(bytes)?;
        let hash = transaction.hash();
        Ok(Self { transaction, bytes: Bytes::copy_from_slice(bytes), hash, leaf })
    }

    /// The last height at which it may be in a block.
    pub fn valid_until(&self) -> Height {
        self.transaction.body.valid_until
    }

    /// Whether it may be in a block of this network, at a height from `earliest`, when `valid_until`
    /// may be `latest` at most.
    pub(crate) fn fits(
        &self,
        network: NetworkId,
        earliest: Height,
        latest: Height,
    ) -> Result<(), Unfit> {
        let body = &self.transaction.body;
        let valid_until = body.valid_until;
        if body.network != network {
            return Err(Unfit::WrongNetwork { found: body.network });
        }
        if valid_until < earliest {
            return Err(Unfit::Expired { valid_until });
        }
        if valid_until > latest {
            return Err(Unfit::TooFar { valid_until, latest });
        }
        Ok(())
    }
}
