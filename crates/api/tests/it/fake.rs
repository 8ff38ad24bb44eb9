//! A ledger in memory: one block for each submission, executed at once with the real modules.

use crate::execute::{Values, execute};
use async_trait::async_trait;
use bytes::Bytes;
use salus_api::port::{
    BlockView, Committed, FinalTransaction, Ledger, NodeStatus, ReadRefusal, StateProof,
    SubmitRefusal, Submitted, TransactionStatus,
};
use salus_crypto::sign::{SigningKey, verify};
use salus_state::StateKey;
use salus_types::{
    AccountId, BlockHeader, BlockTime, BytesMax, Event, GenesisMember, Hash, Height,
    LedgerParameters, NetworkFile, NodeKey, NodeRecord, OrganisationFunction, SignatureAlgorithm,
    StoreTarget, TextMax, Transaction, TransactionHash, ValidatorSet, VecMax,
    network::NETWORK_FILE_VERSION,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// Time of genesis, in milliseconds since 1970.
const GENESIS_MS: u64 = 1_700_000_000_000;
/// Heights whose state is kept.
const RETAINED: u64 = 50;

/// The key of the first organisation, and of its node.
pub(crate) fn organisation_key() -> SigningKey {
    SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &[7; 32]).expect("32 bytes")
}

fn node_record(account: AccountId) -> NodeRecord {
    NodeRecord {
        key: NodeKey([3; 32]),
        organisation: account,
        address: TextMax::new("127.0.0.1:21000").expect("short"),
        api: TextMax::new("http://127.0.0.1:22000").expect("short"),
    }
}

/// A network of one organisation.
pub(crate) fn network() -> NetworkFile {
    let key = organisation_key().public();
    let account = AccountId([1; 32]);
    let member = GenesisMember {
        account,
        name: TextMax::new("First hospital").expect("short"),
        functions: VecMax::new(vec![OrganisationFunction::Hospital]).expect("one"),
        key,
        sealing_key: BytesMax::new(vec![5; 1216]).expect("short"),
    };
    NetworkFile {
        version: NETWORK_FILE_VERSION,
        name: TextMax::new("test").expect("short"),
        genesis_time: BlockTime::from_unix_ms(GENESIS_MS),
        salt: Hash([9; 32]),
        members: VecMax::new(vec![member]).expect("one"),
        validators: ValidatorSet::new(vec![node_record(account)]).expect("one"),
        parameters: LedgerParameters::default(),
    }
}

/// What the fake is told to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Makes a block of each submission at once.
    #[default]
    Usual,
    /// Accepts and puts nothing into blocks.
    Paused,
    /// Refuses submissions as full.
    Full,
    /// Has no room for submissions of many.
    NoRoom,
    /// Says that it is catching up.
    Syncing,
    /// Panics when asked how it stands.
    Panicking,
}

struct Inner {
    mood: Mood,
    states: BTreeMap<Height, Values>,
    blocks: Vec<BlockView>,
    /// What each block told beside its transactions.
    events: Vec<Vec<Event>>,
    found: HashMap<TransactionHash, FinalTransaction>,
    pending: Vec<(TransactionHash, Bytes)>,
    expired: Vec<TransactionHash>,
    guests: Vec<NodeRecord>,
    kept_from: Height,
    refused_as_full: usize,
}

/// A ledger in memory.
pub(crate) struct FakeLedger {
    network: NetworkFile,
    inner: Mutex<Inner>,
    live: broadcast::Sender<Committed>,
    changed: watch::Sender<u64>,
}

impl FakeLedger {
    pub(crate) fn new() -> Self {
        let inner = Inner {
            mood: Mood::Usual,
            states: BTreeMap::from([(Height(0), Values::default())]),
            blocks: Vec::new(),
            events: Vec::new(),
            found: HashMap::new(),
            pending: Vec::new(),
            expired: Vec::new(),
            guests: Vec::new(),
            kept_from: Height(1),
            refused_as_full: 0,
        };
        let ledger = Self {
            network: network(),
            inner: Mutex::new(inner),
            // Small, so that a slow listener lags and must read the past again.
            live: broadcast::channel(4).0,
            changed: watch::channel(0).0,
        };
        ledger.make_block(Vec::new());
        ledger
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics while it holds the ledger")
    }

    /// Changes what the fake does.
    pub(crate) fn set_mood(&self, mood: Mood) {
        self.inner().mood = mood;
    }

    /// The guests let in so far.
    pub(crate) fn guests(&self) -> Vec<NodeRecord> {
        self.inner().guests.clone()
    }

    /// How many submissions were refused as full so far.
    pub(crate) fn refused_as_full(&self) -> usize {
        self.inner().refused_as_full
    }

    /// Forgets blocks before a height.
    pub(crate) fn forget_before(&self, height: Height) {
        self.inner().kept_from = height;
    }

