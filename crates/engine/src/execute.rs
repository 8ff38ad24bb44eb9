//! Running a block against the state: load what it reads, run it, seal what it writes.

use crate::{
    BlockContext, Executed,
    application::ROUNDS_MAX,
    block::hash_of,
    ledger::Ledger,
    rules::KnownRules,
    store::{CHUNK, Family, Key, Store, Value, store_key, value_of},
};
use bytes::Bytes;
use commonware_cryptography::Sha256;
use commonware_glue::stateful::db::{
    DatabaseSet, ManagedDb, Merkleized,
    current::{CurrentStaged, CurrentUnmerkleized},
};
use commonware_parallel::{Rayon, Strategy as _};
use commonware_runtime::Spawner;
use commonware_storage::{
    Context,
    index::ordered::Index,
    journal::contiguous::variable::Journal,
    merkle::Location,
    qmdb::{
        Error,
        any::{batch::Slot, operation::Operation, ordered::Update, value::VariableEncoding},
    },
    translator::EightCap,
};
use salus_mempool::CheckedTransaction;
use salus_state::{Entry, ReadSet, StateKey};
use salus_types::{Hash, StoreTarget};
use std::{collections::BTreeMap, sync::Arc};

type StoreUpdate = Update<Key, VariableEncoding<Value>>;
type StoreLog<E> = Journal<E, Operation<Family, StoreUpdate>>;
type StoreIndex = Index<EightCap, Location<Family>>;
/// Changes that are being put together on top of a block's state.
pub(crate) type Batch<E> =
    CurrentUnmerkleized<Family, E, StoreLog<E>, StoreIndex, Sha256, StoreUpdate, CHUNK, Rayon>;
type StagedBatch<E> =
    CurrentStaged<Family, E, StoreLog<E>, StoreIndex, Sha256, StoreUpdate, CHUNK, Rayon>;
/// Changes that are sealed, with their root.
pub(crate) type Sealed<E> = <Store<E> as ManagedDb<E>>::Merkleized;

/// What running a block gave.
pub(crate) struct Run<S> {
    pub(crate) executed: Executed,
    pub(crate) rules: KnownRules,
    /// The entry before the block of each key that it wrote.
    pub(crate) replaced: BTreeMap<StateKey, Option<Bytes>>,
    pub(crate) state_root: Hash,
    pub(crate) store: StoreTarget,
    pub(crate) sealed: S,
}

/// Keys whose entries are loaded, in the order of the library's slots.
struct Loaded<E: Context + Spawner> {
    staged: Option<StagedBatch<E>>,
    order: Vec<StateKey>,
    /// Encoded, and with their values, which share the memory.
    entries: BTreeMap<StateKey, Option<Bytes>>,
    values: BTreeMap<StateKey, Option<Bytes>>,
}

/// The answer of the store, or none when the state has moved on, so that nobody waits for this.
///
/// # Panics
///
/// When the store cannot be read: a corrupt node stops.
fn current<T>(answer: Result<T, Error<Family>>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(Error::StaleRead | Error::StaleBatch) => None,
        Err(error) => panic!("the state store cannot be read or written: {error}"),
    }
}

/// The rules in the state that a batch stands on.
pub(crate) async fn rules_before<E: Context + Spawner>(
    ledger: &Ledger,
    batch: &Batch<E>,
) -> Option<KnownRules> {
    let load = |keys: Vec<StateKey>| async move {
        let keys: Vec<Key> = keys.iter().map(store_key).collect();
        let values = current(batch.get_many(&keys.iter().collect::<Vec<_>>()).await)?;
        let entries = values.into_iter().map(|entry| entry.map(Bytes::from));
        Some(entries.map(|entry| value_of(entry.as_ref())).collect())
    };
    KnownRules::ask(ledger.shared.application.as_ref(), load).await
}

impl<E: Context + Spawner> Loaded<E> {
    async fn new(batch: Batch<E>) -> Option<Self> {
        let (_, staged) = current(batch.stage(&[]).await)?;
        let (entries, values) = (BTreeMap::new(), BTreeMap::new());
        Some(Self { staged: Some(staged), order: Vec::new(), entries, values })
    }

    async fn load(&mut self, keys: Vec<StateKey>) -> Option<()> {
        let store_keys: Vec<Key> = keys.iter().map(store_key).collect();
        let staged = self.staged.take()?;
        let expanded = staged.expand(&store_keys.iter().collect::<Vec<_>>()).await;
        let (_, entries, staged) = current(expanded)?;
        self.staged = Some(staged);
        for (key, entry) in keys.into_iter().zip(entries) {
            let entry = entry.map(Bytes::from);
            self.order.push(key);
            self.values.insert(key, value_of(entry.as_ref()));
            self.entries.insert(key, entry);
        }
        Some(())
    }

