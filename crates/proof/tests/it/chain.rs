//! A small signed chain to make proofs of: four validators, a store, an epoch change.

use bytes::Bytes;
use commonware_codec::{Encode as _, RangeCfg};
use commonware_consensus::{
    simplex::{
        scheme::ed25519::Scheme,
        types::{Finalization, Finalize, Proposal},
    },
    types::{Epoch, Round, View},
};
use commonware_cryptography::{Sha256, Signer as _, ed25519, sha256};
use commonware_parallel::Sequential;
use commonware_runtime::{Runner as _, buffer::paged::CacheRef, deterministic};
use commonware_storage::{
    journal::contiguous::variable::Config as LogConfig,
    mmr,
    mmr::full::Config as MmrConfig,
    qmdb::{
        current::{VariableConfig, ordered},
        floor::Proportional,
    },
    translator::EightCap,
};
use commonware_utils::{NZU16, NZU64, NZUsize, TryCollect as _, non_empty, ordered::Set};
use salus_crypto::{merkle, sign::SigningKey};
use salus_proof::{Claim, EpochStep, ProofFile};
use salus_state::{ENTRY_BYTES_MAX, Entry, KeyPath};
use salus_types::{
    AccountId, BlockHeader, BlockTime, BytesMax, Call, Hash, Height, LedgerParameters, ModuleId,
    NetworkFile, NodeKey, NodeRecord, Outcome, Receipt, Salt, SignatureAlgorithm, StoreTarget,
    TextMax, Transaction, TransactionBody, UnsignedTransaction, ValidatorSet, VecMax, encode, hash,
};

type Store = ordered::variable::Db<
    mmr::Family,
    deterministic::Context,
    sha256::Digest,
    Vec<u8>,
    Sha256,
    EightCap,
    32,
    Sequential,
>;

/// Blocks of an epoch.
pub(crate) const EPOCH_BLOCKS: u64 = 10;

/// A root of the state, and proofs under it.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) root: Hash,
    pub(crate) claims: Vec<Claim>,
}

/// The path of the record with this number.
pub(crate) fn path(number: u64) -> KeyPath {
    KeyPath::new("test/record").number(number)
}

/// The value of the record with this number.
pub(crate) fn value(number: u64) -> Vec<u8> {
    [b"record ".as_slice(), &number.to_be_bytes()].concat()
}

/// The height at which the claims say that their values stood.
pub(crate) const AT: Height = Height(3);

/// What is stored of the record with this number, newest first: its value since block 2, and what
/// that replaced, which had stood since block 1.
pub(crate) fn entries(number: u64) -> [Bytes; 2] {
    let earlier = Entry::replacing(None, Height(1), Some(Bytes::from_static(b"earlier"))).encode();
    let newest = Entry::replacing(Some(&earlier), Height(2), Some(value(number).into())).encode();
    [newest.into(), earlier.into()]
}

/// Fills a store with `count` records, and proves what stands under the paths of `wanted`.
pub(crate) fn state(count: u64, wanted: &[u64]) -> State {
    deterministic::Runner::default().start(async |context| {
        let page_cache = CacheRef::new(NZU16!(4096), NZUsize!(64));
        let config = VariableConfig {
            merkle_config: MmrConfig {
                journal_partition: "mmr-journal".to_owned(),
                metadata_partition: "mmr-metadata".to_owned(),
                items_per_blob: NZU64!(1 << 18),
                write_buffer: NZUsize!(1 << 16),
                replay_buffer: NZUsize!(1 << 16),
                strategy: Sequential,
                page_cache: page_cache.clone(),
            },
            journal_config: LogConfig {
                partition: "log".to_owned(),
                items_per_section: NZU64!(1 << 16),
                compression: None,
                codec_config: ((), (RangeCfg::from(0..=ENTRY_BYTES_MAX), ())),
                page_cache,
                write_buffer: NZUsize!(1 << 16),
                replay_buffer: NZUsize!(1 << 16),
            },
            grafted_metadata_partition: "grafted".to_owned(),
            translator: EightCap,
            init_cache: Some(NZUsize!(1 << 12)),
            init_buffer: NZUsize!(1 << 20),
            init_concurrency: (),
        };
        let mut store = Store::init(context, config, None).await.expect("a new store");
        let mut batch = store.new_batch();
        for number in 0..count {
            batch = batch.write(digest(path(number).key().0), Some(entries(number)[0].to_vec()));
        }
        let batch = batch.merkleize(&store, None, &mut Proportional).await.expect("a batch");
        store = store.apply_batch(batch).await.expect("a batch that fits");

        let mut claims = Vec::new();
        for number in wanted {
            let path = path(*number);
            let key = digest(path.key().0);
            let found = store.get(&key).await.expect("a store that reads");
            let proof = match &found {
                Some(_) => store.key_value_proof(key).await.expect("a proof").encode(),
                None => store.exclusion_proof(&key).await.expect("a proof").encode(),
            };
            let entries: Vec<_> = found.into_iter().map(Bytes::from).collect();
            let claim = Claim::state_value(path.as_bytes(), AT, &entries, &proof);
            claims.push(claim.expect("a short claim"));
        }
        State { root: Hash(store.root().as_ref().try_into().expect("32 bytes")), claims }
    })
}

