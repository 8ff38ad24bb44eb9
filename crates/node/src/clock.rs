//! The machine's clock against the ledger's and the peers': a node whose clock is far off would
//! propose blocks that others do not accept, and wait for times that are long past.

use crate::{NodeError, chain::Chain};
use salus_api::client::{Client, Patience};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far the clock may be behind the last block.
const BEHIND_MAX_MS: u64 = 60_000;
/// How far the clock may be from a peer's, by the time of its last block.
const APART_MAX_MS: u64 = 10 * 60_000;

/// The machine's time, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
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

/// Refuses a clock that is far from that of a peer which answers and is up to date.
pub(crate) async fn check_peers(apis: &[String]) -> Result<(), NodeError> {
    let patience = Patience {
        attempts_max: 1,
        connect_max: Duration::from_millis(300),
        answer_max: Duration::from_millis(700),
        ..Patience::default()
    };
    for api in apis.iter().filter(|api| !api.is_empty()) {
        let Ok(client) = Client::with_patience(api, patience) else {
            continue;
        };
        let Ok(status) = client.status().await else {
            continue;
        };
        // A network that stood still has an old last block; only one that is ahead says something.
        let ahead_ms = status.time.unix_ms().saturating_sub(now_ms());
        let behind_ms =
            if status.syncing { 0 } else { now_ms().saturating_sub(status.time.unix_ms()) };
        let ready = is_ready(api).await;
        let apart_ms = if ready { ahead_ms.max(behind_ms) } else { ahead_ms };
        if apart_ms > APART_MAX_MS {
            return Err(NodeError::ClockApart { apart_ms, peer: api.clone() });
        }
        return Ok(());
    }
    Ok(())
}

/// Whether a node says that its last block is fresh, by its own clock.
async fn is_ready(api: &str) -> bool {
    let client = reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_millis(300))
        .timeout(Duration::from_millis(700))
        .build();
    let Ok(client) = client else {
        return false;
    };
    let answer = client.get(format!("{}/health/ready", api.trim_end_matches('/'))).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}
