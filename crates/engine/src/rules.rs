//! The rules that the state holds, and when they have to be asked for again.

use crate::{Application, LedgerRules, application::ROUNDS_MAX};
use bytes::Bytes;
use salus_state::{ReadSet, StateKey};
use std::{collections::BTreeMap, future::Future, sync::Arc};

/// The rules after some block, with everything that was read to learn them: while none of it
/// changes, neither do the rules.
#[derive(Clone, Debug)]
pub(crate) struct KnownRules {
    pub(crate) rules: Arc<LedgerRules>,
    reads: Arc<BTreeMap<StateKey, Option<Bytes>>>,
}

impl KnownRules {
    /// Asks the application; `load` gives the values of keys, all at one height. None when `load`
    /// gives none: the state has moved on.
    ///
    /// # Panics
    ///
    /// When the application keeps asking for new keys: it breaks its contract.
    pub(crate) async fn ask<F>(
        application: &dyn Application,
        mut load: impl FnMut(Vec<StateKey>) -> F,
    ) -> Option<Self>
    where
        F: Future<Output = Option<Vec<Option<Bytes>>>>,
    {
        let mut state = ReadSet::new();
        let mut reads = BTreeMap::new();
        for _ in 0..ROUNDS_MAX {
            let rules = application.rules(&mut state);
            let missing = state.take_missing();
            if missing.is_empty() {
                return Some(Self { rules: Arc::new(rules), reads: Arc::new(reads) });
            }
            let values = load(missing.clone()).await?;
            for (key, value) in missing.into_iter().zip(values) {
                state.insert(key, value.clone());
                reads.insert(key, value);
            }
        }
        panic!("the application names the keys of its rules within {ROUNDS_MAX} rounds");
    }

    /// Whether these writes leave the rules as they are.
    pub(crate) fn stand_after(&self, writes: &BTreeMap<StateKey, Option<Bytes>>) -> bool {
        self.reads.iter().all(|(key, value)| writes.get(key).is_none_or(|new| new == value))
    }
}
