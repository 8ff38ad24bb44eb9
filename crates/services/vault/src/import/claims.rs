//! One import at a time for each patient, so that two of them do not both make the next version.

use crate::{Result, VaultError};
use salus_types::Hash;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Which patients are being imported.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    held: Mutex<HashSet<Hash>>,
    released: Notify,
}

/// Patients that one import has claimed; released when dropped.
pub(crate) struct Claimed<'a> {
    claims: &'a Claims,
    names: Vec<Hash>,
}

impl Claims {
    pub(crate) fn none(&self) -> Claimed<'_> {
        Claimed { claims: self, names: Vec::new() }
    }
}

impl Claimed<'_> {
    /// Claims one more patient. Waits if this is the first; with patients claimed already it does
    /// not, because two imports could then wait for each other.
    pub(crate) async fn claim(&mut self, name: Hash) -> Result<()> {
        if self.names.contains(&name) {
            return Ok(());
        }
        loop {
            let released = self.claims.released.notified();
            tokio::pin!(released);
            // Registered before looking, so that a release in between is not missed.
            released.as_mut().enable();
            if self.claims.held.lock().unwrap_or_else(PoisonError::into_inner).insert(name) {
                self.names.push(name);
                return Ok(());
            }
            if !self.names.is_empty() {
                return Err(VaultError::Busy {
                    what: "another import of the same patient is under way",
                });
            }
            released.await;
        }
    }
}

impl Claimed<'_> {
    /// Claims all of these names together, by whoever has claimed nothing yet: waits until all are free.
    pub(crate) async fn claim_all(&mut self, names: &[Hash]) {
        loop {
            let released = self.claims.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            {
                let mut held = self.claims.held.lock().unwrap_or_else(PoisonError::into_inner);
                if names.iter().all(|name| !held.contains(name)) {
                    held.extend(names);
                    self.names.extend(names);
                    return;
                }
            }
            released.await;
        }
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        let mut held = self.claims.held.lock().unwrap_or_else(PoisonError::into_inner);
        for name in &self.names {
            held.remove(name);
        }
        drop(held);
        self.claims.released.notify_waiters();
    }
}
