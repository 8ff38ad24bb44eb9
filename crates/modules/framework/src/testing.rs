//! For tests of modules: a state in memory, a runner of single calls, golden files.

use crate::{BlockContext, BlockInfo, Context, Module};
use bytes::Bytes;
use salus_crypto::sign::SigningKey;
use salus_state::{Overlay, StateKey, StateRead, Writes};
use salus_types::{
    AccountId, BlockTime, BytesMax, Event, GenesisMember, Hash, Height, LedgerParameters,
    NetworkFile, NetworkId, NodeKey, NodeRecord, PublicKey, Signature, SignatureAlgorithm, TextMax,
    TransactionHash, TransactionSignature, ValidatorSet, VecMax,
    key::{Ed25519Key, SignatureBytes},
    network::NETWORK_FILE_VERSION,
};
use std::{collections::BTreeMap, fmt::Write as _, path::Path};

/// A state that knows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState(BTreeMap<StateKey, Bytes>);

impl MemoryState {
    /// Makes changes.
    pub fn apply(&mut self, writes: Writes) {
        for (key, value) in writes {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }

    /// How many keys have a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl StateRead for MemoryState {
    fn get(&self, key: StateKey) -> Option<Bytes> {
        self.0.get(&key).cloned()
    }
}

/// A ledger for tests of one module: a state, a block, and no signatures to check.
#[derive(Clone, Debug)]
pub struct TestLedger {
    /// The state.
    pub state: MemoryState,
    /// The block in which calls run.
    pub block: BlockInfo,
}

impl Default for TestLedger {
    fn default() -> Self {
        Self {
            state: MemoryState::default(),
            block: BlockInfo {
                network: NetworkId([1; 32]),
                height: Height(1),
                time: BlockTime::from_unix_ms(1_000_000),
                proposer: NodeKey([2; 32]),
                parameters: LedgerParameters::default(),
            },
        }
    }
}

impl TestLedger {
    /// A ledger at the first block of this network, with nothing in its state.
    pub fn new(network: &NetworkFile) -> Self {
        let mut ledger = Self::default();
        ledger.block.network = network.id();
        ledger.block.time = network.genesis_time;
        ledger.block.parameters = network.parameters.clone();
        ledger
    }

    /// Runs a module's genesis and returns its events.
    ///
    /// # Errors
    ///
    /// The module's.
    pub fn genesis<M: Module>(&mut self, network: &NetworkFile) -> Result<Vec<Event>, M::Error> {
        self.with_block(|ctx| M::genesis(network, ctx))
    }

    /// Runs a module's end of block and returns its events.
    pub fn end_of_block<M: Module>(&mut self) -> Vec<Event> {
        self.with_block(|ctx| {
            M::end_of_block(ctx);
            Ok::<_, std::convert::Infallible>(())
        })
        .unwrap_or_default()
    }

