//! More than a network can take: clients that send at a given rate whatever they are told, and try
//! again at once what was refused.

use super::{
    sender::{Reply, Sender},
    stats::{Samples, number},
    workload::Source,
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Pause after an answer that never came.
const PAUSE: Duration = Duration::from_millis(50);

/// How one client floods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flood {
    /// Transactions a second that it offers.
    pub(crate) rate: f64,
    /// Transactions of a request.
    pub(crate) batch: usize,
    /// When it ends.
    pub(crate) until: Instant,
}

/// What a flood met with.
#[derive(Debug, Default)]
pub(crate) struct Flooded {
    /// Transactions sent, each time that it was.
    pub(crate) offered: u64,
    /// Of them, accepted.
    pub(crate) accepted: u64,
    /// Of them, refused, by code; `api.overloaded` where the node refused the request as a whole.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Of those refused, how many were told when to come back.
    pub(crate) told_when: u64,
    /// Requests without an answer.
    pub(crate) unanswered: u64,
    /// How long a request took of which something was refused.
    pub(crate) refusal: Samples,
}

impl Flooded {
    /// Adds another's.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.offered += other.offered;
        self.accepted += other.accepted;
        self.told_when += other.told_when;
        self.unanswered += other.unanswered;
        self.refusal.absorb(other.refusal);
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }
}

/// Floods one node until it is time to end.
pub(crate) async fn flood(
    sender: Sender,
    source: Arc<Source>,
    flood: Flood,
) -> anyhow::Result<Flooded> {
    let mut met = Flooded::default();
    let every = Duration::from_secs_f64(number(flood.batch as u64) / flood.rate.max(1.0));
    let mut due = Instant::now();
    let mut batch = source.take(flood.batch)?;
    while Instant::now() < flood.until {
        tokio::time::sleep_until(due.into()).await;
        // What could not be sent in time is not made up for.
        due = (due + every).max(Instant::now());
        let sent = Instant::now();
        met.offered += batch.len() as u64;
        match sender.send(&batch, Duration::ZERO).await {
            Ok(Reply::Items(items)) => {
                let mut again = Vec::with_capacity(batch.len());
                let mut refused = 0;
                for (one, item) in batch.into_iter().zip(items) {
                    if let Some(code) = item.code {
                        refused += 1;
                        met.told_when += u64::from(item.retry_after_ms.is_some());
                        *met.refused.entry(code).or_default() += 1;
                        again.push(one);
                    } else {
                        met.accepted += 1;
                    }
                }
                if refused > 0 {
                    met.refusal.add(sent.elapsed().as_secs_f64() * 1e3, refused);
                }
                let new = source.take(flood.batch - again.len())?;
                again.extend(new);
                batch = again;
            }
            Ok(Reply::Later(_)) => {
                let refused = batch.len() as u64;
                met.told_when += refused;
                *met.refused.entry("api.overloaded".to_owned()).or_default() += refused;
                met.refusal.add(sent.elapsed().as_secs_f64() * 1e3, refused);
            }
            Err(_) => {
                met.unanswered += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    Ok(met)
}
