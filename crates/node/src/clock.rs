//! The machine's clock against the ledger's and the peers': a node whose clock is far off would
//! propose blocks that others do not accept, and wait for times that are long past.

use crate::{NodeError, chain::Chain};
use parking_lot::Mutex;
use salus_api::{
    advice::CLOCK_APART_MAX_MS,
    client::{Client, Patience},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

#[cfg(test)]
mod tests;

/// How far the clock may be behind the last block.
const BEHIND_MAX_MS: u64 = 60_000;
/// How far the clock may be from those of other nodes for this node to start.
const APART_MAX_MS: u64 = 10 * 60_000;

/// The machine's time, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Peers that are asked for their time in one round.
const ASKED_MAX: usize = 5;
/// Pause between two rounds.
const ROUND: Duration = Duration::from_secs(60);

fn patience() -> Patience {
    Patience {
        attempts_max: 1,
        connect_max: Duration::from_millis(300),
        answer_max: Duration::from_millis(700),
        ..Patience::default()
    }
}

/// How far this machine's clock is from those of other nodes, as far as known.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Option<i64>>);

impl Watch {
    /// How far this machine's clock is ahead, in milliseconds; below 0: behind.
    pub(crate) fn ahead_ms(&self) -> Option<i64> {
        *self.0.lock()
    }

    /// Asks from time to time, until `stopping` says so.
    pub(crate) async fn run(&self, apis: &[String], mut stopping: watch::Receiver<bool>) {
        let rounds = async {
            loop {
                let found = ahead_ms(apis).await;
                *self.0.lock() = found;
                if let Some(ahead_ms) = found.filter(|found| is_apart(*found)) {
                    tracing::warn!(
                        ahead_ms,
                        "this machine's clock is more than a minute from those of other nodes, \
                         which refuse its connections; set the clock"
                    );
                }
                tokio::time::sleep(ROUND).await;
            }
        };
        tokio::select! {
            () = rounds => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }
}

/// Whether clocks this far apart keep their nodes from connecting.
pub fn is_apart(ahead_ms: i64) -> bool {
    ahead_ms.unsigned_abs() > CLOCK_APART_MAX_MS
}

/// How far this machine's clock is ahead of those of the nodes behind these APIs, the middle of those
/// that answer, in milliseconds; below 0: behind; none when nobody answers.
pub async fn ahead_ms(apis: &[String]) -> Option<i64> {
    let mut found = Vec::new();
    for api in apis.iter().filter(|api| !api.is_empty()).take(ASKED_MAX) {
        let Ok(client) = Client::with_patience(api, patience()) else { continue };
        let before = now_ms();
        let Ok(status) = client.status().await else { continue };
        let middle = before.midpoint(now_ms());
        let ahead = i128::from(middle) - i128::from(status.clock_ms);
        found.push(i64::try_from(ahead).unwrap_or(i64::MAX));
    }
    found.sort_unstable();
    found.get(found.len() / 2).copied()
}

/// Refuses a clock that is behind what is final here.
pub(crate) fn check_chain(chain: &Chain, now_ms: u64) -> Result<(), NodeError> {
    let Some((_, last)) = chain.last()? else {
        return Ok(());
    };
    let behind_ms = last.time.unix_ms().saturating_sub(now_ms);
    if behind_ms > BEHIND_MAX_MS {
        return Err(NodeError::ClockSkew { behind_ms, ledger: last.time });
    }
    Ok(())
}

/// Refuses a clock that is far from those of the nodes behind these APIs, if any answers.
pub(crate) async fn check_peers(apis: &[String]) -> Result<(), NodeError> {
    let apart_ms = ahead_ms(apis).await.unwrap_or_default().unsigned_abs();
    if apart_ms > APART_MAX_MS {
        return Err(NodeError::ClockApart { apart_ms });
    }
    Ok(())
}
