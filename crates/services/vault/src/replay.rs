//! Freshness of requests: each is recent by block time, and answered once.

use crate::{Result, VaultError};
use salus_types::{AccountId, BlockTime, Salt};
use std::{
    collections::{BTreeSet, HashSet},
    sync::{Mutex, PoisonError},
};

/// How far a request's block time may be from this node's, in milliseconds, before or after.
pub const FRESH_MS: u64 = 60_000;
/// Most requests that are remembered.
const REMEMBERED_MAX: usize = 1_000_000;

/// The requests that were answered and are still fresh.
///
/// They are in memory only. After a start, requests from before it are refused, so that none of those
/// that were answered then is answered again.
#[derive(Debug)]
pub(crate) struct Replay {
    started: BlockTime,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    nonces: HashSet<(AccountId, Salt)>,
    by_time: BTreeSet<(BlockTime, AccountId, Salt)>,
}

impl Replay {
    pub(crate) fn new(started: BlockTime) -> Self {
        Self { started, seen: Mutex::default() }
    }

    /// Checks that a request made at `time` is fresh at `now`.
    pub(crate) fn check_fresh(&self, time: BlockTime, now: BlockTime) -> Result<()> {
        let fresh =
            time > self.started && time.after_ms(FRESH_MS) >= now && now.after_ms(FRESH_MS) >= time;
        if fresh { Ok(()) } else { Err(VaultError::StaleRequest) }
    }

    /// Remembers a request; refuses it if it is remembered already.
    pub(crate) fn remember(
        &self,
        requester: AccountId,
        nonce: Salt,
        time: BlockTime,
        now: BlockTime,
    ) -> Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) = seen.by_time.first().copied()
            && oldest.0.after_ms(FRESH_MS) < now
        {
            seen.by_time.pop_first();
            seen.nonces.remove(&(oldest.1, oldest.2));
        }
        if seen.nonces.contains(&(requester, nonce)) {
            return Err(VaultError::Replayed);
        }
        if seen.nonces.len() >= REMEMBERED_MAX {
            return Err(VaultError::Busy { what: "too many requests are under way" });
        }
        seen.nonces.insert((requester, nonce));
        seen.by_time.insert((time, requester, nonce));
        Ok(())
    }
}