    /// Puts everything that waits into a block.
    pub(crate) fn release(&self) {
        let pending = std::mem::take(&mut self.inner().pending);
        self.make_block(pending.into_iter().map(|(_, bytes)| bytes).collect());
    }

    /// Lets everything that waits expire.
    pub(crate) fn expire(&self) {
        let mut inner = self.inner();
        let pending = std::mem::take(&mut inner.pending);
        inner.expired.extend(pending.into_iter().map(|(hash, _)| hash));
        drop(inner);
        self.changed.send_modify(|count| *count += 1);
    }

    /// Makes a block of these transactions.
    pub(crate) fn make_block(&self, transactions: Vec<Bytes>) {
        let mut inner = self.inner();
        let height = Height(inner.blocks.len() as u64 + 1);
        let time = BlockTime::from_unix_ms(GENESIS_MS + 1000 * height.0);
        let (parent, mut values) = match inner.blocks.last() {
            Some(block) => (block.hash, inner.states[&block.header.height].clone()),
            None => (Hash::ZERO, Values::default()),
        };
        let decoded: Vec<_> = transactions
            .iter()
            .map(|bytes| Transaction::from_bytes(bytes).expect("it was decoded before"))
            .collect();
        let (receipts, events) = execute(&self.network, &mut values, height, time, &decoded);
        let header = self.header(height, time, parent);
        let hash = header.hash();
        for receipt in &receipts {
            let found = FinalTransaction { time, block: hash, receipt: receipt.clone() };
            inner.found.insert(receipt.transaction, found);
        }
        inner.states.insert(height, values);
        inner.events.push(events.clone());
        inner.blocks.push(BlockView { header, hash, transactions, receipts: receipts.clone() });
        drop(inner);
        let _ = self.live.send(Committed { height, time, receipts: Arc::new(receipts), events });
        self.changed.send_modify(|count| *count += 1);
    }

    /// A header of this ledger.
    pub(crate) fn header(&self, height: Height, time: BlockTime, parent: Hash) -> BlockHeader {
        BlockHeader {
            version: 1,
            network: self.network.id(),
            epoch: 0,
            view: height.0,
            parent_view: height.0 - 1,
            height,
            time,
            proposer: NodeKey([3; 32]),
            parent,
            transactions_root: Hash([1; 32]),
            receipts_root: Hash([2; 32]),
            state_root: Hash([3; 32]),
            store: StoreTarget { operations_root: Hash([4; 32]), start: 0, end: height.0 },
            validators_next: self.network.validators.hash(),
        }
    }

    fn admit(&self, bytes: &Bytes) -> Result<Submitted, SubmitRefusal> {
        let refuse = |hash, code: &'static str, retry_after| SubmitRefusal {
            hash,
            code,
            detail: format!("refused with {code}"),
            retry_after,
        };
        let transaction = Transaction::from_bytes(bytes)
            .map_err(|_| refuse(None, "transaction.malformed", None))?;
        let hash = transaction.hash();
        if transaction.body.network != self.network.id() {
            return Err(refuse(Some(hash), "transaction.wrong_network", None));
        }
        let mut inner = self.inner();
        if let Some(found) = inner.found.get(&hash) {
            return Ok(Submitted::Final(Box::new(found.clone())));
        }
        if inner.pending.iter().any(|(waiting, _)| *waiting == hash) {
            return Ok(Submitted::Pending(hash));
        }
        if transaction.body.valid_until.0 <= inner.blocks.len() as u64 {
            return Err(refuse(Some(hash), "transaction.expired", None));
        }
        if inner.mood == Mood::Full {
            inner.refused_as_full += 1;
            let wait = Duration::from_millis(1500);
            return Err(refuse(Some(hash), "mempool.full", Some(wait)));
        }
        drop(inner);
        for signature in &transaction.signatures {
            verify(&signature.key, &Transaction::signed_bytes(hash), &signature.signature)
                .map_err(|_| refuse(Some(hash), "transaction.bad_signature", None))?;
        }
        Ok(Submitted::Accepted(hash))
    }

    fn standing(&self, hash: TransactionHash) -> TransactionStatus {
        let inner = self.inner();
        if let Some(found) = inner.found.get(&hash) {
            TransactionStatus::Final(Box::new(found.clone()))
        } else if inner.expired.contains(&hash) {
            TransactionStatus::Expired
        } else if inner.pending.iter().any(|(waiting, _)| *waiting == hash) {
            TransactionStatus::Pending
        } else {
            TransactionStatus::Unknown
        }
    }

    fn tip(&self) -> Height {
        Height(self.inner().blocks.len() as u64)
    }
}

#[async_trait]
impl Ledger for FakeLedger {
    fn network(&self) -> &NetworkFile {
        &self.network
    }