    /// Runs something in the current block, keeps its changes if it succeeds, returns its events.
    ///
    /// # Errors
    ///
    /// Whatever `body` fails with.
    pub fn with_block<E>(
        &mut self,
        body: impl FnOnce(&mut BlockContext<'_>) -> Result<(), E>,
    ) -> Result<Vec<Event>, E> {
        let mut events = Vec::new();
        let mut overlay = Overlay::new(&self.state);
        let mut ctx = BlockContext::new(&self.block, &mut overlay, &mut events);
        body(&mut ctx)?;
        let writes = overlay.into_writes();
        self.state.apply(writes);
        Ok(events)
    }

    /// Executes one call of `sender`, signed with [`key_of`] it, and returns its events.
    ///
    /// # Errors
    ///
    /// The module's refusal.
    ///
    /// # Panics
    ///
    /// The refused call has written or told something: checks come first.
    pub fn run<M: Module>(
        &mut self,
        sender: AccountId,
        call: &M::Call,
    ) -> Result<Vec<Event>, M::Error> {
        self.run_signed::<M>(sender, key_of(sender), call)
    }

    /// The same, signed with a given key.
    ///
    /// # Errors
    ///
    /// The module's refusal.
    ///
    /// # Panics
    ///
    /// The refused call has written or told something: checks come first.
    pub fn run_signed<M: Module>(
        &mut self,
        sender: AccountId,
        key: PublicKey,
        call: &M::Call,
    ) -> Result<Vec<Event>, M::Error> {
        let mut events = Vec::new();
        let mut overlay = Overlay::new(&self.state);
        let signed = signed_by(sender, key);
        let base = BlockContext::new(&self.block, &mut overlay, &mut events);
        let mut ctx = Context::new(base, TransactionHash([9; 32]), &signed, &[]);
        let result = M::execute(call, &mut ctx);
        let writes = overlay.into_writes();
        if let Err(error) = result {
            assert!(writes.is_empty(), "a refused call has written");
            assert!(events.is_empty(), "a refused call has told something");
            return Err(error);
        }
        self.state.apply(writes);
        Ok(events)
    }
}

/// A network of these founders, account `n` and key `n` each, every one with one validator.
///
/// # Panics
///
/// There are more founders than a network has room for.
pub fn network(founders: &[u8]) -> NetworkFile {
    let node = |n: &u8| NodeRecord {
        key: node_key(*n),
        organisation: account(*n),
        address: TextMax::new(format!("10.0.0.{n}:21000")).expect("it is short"),
        api: TextMax::default(),
    };
    let member = |n: &u8| GenesisMember {
        account: account(*n),
        name: TextMax::new(format!("Organisation {n}")).expect("it is short"),
        functions: VecMax::default(),
        key: key_of(account(*n)),
        sealing_key: BytesMax::default(),
    };
    NetworkFile {
        version: NETWORK_FILE_VERSION,
        name: TextMax::new("test").expect("it is short"),
        genesis_time: BlockTime::from_unix_ms(1_000_000),
        salt: Hash::ZERO,
        members: VecMax::new(founders.iter().map(member).collect()).expect("they are few"),
        validators: ValidatorSet::new(founders.iter().map(node).collect()).expect("each is one"),
        parameters: LedgerParameters::default(),
    }
}

/// The account with number `n` in tests.
pub fn account(n: u8) -> AccountId {
    AccountId([n; 32])
}

/// The key with number `n` in tests.
pub fn key(n: u8) -> PublicKey {
    PublicKey::Ed25519(public_of([n; 32]))
}

/// The first key of an account in tests: the one whose secret is the account's bytes.
pub fn key_of(account: AccountId) -> PublicKey {
    PublicKey::Ed25519(public_of(account.0))
}

/// The key of the node with number `n` in tests.
pub fn node_key(n: u8) -> NodeKey {
    NodeKey(public_of([n; 32]).0)
}

/// The number of a node's key in tests; 0 for one that is none of them.
pub fn node_number(key: &NodeKey) -> u8 {
    (1..=u8::MAX).find(|n| node_key(*n) == *key).unwrap_or(0)
}

fn public_of(seed: [u8; 32]) -> Ed25519Key {
    let key = SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &seed);
    match key.expect("any 32 bytes are a seed").public() {
        PublicKey::Ed25519(key) => key,
        PublicKey::P256(_) => unreachable!("an Ed25519 secret has an Ed25519 key"),
    }
}

/// A signature in tests; nothing below the mempool looks at its bytes.
pub fn signed_by(account: AccountId, key: PublicKey) -> TransactionSignature {
    let signature = Signature::Ed25519(SignatureBytes([0; 64]));
    TransactionSignature { account, key, signature }
}

/// Compares lines of `name value` with a file under `tests/golden/` of the crate whose
/// `CARGO_MANIFEST_DIR` is given. With `SALUS_GOLDEN=write` in the environment the file is written.
///
/// # Panics
///
/// They differ, or the file cannot be read.
pub fn golden(manifest_dir: &str, file: &str, lines: &[(String, String)]) {
    let path = Path::new(manifest_dir).join("tests/golden").join(file);
    let mut text = String::new();
    for (name, value) in lines {
        writeln!(text, "{name} {value}").expect("writing to memory does not fail");
    }
    #[expect(clippy::disallowed_methods, reason = "a test asks how it was started")]
    if std::env::var("SALUS_GOLDEN").is_ok_and(|mode| mode == "write") {
        std::fs::create_dir_all(path.parent().expect("the file is in a folder"))
            .and_then(|()| std::fs::write(&path, &text))
            .expect("the golden file can be written");
    }
    let pinned = std::fs::read_to_string(&path).expect("the golden file can be read");
    assert_eq!(text, pinned, "{file}: an encoding changed; that needs an ADR and a migration");
}

/// Lower-case hexadecimal digits of an encoding, for golden files.
pub fn hex(value: &impl borsh::BorshSerialize) -> String {
    salus_types::encode(value).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to memory does not fail");
        text
    })
}
