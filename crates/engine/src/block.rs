//! Blocks as nodes exchange and keep them: a header and what it commits to.

use crate::{roots, store::Family};
use bytes::{BufMut, Bytes};
use commonware_codec::{
    Buf, DecodeExt as _, Encode as _, EncodeSize, Error as CodecError, RangeCfg, Read, Write,
};
use commonware_consensus::{
    Block as ConsensusBlock, BoundedBlock, CertifiableBlock, Heightable,
    simplex::types::Context,
    types::{Epoch, Height as ConsensusHeight, Round, View},
};
use commonware_cryptography::{Digestible, ed25519, sha256};
use commonware_storage::merkle::Family as _;
use salus_types::{
    BlockHeader, DecodeError, Hash, NodeKey, ValidatorSet, decode, encode,
    transaction::TRANSACTION_BYTES_MAX, validators::VALIDATORS_MAX,
};

/// Most bytes of transactions that any block may hold, whatever the ledger's parameters say.
pub const BLOCK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most transactions that any block may hold, whatever the ledger's parameters say.
pub const BLOCK_TRANSACTIONS_MAX: usize = 20_000;

const HEADER_BYTES_MAX: usize = 1024;
/// Key, organisation, and two empty texts, with a length in front of all.
const SET_BYTES_MAX: usize = 4 + VALIDATORS_MAX * (32 + 32 + 4 + 4);
const LENGTH_BYTES_MAX: usize = 10;

/// What validators sign a context with.
pub(crate) type BlockContextOf = Context<sha256::Digest, ed25519::PublicKey>;

/// A block: its header, the transactions and, at the end of an epoch, who decides the next one.
///
/// A value of this type agrees with its header: the transactions have the header's root, and the
/// set has the header's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    header: BlockHeader,
    proposer: ed25519::PublicKey,
    validators: Option<ValidatorSet>,
    transactions: Vec<Bytes>,
}

impl Block {
    /// Puts a block together whose parts are known to agree; none when its proposer is no key.
    pub(crate) fn new(
        header: BlockHeader,
        validators: Option<ValidatorSet>,
        transactions: Vec<Bytes>,
    ) -> Option<Self> {
        let proposer = public_key(header.proposer)?;
        Some(Self { header, proposer, validators, transactions })
    }

    /// Decodes a block and checks that its body is that of its header.
    ///
    /// # Errors
    ///
    /// The bytes are no block in canonical form, or exceed a bound, or do not agree.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, DecodeError> {
        let refuse = |error: CodecError| DecodeError { what: "block", reason: error.to_string() };
        Self::decode(bytes).map_err(refuse)
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Bytes {
        self.encode()
    }

    /// The header.
    pub fn header(&self) -> &BlockHeader {
        &self.header
    }

    /// The set that decides the next block, in the last block of an epoch: keys and organisations.
    /// The addresses are empty: they are not part of what the header commits to.
    pub fn validators(&self) -> Option<&ValidatorSet> {
        self.validators.as_ref()
    }

    /// The canonical bytes of its transactions, in order.
    pub fn transactions(&self) -> &[Bytes] {
        &self.transactions
    }

    fn agrees(&self) -> Result<(), &'static str> {
        let store = &self.header.store;
        if store.start >= store.end || store.end > *Family::MAX_LEAVES {
            return Err("the range of the store is empty or too long");
        }
        let bytes: usize = self.transactions.iter().map(Bytes::len).sum();
        if bytes > BLOCK_BYTES_MAX {
            return Err("the transactions are longer than any block may be");
        }
        if roots::transactions_root(&self.transactions) != self.header.transactions_root {
            return Err("the transactions are not those of the header");
        }
        if let Some(set) = &self.validators {
            let addressed = set.nodes().iter().any(|n| !n.address.is_empty() || !n.api.is_empty());
            if addressed {
                return Err("the validator set carries addresses");
            }
            if set.hash() != self.header.validators_next {
                return Err("the validator set is not that of the header");
            }
        }
        Ok(())
    }
}