    async fn status(&self) -> NodeStatus {
        let inner = self.inner();
        let mood = inner.mood;
        let header = inner.blocks.last().map(|block| block.header.clone()).expect("one block");
        let mempool = inner.pending.len();
        drop(inner);
        assert!(mood != Mood::Panicking, "the fake was told to panic, with a secret");
        NodeStatus {
            node: NodeKey([3; 32]),
            height: header.height,
            oldest: Height(1),
            time: header.time,
            state_root: header.state_root,
            epoch: 0,
            validator: true,
            peers: 0,
            syncing: mood == Mood::Syncing,
            mempool,
            clock_ms: GENESIS_MS,
        }
    }

    fn full(&self) -> Option<SubmitRefusal> {
        let full = self.inner().mood == Mood::NoRoom;
        full.then(|| SubmitRefusal {
            hash: None,
            code: "mempool.full",
            detail: "come back later".to_owned(),
            retry_after: Some(Duration::from_millis(300)),
        })
    }

    async fn submit(&self, transactions: Vec<Bytes>) -> Vec<Result<Submitted, SubmitRefusal>> {
        let mut answers = Vec::new();
        for bytes in transactions {
            let answer = self.admit(&bytes);
            if let Ok(Submitted::Accepted(hash)) = answer {
                self.inner().pending.push((hash, bytes));
            }
            answers.push(answer);
        }
        if self.inner().mood != Mood::Paused && !self.inner().pending.is_empty() {
            self.release();
        }
        answers
    }

    async fn transaction(&self, hash: TransactionHash, wait: Duration) -> TransactionStatus {
        let mut changed = self.changed.subscribe();
        let settled = async {
            loop {
                changed.borrow_and_update();
                match self.standing(hash) {
                    TransactionStatus::Unknown | TransactionStatus::Pending => {}
                    standing => return standing,
                }
                if changed.changed().await.is_err() {
                    return self.standing(hash);
                }
            }
        };
        match tokio::time::timeout(wait, settled).await {
            Ok(standing) => standing,
            Err(_) => self.standing(hash),
        }
    }

    async fn block(&self, height: Option<Height>) -> Option<BlockView> {
        let inner = self.inner();
        match height {
            Some(height) => {
                let index = usize::try_from(height.0.checked_sub(1)?).ok()?;
                inner.blocks.get(index).cloned()
            }
            None => inner.blocks.last().cloned(),
        }
    }

    async fn read(
        &self,
        height: Option<Height>,
        keys: Vec<StateKey>,
    ) -> Result<(Height, Vec<Option<Bytes>>), ReadRefusal> {
        let tip = self.tip();
        let height = height.unwrap_or(tip);
        let refuse = |code, detail: &str| Err(ReadRefusal { code, detail: detail.to_owned() });
        if height > tip {
            return refuse("engine.height_ahead", "not applied yet");
        }
        if height.0 + RETAINED < tip.0 {
            return refuse("engine.height_not_retained", "no longer kept");
        }
        let inner = self.inner();
        let values = &inner.states[&height];
        Ok((height, keys.iter().map(|key| values.get(key).cloned()).collect()))
    }

    async fn prove_state(
        &self,
        height: Option<Height>,
        paths: Vec<Vec<u8>>,
    ) -> Result<StateProof, ReadRefusal> {
        let mut spelled: Vec<_> =
            paths.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
        spelled.extend(height.map(|height| format!("at {height}")));
        let height = height.unwrap_or(self.tip());
        Ok(StateProof { height, file: spelled.join("\n").into_bytes() })
    }

    async fn prove_transaction(&self, hash: TransactionHash) -> Result<Vec<u8>, ReadRefusal> {
        match self.standing(hash) {
            TransactionStatus::Final(_) => Ok(format!("proof of {hash}").into_bytes()),
            _ => Err(ReadRefusal {
                code: "node.not_final",
                detail: "it is not final here".to_owned(),
            }),
        }
    }

    async fn anchor(&self) -> Result<Vec<u8>, ReadRefusal> {
        Err(ReadRefusal { code: "node.no_anchor", detail: "the ledger is too young".to_owned() })
    }

    async fn validators(&self) -> ValidatorSet {
        self.network.validators.clone()
    }

    async fn add_guest(&self, guest: NodeRecord) -> Result<(), ReadRefusal> {
        self.inner().guests.push(guest);
        Ok(())
    }

    async fn archive(&self, from: Height) -> Vec<u8> {
        format!("blocks from {from}").into_bytes()
    }

    async fn receipts(&self, height: Height) -> Option<Committed> {
        let inner = self.inner();
        if height < inner.kept_from {
            return None;
        }
        let index = usize::try_from(height.0.checked_sub(1)?).ok()?;
        inner.blocks.get(index).map(|block| Committed {
            height,
            time: block.header.time,
            receipts: Arc::new(block.receipts.clone()),
            events: inner.events[index].clone(),
        })
    }

    fn subscribe(&self) -> broadcast::Receiver<Committed> {
        self.live.subscribe()
    }

    async fn metrics(&self) -> String {
        "fake_blocks_total 1\n".to_owned()
    }
}
