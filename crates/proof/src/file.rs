//! The file: what a proof holds, and how it is written and read.
//!
//! ```text
//! "SALUSPRF" || version, 2 bytes little-endian || body, canonical codec || SHA-256 of all before
//! ```

use crate::ProofError;
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use salus_crypto::merkle::MerkleProof;
use salus_state::ENTRY_BYTES_MAX;
use salus_types::{
    AccountId, BlockHeader, BytesMax, Height, NetworkId, NodeKey, NodeRecord, Receipt, TextMax,
    ValidatorSet, VecMax, decode, encode, hash, transaction::TRANSACTION_BYTES_MAX,
    validators::VALIDATORS_MAX,
};

/// What every proof file begins with.
pub const MAGIC: &[u8; 8] = b"SALUSPRF";
/// Version of the format.
pub const FORMAT_VERSION: u16 = 1;
/// Most bytes of a proof file.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes of a path of the state.
pub const PATH_BYTES_MAX: usize = 1024;
/// Most entries of one claim: more than changes that a node remembers of one path.
pub const ENTRIES_MAX: usize = 4096;

const PREFIX_BYTES: usize = MAGIC.len() + 2;
const HASH_BYTES: usize = 32;
const CERTIFICATE_BYTES_MAX: usize = 8 * 1024;

/// A claim about the state: what stood under a path at a height, or that nothing did.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StateValue {
    /// The path, as a module's `state.rs` spells it.
    pub path: BytesMax<PATH_BYTES_MAX>,
    /// When it stood there: the height of the block, or an earlier one.
    pub height: Height,
    /// What is under the path after the block, and what that replaced, newest first, back to what
    /// stood at the height: encoded [`salus_state::Entry`]s. None when the path was never written.
    pub entries: VecMax<BytesMax<ENTRY_BYTES_MAX>, ENTRIES_MAX>,
    /// The store's proof of the first entry, or that there is none, in the engine library's
    /// encoding.
    pub proof: BytesMax<{ 32 * 1024 }>,
}

/// A claim about a transaction of a block, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TransactionClaim {
    /// The canonical bytes of the transaction.
    pub transaction: BytesMax<TRANSACTION_BYTES_MAX>,
    /// That it is in the block.
    pub transaction_proof: MerkleProof,
    /// Its receipt.
    pub receipt: Receipt,
    /// That the receipt is the block's, at the same position.
    pub receipt_proof: MerkleProof,
}

/// Something that the proof shows.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Claim {
    /// About the state after the block.
    StateValue(StateValue),
    /// About a transaction of the block.
    Transaction(TransactionClaim),
}

/// A validator, as the hash of a set sees it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validator {
    /// Its node's key.
    pub key: NodeKey,
    /// The organisation that runs it.
    pub organisation: AccountId,
}

/// A change of validators: the last block of an epoch names the set that decides from then on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EpochStep {
    /// The header of the last block of the epoch.
    pub header: BlockHeader,
    /// Its certificate, by the validators of that epoch.
    pub certificate: BytesMax<CERTIFICATE_BYTES_MAX>,
    /// The validators from the next epoch on, in the order of their keys.
    pub validators: VecMax<Validator, VALIDATORS_MAX>,
}

impl EpochStep {
    /// Puts a step together.
    ///
    /// # Errors
    ///
    /// [`ProofError::Malformed`]: the certificate is longer than any.
    pub fn new(
        header: BlockHeader,
        certificate: Vec<u8>,
        validators: &ValidatorSet,
    ) -> Result<Self, ProofError> {
        let validators = validators
            .nodes()
            .iter()
            .map(|node| Validator { key: node.key, organisation: node.organisation })
            .collect();
        Ok(Self {
            header,
            certificate: bounded(certificate)?,
            validators: VecMax::new(validators).map_err(malformed)?,
        })
    }

    /// The validators as a set, without addresses; none when they are not in the order of their
    /// keys.
    pub(crate) fn set(&self) -> Option<ValidatorSet> {
        let ordered = self.validators.windows(2).all(|pair| pair[0].key < pair[1].key);
        let nodes = self.validators.iter().map(|validator| NodeRecord {
            key: validator.key,
            organisation: validator.organisation,
            address: TextMax::default(),
            api: TextMax::default(),
        });
        if ordered { ValidatorSet::new(nodes.collect()).ok() } else { None }
    }
}

