//! Transactions: signed requests to change the ledger.
//!
//! A transaction carries one or more calls that succeed or fail together. It has no sequence
//! number, so a hospital can submit thousands in parallel: its hash is accepted once within the
//! window that `valid_until` closes.

use crate::{
    AccountId, BytesMax, DecodeError, Hash, Height, NetworkId, PublicKey, Salt, Signature,
    TransactionHash, VecMax, decode, encode, hash, hash_parts,
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Most calls in one transaction.
pub const CALLS_MAX: usize = 128;
/// Most bytes in the payload of one call.
pub const CALL_BYTES_MAX: usize = 64 * 1024;
/// Most signatures on one transaction.
pub const SIGNATURES_MAX: usize = 16;
/// Most accounts that sign beside the sender.
pub const COSIGNERS_MAX: usize = SIGNATURES_MAX - 1;
/// Most bytes in one encoded transaction; longer ones are refused before they are decoded.
pub const TRANSACTION_BYTES_MAX: usize = 128 * 1024;

const DOMAIN: &[u8] = b"salus/transaction/1";

/// Which module a call is for. Numbers below 1,000 are built in; the rest is for users' contracts.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct ModuleId(pub u16);

impl ModuleId {
    /// Organisations, people, devices, their keys and entries.
    pub const IDENTITY: Self = Self(1);
    /// Proposals, votes, parameters, validator set.
    pub const GOVERNANCE: Self = Self(2);
    /// Record anchors, grants, access accounts.
    pub const CONSENT: Self = Self(3);
}

/// One call to one module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The module that executes it.
    pub module: ModuleId,
    /// The module's own message, in canonical bytes.
    pub payload: BytesMax<CALL_BYTES_MAX>,
}

/// What is hashed and signed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionBody {
    /// The network it is meant for; on any other it is refused.
    pub network: NetworkId,
    /// The account that acts.
    pub sender: AccountId,
    /// The accounts that sign beside the sender, in the order of their signatures. They are named
    /// here so that nobody on the way can leave a signature out.
    #[serde(default)]
    pub cosigners: VecMax<AccountId, COSIGNERS_MAX>,
    /// The last height at which it may be in a block.
    pub valid_until: Height,
    /// Random; makes the hash unique.
    pub salt: Salt,
    /// One to [`CALLS_MAX`] calls, executed in order, all or none.
    pub calls: VecMax<Call, CALLS_MAX>,
}

/// A signature over the transaction hash, with the key and the account it speaks for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionSignature {
    /// The account that signs: the sender first, then the co-signers in their order.
    pub account: AccountId,
    /// The key that signed. Whether it may act for the account is checked at execution.
    pub key: PublicKey,
    /// The signature over [`Transaction::signed_bytes`].
    pub signature: Signature,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// What is asked.
    pub body: TransactionBody,
    /// Who asks. The first signature is the sender's.
    pub signatures: VecMax<TransactionSignature, SIGNATURES_MAX>,
}

impl TransactionBody {
    /// The hash that identifies the transaction.
    pub fn hash(&self) -> TransactionHash {
        TransactionHash(hash_parts(&[DOMAIN, &encode(self)]).0)
    }
}

impl Transaction {
    /// Decodes and checks what the bytes alone can tell.
    ///
    /// # Errors
    ///
    /// The first that applies: too long; not canonical; no call; no signature; the first signature
    /// is not the sender's; the others are not the co-signers', in their order; one account signs
    /// twice with one key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let refuse = |reason: &str| DecodeError { what: "transaction", reason: reason.to_owned() };
        if bytes.len() > TRANSACTION_BYTES_MAX {
            return Err(refuse(&format!(
                "it is {} bytes, at most {TRANSACTION_BYTES_MAX} are allowed",
                bytes.len()
            )));
        }
        let transaction: Self = decode("transaction", bytes)?;
        if transaction.body.calls.is_empty() {
            return Err(refuse("it has no call"));
        }
        let Some(first) = transaction.signatures.first() else {
            return Err(refuse("it has no signature"));
        };
        if first.account != transaction.body.sender {
            return Err(refuse("the first signature is not the sender's"));
        }
        let signatures = &transaction.signatures;
        let others = signatures.iter().skip(1).map(|signature| &signature.account);
        if !others.eq(transaction.body.cosigners.iter()) {
            return Err(refuse("the signatures after the first are not those of the co-signers"));
        }
        let twice = signatures.iter().enumerate().any(|(index, one)| {
            signatures[..index]
                .iter()
                .any(|other| other.account == one.account && other.key == one.key)
        });
        if twice {
            return Err(refuse("one account signs twice with one key"));
        }
        Ok(transaction)
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The hash that identifies it.
    pub fn hash(&self) -> TransactionHash {
        self.body.hash()
    }

    /// The leaf of this transaction in its block's transactions root: the hash of all its bytes.
    pub fn leaf(bytes: &[u8]) -> Hash {
        hash(bytes)
    }

    /// What a signature of the transaction with this hash signs.
    pub fn signed_bytes(hash: TransactionHash) -> Vec<u8> {
        [b"salus/sign-transaction/1".as_slice(), hash.as_bytes()].concat()
    }
}

/// A transaction that is being put together: a body that has yet to be signed.
#[derive(Clone, Debug)]
pub struct UnsignedTransaction {
    body: TransactionBody,
    signatures: Vec<TransactionSignature>,
}

impl UnsignedTransaction {
    /// Starts from a body.
    pub fn new(body: TransactionBody) -> Self {
        Self { body, signatures: Vec::new() }
    }

    /// The bytes that each signer signs.
    pub fn signed_bytes(&self) -> Vec<u8> {
        Transaction::signed_bytes(self.body.hash())
    }

    /// Adds a signature; the sender's comes first.
    #[must_use]
    pub fn with_signature(
        mut self,
        account: AccountId,
        key: PublicKey,
        signature: Signature,
    ) -> Self {
        self.signatures.push(TransactionSignature { account, key, signature });
        self
    }

    /// The finished transaction.
    ///
    /// # Errors
    ///
    /// More than [`SIGNATURES_MAX`] signatures were added.
    pub fn finish(self) -> Result<Transaction, DecodeError> {
        Ok(Transaction { body: self.body, signatures: VecMax::new(self.signatures)? })
    }
}