fn digest(hash: Hash) -> sha256::Digest {
    sha256::Digest::from(hash.0)
}

/// The nodes with these numbers, as validators.
pub(crate) struct Nodes(Vec<ed25519::PrivateKey>);

impl Nodes {
    pub(crate) fn new(numbers: impl IntoIterator<Item = u64>) -> Self {
        Self(numbers.into_iter().map(ed25519::PrivateKey::from_seed).collect())
    }

    pub(crate) fn set(&self) -> ValidatorSet {
        let nodes = self.0.iter().map(|key| NodeRecord {
            key: NodeKey(key.public_key().as_ref().try_into().expect("32 bytes")),
            organisation: AccountId(hash(key.public_key().as_ref()).0),
            address: TextMax::new("node.example:21000").expect("a short address"),
            api: TextMax::default(),
        });
        ValidatorSet::new(nodes.collect()).expect("a small set")
    }

    fn schemes(&self, network: &NetworkFile) -> Vec<Scheme> {
        let participants: Set<_> =
            self.0.iter().map(ed25519::PrivateKey::public_key).try_collect().expect("each once");
        let namespace = NetworkFile::consensus_namespace(network.id());
        self.0
            .iter()
            .map(|key| {
                Scheme::signer(&namespace, participants.clone(), key.clone()).expect("a member")
            })
            .collect()
    }

    /// A certificate of a block by these nodes, all but `absent` of them, in a view of an epoch.
    pub(crate) fn certify(
        &self,
        network: &NetworkFile,
        epoch: u64,
        block: Hash,
        absent: usize,
    ) -> Vec<u8> {
        let schemes = self.schemes(network);
        let round = Round::new(Epoch::new(epoch), View::new(7));
        let proposal = Proposal::new(round, View::new(6), digest(block));
        let votes: Vec<_> = schemes[absent..]
            .iter()
            .map(|scheme| Finalize::sign(scheme, proposal.clone()).expect("a signer"))
            .collect();
        Finalization::from_finalizes(&schemes[0], non_empty![@votes.iter()], &Sequential)
            .expect("enough signatures")
            .encode()
            .to_vec()
    }
}

pub(crate) fn network(nodes: &Nodes) -> NetworkFile {
    NetworkFile {
        version: 1,
        name: TextMax::new("test").expect("a short name"),
        genesis_time: BlockTime::from_unix_ms(1_000),
        salt: hash(b"salt"),
        members: VecMax::default(),
        validators: nodes.set(),
        parameters: LedgerParameters { epoch_blocks: EPOCH_BLOCKS, ..LedgerParameters::default() },
    }
}

/// A header at a height; what a test does not set is arbitrary.
pub(crate) fn header(network: &NetworkFile, height: u64, next: &ValidatorSet) -> BlockHeader {
    BlockHeader {
        version: 1,
        network: network.id(),
        epoch: height / EPOCH_BLOCKS,
        view: 5,
        parent_view: 4,
        height: Height(height),
        time: BlockTime::from_unix_ms(1_000 + height),
        proposer: network.validators.nodes()[0].key,
        parent: hash(&height.to_be_bytes()),
        transactions_root: merkle::root(&[]),
        receipts_root: merkle::root(&[]),
        state_root: Hash::ZERO,
        store: StoreTarget { operations_root: hash(b"operations"), start: 0, end: height },
        validators_next: next.hash(),
    }
}

/// A chain of two epochs whose validators differ, ready to be proved or to be spoilt.
pub(crate) struct Chain {
    pub(crate) network: NetworkFile,
    /// Decide epoch 0.
    pub(crate) first: Nodes,
    /// Decide epoch 1.
    pub(crate) second: Nodes,
    pub(crate) state: State,
}