/// Everything in a proof file.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ProofFile {
    /// The network.
    pub network: NetworkId,
    /// Every change of validators since genesis, oldest first.
    pub steps: VecMax<EpochStep, 2048>,
    /// From the block that the claims are about to the first after it that has a certificate of its
    /// own; often one header only. All of one epoch.
    pub headers: VecMax<BlockHeader, 2048>,
    /// The certificate of the last of [`Self::headers`]: the engine library's encoding of a
    /// finalization.
    pub certificate: BytesMax<CERTIFICATE_BYTES_MAX>,
    /// At least one claim, under the first of [`Self::headers`].
    pub claims: VecMax<Claim, 256>,
}

impl ProofFile {
    /// Puts a proof together from parts of any length.
    ///
    /// # Errors
    ///
    /// [`ProofError::Malformed`]: a part is longer than the format allows.
    pub fn new(
        network: NetworkId,
        steps: Vec<EpochStep>,
        headers: Vec<BlockHeader>,
        certificate: Vec<u8>,
        claims: Vec<Claim>,
    ) -> Result<Self, ProofError> {
        Ok(Self {
            network,
            steps: VecMax::new(steps).map_err(malformed)?,
            headers: VecMax::new(headers).map_err(malformed)?,
            certificate: bounded(certificate)?,
            claims: VecMax::new(claims).map_err(malformed)?,
        })
    }

    /// The bytes of the file.
    ///
    /// # Errors
    ///
    /// [`ProofError::FileSize`]: there is too much in it.
    pub fn to_file(&self) -> Result<Vec<u8>, ProofError> {
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        file.extend_from_slice(&encode(self));
        let hash = hash(&file);
        file.extend_from_slice(&hash.0);
        if file.len() > FILE_BYTES_MAX {
            return Err(ProofError::FileSize { len: file.len(), max: FILE_BYTES_MAX });
        }
        Ok(file)
    }

    /// Reads the bytes of a file; does not check what it claims.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ProofError::FileSize`], [`ProofError::FileIntact`],
    /// [`ProofError::FileFormat`], [`ProofError::Version`], [`ProofError::Malformed`].
    pub fn from_file(file: &[u8]) -> Result<Self, ProofError> {
        if file.len() > FILE_BYTES_MAX {
            return Err(ProofError::FileSize { len: file.len(), max: FILE_BYTES_MAX });
        }
        let (content, found) =
            file.split_last_chunk::<HASH_BYTES>().ok_or(ProofError::FileIntact)?;
        if hash(content).0 != *found {
            return Err(ProofError::FileIntact);
        }
        let (prefix, body) =
            content.split_first_chunk::<PREFIX_BYTES>().ok_or(ProofError::FileFormat)?;
        let (magic, version) = prefix.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(ProofError::FileFormat);
        }
        let found = u16::from_le_bytes([version[0], version[1]]);
        if found != FORMAT_VERSION {
            return Err(ProofError::Version { what: "format", found, known: FORMAT_VERSION });
        }
        decode("proof", body).map_err(malformed)
    }
}

impl Claim {
    /// A claim about what stood under a path at a height.
    ///
    /// # Errors
    ///
    /// [`ProofError::Malformed`]: a part is longer than the format allows.
    pub fn state_value(
        path: &[u8],
        height: Height,
        entries: &[Bytes],
        proof: &[u8],
    ) -> Result<Self, ProofError> {
        let entries: Result<Vec<_>, _> = entries.iter().map(|entry| bounded(&entry[..])).collect();
        Ok(Self::StateValue(StateValue {
            path: bounded(path)?,
            height,
            entries: VecMax::new(entries?).map_err(malformed)?,
            proof: bounded(proof)?,
        }))
    }

    /// A claim that a transaction is in the block with this receipt.
    ///
    /// # Errors
    ///
    /// [`ProofError::Malformed`]: the transaction is longer than any.
    pub fn transaction(
        transaction: &[u8],
        transaction_proof: MerkleProof,
        receipt: Receipt,
        receipt_proof: MerkleProof,
    ) -> Result<Self, ProofError> {
        Ok(Self::Transaction(TransactionClaim {
            transaction: bounded(transaction)?,
            transaction_proof,
            receipt,
            receipt_proof,
        }))
    }
}

fn bounded<const N: usize>(bytes: impl Into<Vec<u8>>) -> Result<BytesMax<N>, ProofError> {
    BytesMax::new(bytes).map_err(malformed)
}

fn malformed(error: impl std::fmt::Display) -> ProofError {
    ProofError::Malformed { reason: error.to_string() }
}