/// The set as a block carries it: without addresses.
pub(crate) fn without_addresses(set: &ValidatorSet) -> ValidatorSet {
    let nodes = set.nodes().iter().map(|node| salus_types::NodeRecord {
        key: node.key,
        organisation: node.organisation,
        address: salus_types::TextMax::default(),
        api: salus_types::TextMax::default(),
    });
    ValidatorSet::new(nodes.collect()).expect("it was a set before")
}

/// The library's form of a node's key; none when the bytes are no Ed25519 key.
pub(crate) fn public_key(key: NodeKey) -> Option<ed25519::PublicKey> {
    ed25519::PublicKey::decode(Bytes::copy_from_slice(&key.0)).ok()
}

/// Our form of a node's key.
pub(crate) fn node_key(key: &ed25519::PublicKey) -> NodeKey {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(key.as_ref());
    NodeKey(bytes)
}

/// The library's form of a hash.
pub(crate) fn digest(hash: Hash) -> sha256::Digest {
    sha256::Digest::from(hash.0)
}

/// Our form of a hash.
pub(crate) fn hash_of(digest: &sha256::Digest) -> Hash {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    Hash(bytes)
}

impl Write for Block {
    fn write(&self, buf: &mut impl BufMut) {
        Bytes::from(encode(&self.header)).write(buf);
        Bytes::from(self.validators.as_ref().map(encode).unwrap_or_default()).write(buf);
        self.transactions.write(buf);
    }
}

impl EncodeSize for Block {
    fn encode_size(&self) -> usize {
        let header = encode(&self.header).len();
        let set = self.validators.as_ref().map_or(0, |set| encode(set).len());
        header.encode_size() + header + set.encode_size() + set + self.transactions.encode_size()
    }
}

impl Read for Block {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        let header = Bytes::read_cfg(buf, &RangeCfg::from(1..=HEADER_BYTES_MAX))?;
        let header: BlockHeader = decode("block header", &header)
            .map_err(|_| CodecError::Invalid("Block", "the header is not canonical"))?;
        let set = Bytes::read_cfg(buf, &RangeCfg::from(0..=SET_BYTES_MAX))?;
        let validators = if set.is_empty() {
            None
        } else {
            let set = decode("validator set", &set)
                .map_err(|_| CodecError::Invalid("Block", "the validator set is not canonical"))?;
            Some(set)
        };
        let count = RangeCfg::from(0..=BLOCK_TRANSACTIONS_MAX);
        let length = RangeCfg::from(1..=TRANSACTION_BYTES_MAX);
        let transactions = Vec::<Bytes>::read_cfg(buf, &(count, length))?;
        let block = Self::new(header, validators, transactions)
            .ok_or(CodecError::Invalid("Block", "the proposer is not a key"))?;
        block.agrees().map_err(|reason| CodecError::Invalid("Block", reason))?;
        Ok(block)
    }
}

impl Digestible for Block {
    type Digest = sha256::Digest;

    fn digest(&self) -> sha256::Digest {
        digest(self.header.hash())
    }
}

impl Heightable for Block {
    fn height(&self) -> ConsensusHeight {
        ConsensusHeight::new(self.header.height.0)
    }
}

impl ConsensusBlock for Block {
    fn parent(&self) -> sha256::Digest {
        digest(self.header.parent)
    }
}

impl CertifiableBlock for Block {
    type Context = BlockContextOf;

    fn context(&self) -> Self::Context {
        Context {
            round: Round::new(Epoch::new(self.header.epoch), View::new(self.header.view)),
            leader: self.proposer.clone(),
            parent: (View::new(self.header.parent_view), digest(self.header.parent)),
        }
    }
}

impl BoundedBlock for Block {
    fn max_encode_size((): &()) -> usize {
        LENGTH_BYTES_MAX
            + HEADER_BYTES_MAX
            + LENGTH_BYTES_MAX
            + SET_BYTES_MAX
            + LENGTH_BYTES_MAX
            + BLOCK_TRANSACTIONS_MAX * LENGTH_BYTES_MAX
            + BLOCK_BYTES_MAX
    }
}