    fn value(&self, key: &StateKey) -> Option<Bytes> {
        self.values.get(key).cloned().flatten()
    }

    /// Runs the transactions until every key that they read is loaded.
    async fn run(
        &mut self,
        ledger: &Ledger,
        strategy: &Rayon,
        block: &BlockContext,
        transactions: &Arc<Vec<Arc<CheckedTransaction>>>,
    ) -> Option<Executed> {
        let mut state = ReadSet::new();
        for _ in 0..ROUNDS_MAX {
            let application = Arc::clone(&ledger.shared.application);
            let (block, transactions) = (block.clone(), Arc::clone(transactions));
            let run = strategy.spawn(transactions.len(), move |_| {
                let executed = application.execute(&block, &transactions, &mut state);
                (executed, state)
            });
            let (executed, after) = run.await;
            state = after;
            let missing = state.take_missing();
            if missing.is_empty() {
                return Some(executed);
            }
            self.load(missing.clone()).await?;
            for key in missing {
                state.insert(key, self.value(&key));
            }
        }
        panic!("a block names the keys that it reads within {ROUNDS_MAX} rounds");
    }

    /// The rules after these writes.
    async fn rules_after(
        &mut self,
        ledger: &Ledger,
        writes: &BTreeMap<StateKey, Option<Bytes>>,
    ) -> Option<KnownRules> {
        // Loading is asynchronous and needs the batch, so what is asked for is gathered first.
        let mut wanted: Vec<StateKey> = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let unloaded: Vec<StateKey> = wanted
                .drain(..)
                .filter(|key| !writes.contains_key(key) && !self.values.contains_key(key))
                .collect();
            if !unloaded.is_empty() {
                self.load(unloaded).await?;
            }
            let answer = KnownRules::ask(ledger.shared.application.as_ref(), |keys| {
                let known = |key: &StateKey| writes.get(key).or_else(|| self.values.get(key));
                let values: Option<Vec<_>> = keys.iter().map(|key| known(key).cloned()).collect();
                if values.is_none() {
                    wanted = keys;
                }
                std::future::ready(values)
            });
            if let Some(rules) = answer.await {
                return Some(rules);
            }
        }
        panic!("the application names the keys of its rules within {ROUNDS_MAX} rounds");
    }
}

/// Runs a block on the state of its parent and seals what it writes.
///
/// None when the state has moved on meanwhile, so that nobody waits for this.
pub(crate) async fn run<E: Context + Spawner>(
    ledger: &Ledger,
    strategy: &Rayon,
    rules_before: &KnownRules,
    block: &BlockContext,
    transactions: &Arc<Vec<Arc<CheckedTransaction>>>,
    batch: Batch<E>,
) -> Option<Run<Sealed<E>>> {
    let mut loaded = Loaded::new(batch).await?;
    let executed = loaded.run(ledger, strategy, block, transactions).await?;
    let writes: BTreeMap<StateKey, Option<Bytes>> = executed.writes.iter().cloned().collect();
    let unread: Vec<_> =
        writes.keys().filter(|key| !loaded.values.contains_key(key)).copied().collect();
    if !unread.is_empty() {
        loaded.load(unread).await?;
    }
    let rules = if rules_before.stand_after(&writes) {
        rules_before.clone()
    } else {
        loaded.rules_after(ledger, &writes).await?
    };

    let mut replaced = BTreeMap::new();
    let slots = loaded.order.iter().map(|key| {
        let Some(new) = writes.get(key) else { return Slot::Keep };
        if *new == loaded.value(key) {
            return Slot::Keep;
        }
        let old = loaded.entries.get(key).cloned().flatten();
        let entry = Entry::replacing(old.as_deref(), block.height, new.clone());
        replaced.insert(*key, old);
        Slot::Put(entry.encode())
    });
    let slots: Vec<_> = slots.collect();
    let sealed: Sealed<E> = current(loaded.staged.take()?.merkleize(slots, Vec::new()).await)?;
    let state_root = hash_of(&Merkleized::root(&sealed));
    let store = StoreTarget {
        operations_root: hash_of(&sealed.ops_root()),
        start: *sealed.sync_boundary(),
        end: *sealed.bounds().tip.size,
    };
    Some(Run { executed, rules, replaced, state_root, store, sealed })
}

/// Checks at compile time that the aliases above are what the store uses.
#[expect(dead_code, reason = "exists to be compiled")]
fn aliases_agree<E: Context + Spawner>(
    batch: <crate::store::Stores<E> as DatabaseSet<E>>::Unmerkleized,
) -> Batch<E> {
    batch
}