impl Chain {
    pub(crate) fn new(state: State) -> Self {
        let first = Nodes::new(0..4);
        Self { network: network(&first), first, second: Nodes::new([1, 2, 3, 9]), state }
    }

    /// The change of validators at the end of epoch 0.
    pub(crate) fn step(&self) -> EpochStep {
        let header = header(&self.network, EPOCH_BLOCKS - 1, &self.second.set());
        let certificate = self.first.certify(&self.network, 0, header.hash(), 1);
        EpochStep::new(header, certificate, &self.second.set()).expect("a step that fits")
    }

    /// `count` headers from `height` on; the first has the state, and one transaction of three.
    pub(crate) fn headers(&self, height: u64, count: u64) -> Vec<BlockHeader> {
        let mut headers: Vec<BlockHeader> = Vec::new();
        for height in height..height + count {
            let mut header = header(&self.network, height, &self.second.set());
            if let Some(parent) = headers.last() {
                header.parent = parent.hash();
            } else {
                let (transactions, receipts) = self.body(height);
                header.transactions_root = merkle::root(&transaction_leaves(&transactions));
                header.receipts_root = merkle::root(&receipt_leaves(&receipts));
                header.state_root = self.state.root;
            }
            headers.push(header);
        }
        headers
    }

    /// Three transactions and their receipts.
    fn body(&self, height: u64) -> (Vec<Vec<u8>>, Vec<Receipt>) {
        let key = SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &[7; 32])
            .expect("a secret key");
        let account = AccountId(hash(b"account").0);
        let transactions: Vec<_> = (0..3_u8)
            .map(|number| {
                let call = Call {
                    module: ModuleId::CONSENT,
                    payload: BytesMax::new([number; 40]).expect("a short payload"),
                };
                let unsigned = UnsignedTransaction::new(TransactionBody {
                    network: self.network.id(),
                    sender: account,
                    cosigners: VecMax::default(),
                    valid_until: Height(100),
                    salt: Salt([number; 16]),
                    calls: VecMax::new(vec![call]).expect("one call"),
                });
                let signature = key.sign(&unsigned.signed_bytes());
                unsigned
                    .with_signature(account, key.public(), signature)
                    .finish()
                    .expect("one signature")
            })
            .collect();
        let receipts = (0..)
            .zip(&transactions)
            .map(|(index, transaction)| Receipt {
                transaction: transaction.hash(),
                height: Height(height),
                index,
                outcome: Outcome::Ok,
                work_units: 3,
                events: VecMax::default(),
            })
            .collect();
        (transactions.iter().map(Transaction::to_bytes).collect(), receipts)
    }

    /// A claim about the transaction at `index` of the block at `height`.
    pub(crate) fn transaction_claim(&self, height: u64, index: usize) -> Claim {
        let (transactions, receipts) = self.body(height);
        Claim::transaction(
            &transactions[index],
            merkle::prove(&transaction_leaves(&transactions), index).expect("a leaf"),
            receipts[index].clone(),
            merkle::prove(&receipt_leaves(&receipts), index).expect("a leaf"),
        )
        .expect("a short transaction")
    }

    /// A good proof of every kind of claim: the block at height 12 is of the second epoch and has
    /// no certificate of its own.
    pub(crate) fn proof(&self) -> ProofFile {
        let headers = self.headers(12, 3);
        let certificate = self.second.certify(&self.network, 1, headers[2].hash(), 0);
        let mut claims = self.state.claims.clone();
        claims.push(self.transaction_claim(12, 1));
        self.file(vec![self.step()], headers, certificate, claims)
    }

    /// The smallest proof: one claim about a block of epoch 0 with its own certificate.
    pub(crate) fn small_proof(&self) -> ProofFile {
        let headers = self.headers(3, 1);
        let certificate = self.first.certify(&self.network, 0, headers[0].hash(), 1);
        self.file(Vec::new(), headers, certificate, vec![self.state.claims[0].clone()])
    }

    pub(crate) fn file(
        &self,
        steps: Vec<EpochStep>,
        headers: Vec<BlockHeader>,
        certificate: Vec<u8>,
        claims: Vec<Claim>,
    ) -> ProofFile {
        ProofFile::new(self.network.id(), steps, headers, certificate, claims)
            .expect("parts that fit")
    }
}

fn transaction_leaves(transactions: &[Vec<u8>]) -> Vec<Hash> {
    transactions.iter().map(|bytes| Transaction::leaf(bytes)).collect()
}

fn receipt_leaves(receipts: &[Receipt]) -> Vec<Hash> {
    receipts.iter().map(|receipt| hash(&encode(receipt))).collect()
}
