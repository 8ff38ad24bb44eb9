//! Submitting a transaction until it is settled, whatever happens to single nodes.

use super::{Client, ClientError, send::passes_for_harmless};
use crate::view::{SubmittedItem, SubmittedStatus};
use bytes::Bytes;
use std::time::{Duration, Instant};

/// How long one node is asked to wait for finality before the next one is asked.
const WAIT: Duration = Duration::from_secs(5);
/// Pause after a round in which no node could be asked.
const PAUSE: Duration = Duration::from_millis(200);

impl Client {
    /// Submits one transaction in canonical bytes until it is in a block or has expired.
    ///
    /// The same bytes are sent again, to the next node where several are known, when a node does not
    /// answer, is overloaded, or does not see it become final. It is in at most one block all
    /// the same, and every node answers with that block's receipt.
    ///
    /// # Errors
    ///
    /// The first that applies: its refusal, with the code; [`ClientError::NotSettled`]: nobody knew
    /// what became of it within `within`.
    pub async fn settle(
        &self,
        transaction: impl Into<Bytes>,
        within: Duration,
    ) -> Result<SubmittedItem, ClientError> {
        let transaction = transaction.into();
        let started = Instant::now();
        loop {
            let left = within.saturating_sub(started.elapsed());
            let asked = self.base().to_owned();
            match self.submit_binary(transaction.clone(), left.min(WAIT)).await {
                Ok(item) if item.receipt.is_some() => return Ok(item),
                Ok(item) if item.status == SubmittedStatus::Expired => return Ok(item),
                Ok(_) => self.nodes.leave(&asked),
                Err(error) if passes_for_harmless(&error) => {
                    if started.elapsed() < within {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                Err(error) => return Err(error),
            }
            if started.elapsed() >= within {
                return Err(ClientError::NotSettled { within });
            }
        }
    }
}
