//! The ledger as this node offers it to its API and to its vault.

use crate::{
    chain::{Admitted, Chain, Settled},
    clock::now_ms,
    join::anchor_height,
    metrics::Meters,
    proofs,
};
use async_trait::async_trait;
use bytes::Bytes;
use salus_api::port::{
    BlockView, Committed, Ledger, NodeStatus, ReadRefusal, StateProof, SubmitRefusal, Submitted,
    TransactionStatus,
};
use salus_app::governance;
use salus_engine::{EngineConfig, EngineHandle, EngineStatus, ReadError};
use salus_mempool::{Admission, AdmissionError, Lane, Mempool, Origin, Standing};
use salus_state::{ReadSet, StateKey, read_until_known};
use salus_types::{
    Hash, Height, NetworkFile, NetworkId, NodeKey, NodeRecord, TransactionHash, ValidatorSet,
    encode,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, broadcast};
use tracing::field::Empty;

/// Most runs of a question about the state.
const ROUNDS_MAX: usize = 64;
/// Longest wait for a block that somebody else has executed already.
const REACH_MAX: Duration = Duration::from_secs(60);

/// Most transactions that are being admitted at a time, but for one submission of any size.
pub(crate) const ADMITTED_AT_ONCE: u32 = 1024;

/// The ledger as one node has it.
#[derive(Clone)]
pub(crate) struct LocalLedger {
    pub(crate) network: Arc<NetworkFile>,
    pub(crate) network_id: NetworkId,
    pub(crate) node: NodeKey,
    pub(crate) engine: EngineHandle,
    pub(crate) mempool: Mempool,
    pub(crate) chain: Arc<Chain>,
    pub(crate) meters: Arc<Meters>,
    /// Places of transactions that are being admitted.
    pub(crate) admissions: Arc<Semaphore>,
}

impl LocalLedger {
    /// Answers a question about the state at the latest height, or at a recent one, and says which.
    pub(crate) async fn ask<T>(
        &self,
        at: Option<Height>,
        question: impl Fn(&ReadSet) -> T,
    ) -> Result<(Height, T), ReadRefusal> {
        let height = match at {
            Some(height) => height,
            None => self.engine.status().await.applied,
        };
        let load = |keys: Vec<StateKey>| async move {
            self.meters.state_keys_read(keys.len());
            let read = self.engine.read(Some(height), &keys).await;
            read.map(|read| read.values).map_err(|error| read_refusal(&error))
        };
        let answer = read_until_known(ROUNDS_MAX, load, question).await?;
        let answer = answer.ok_or_else(|| ReadRefusal {
            code: "node.question_too_deep",
            detail: "the answer needs too many reads in a row; ask for less".to_owned(),
        })?;
        Ok((height, answer))
    }

    /// How the engine stands once the block at this height is executed here; none if that takes longer
    /// than [`REACH_MAX`], or the node stops.
    pub(crate) async fn reach(&self, height: Height) -> Option<EngineStatus> {
        let mut commits = self.chain.subscribe();
        let reached = async {
            loop {
                let status = self.engine.status().await;
                if status.applied >= height {
                    return Some(status);
                }
                if let Err(broadcast::error::RecvError::Closed) = commits.recv().await {
                    return None;
                }
            }
        };
        tokio::time::timeout(REACH_MAX, reached).await.ok().flatten()
    }

    fn standing(&self, hash: &TransactionHash) -> TransactionStatus {
        // The mempool first, which needs no look at the disk: it lets go of a transaction before anybody
        // is told that it is final.
        let waiting = self.mempool.standing(hash);
        if let Some(Standing::Pending) = waiting {
            return TransactionStatus::Pending;
        }
        match self.chain.transaction(hash) {
            Ok(Some(found)) => return TransactionStatus::Final(Box::new(found)),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the chain index does not answer"),
        }
        match waiting {
            // Final for the mempool, and about to be noted by the index.
            Some(Standing::Pending | Standing::Final(_)) => TransactionStatus::Pending,
            Some(Standing::Expired(_)) => TransactionStatus::Expired,
            None => TransactionStatus::Unknown,
        }
    }

    fn submitted(
        &self,
        admission: Result<Admission, AdmissionError>,
    ) -> Result<Submitted, SubmitRefusal> {
        match admission {
            Ok(Admission::Accepted(hash)) => Ok(Submitted::Accepted(hash)),
            Ok(Admission::Pending(hash)) => Ok(Submitted::Pending(hash)),
            Ok(Admission::Final(hash)) => Ok(match self.standing(&hash) {
                TransactionStatus::Final(found) => Submitted::Final(found),
                TransactionStatus::Unknown
                | TransactionStatus::Pending
                | TransactionStatus::Expired => Submitted::Pending(hash),
            }),
            // A transaction is answered with its first receipt for ever, not only while it is valid.
            Err(AdmissionError::Expired { hash, .. }) if self.chain.is_final(&hash) => {
                self.submitted(Ok(Admission::Final(hash)))
            }
            Err(error) => Err(SubmitRefusal {
                hash: error.hash(),
                code: error.code(),
                detail: error.to_string(),
                retry_after: error.retry_after(),
            }),
        }
    }
}

fn read_refusal(error: &ReadError) -> ReadRefusal {
    ReadRefusal { code: error.code(), detail: error.to_string() }
}

#[async_trait]
impl Ledger for LocalLedger {
    fn network(&self) -> &NetworkFile {
        &self.network
    }

    async fn status(&self) -> NodeStatus {
        let status = self.engine.status().await;
        NodeStatus {
            node: self.node,
            height: status.applied,
            oldest: self.chain.first().unwrap_or(status.applied),
            time: status.time,
            state_root: status.state_root.unwrap_or(Hash::ZERO),
            epoch: status.epoch,
            validator: status.validator,
            peers: status.peers,
            syncing: status.syncing,
            mempool: self.mempool.len(),
            clock_ms: now_ms(),
        }
    }

    fn full(&self) -> Option<SubmitRefusal> {
        let retry_after = self.mempool.full(Lane(self.node))?;
        Some(SubmitRefusal {
            hash: None,
            code: "mempool.full",
            detail: "what this node has admitted fills its room; send this again later".to_owned(),
            retry_after: Some(retry_after),
        })
    }

    async fn submit(&self, transactions: Vec<Bytes>) -> Vec<Result<Submitted, SubmitRefusal>> {
        let (at, at_ms) = (Instant::now(), now_ms());
        // Few are admitted at a time, so that those who flood this node leave it time for blocks.
        let places = u32::try_from(transactions.len()).unwrap_or(u32::MAX).min(ADMITTED_AT_ONCE);
        let _place = self.admissions.acquire_many(places).await;
        let (mempool, lane) = (self.mempool.clone(), Lane(self.node));
        let span = tracing::debug_span!("mempool.admit", transactions = transactions.len());
        let admit = move || span.in_scope(|| mempool.admit(lane, Origin::Local, transactions));
        let admissions = match tokio::task::spawn_blocking(admit).await {
            Ok(admissions) => admissions,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let accepted = admissions.iter().filter_map(|admission| match admission {
            Ok(Admission::Accepted(hash)) => {
                let span = tracing::debug_span!("ledger.transaction", %hash, height = Empty);
                Some((*hash, Admitted { at, at_ms, span }))
            }
            _ => None,
        });
        self.chain.admitted(accepted);
        self.meters.admission(at.elapsed());
        admissions.into_iter().map(|admission| self.submitted(admission)).collect()
    }

    async fn transaction(&self, hash: TransactionHash, wait: Duration) -> TransactionStatus {
        let settled = (!wait.is_zero()).then(|| self.chain.wait(hash));
        let standing = self.standing(&hash);
        let (Some(settled), TransactionStatus::Pending | TransactionStatus::Unknown) =
            (settled, &standing)
        else {
            return standing;
        };
        match tokio::time::timeout(wait, settled).await {
            Ok(Ok(Settled::Final(found))) => TransactionStatus::Final(found),
            Ok(Ok(Settled::Expired)) => TransactionStatus::Expired,
            Ok(Err(_)) | Err(_) => self.standing(&hash),
        }
    }

    async fn block(&self, height: Option<Height>) -> Option<BlockView> {
        let height = match height {
            Some(height) => height,
            None => self.engine.status().await.applied,
        };
        let block = self.engine.block(height).await?;
        let entry = self.chain.block(height).ok().flatten()?;
        Some(BlockView {
            header: block.header().clone(),
            hash: entry.hash,
            transactions: block.transactions().to_vec(),
            receipts: entry.receipts.to_vec(),
        })
    }

    async fn read(
        &self,
        height: Option<Height>,
        keys: Vec<StateKey>,
    ) -> Result<(Height, Vec<Option<Bytes>>), ReadRefusal> {
        self.meters.state_keys_read(keys.len());
        let read = self.engine.read(height, &keys).await;
        read.map(|read| (read.height, read.values)).map_err(|error| read_refusal(&error))
    }

    async fn prove_state(
        &self,
        height: Option<Height>,
        paths: Vec<Vec<u8>>,
    ) -> Result<StateProof, ReadRefusal> {
        let (height, file) =
            proofs::state(&self.engine, &self.chain, self.network_id, height, paths).await?;
        Ok(StateProof { height, file })
    }

    async fn prove_transaction(&self, hash: TransactionHash) -> Result<Vec<u8>, ReadRefusal> {
        proofs::transaction(&self.engine, &self.chain, self.network_id, hash).await
    }

    async fn anchor(&self) -> Result<Vec<u8>, ReadRefusal> {
        let question =
            |state: &ReadSet| (governance::parameters(state), governance::longer_validity(state));
        let (applied, (parameters, longer)) = self.ask(None, question).await?;
        // What was let in under a longer validity may still come.
        let longer = longer.filter(|longer| longer.until > applied);
        let validity = longer.map_or(0, |longer| longer.blocks).max(parameters.validity_blocks);
        let kept =
            applied.0.saturating_sub(EngineConfig::blocks_kept_min(&self.network.parameters));
        let height = anchor_height(applied, validity, &self.network)
            .filter(|height| height.0 > kept)
            .ok_or_else(|| ReadRefusal {
                code: "node.no_anchor",
                detail: "no block is old enough to copy the state at; execute the blocks instead"
                    .to_owned(),
            })?;
        proofs::anchor(&self.engine, &self.chain, self.network_id, height).await
    }

    async fn validators(&self) -> ValidatorSet {
        match self.ask(None, |state| governance::validators_next(state)).await {
            Ok((_, set)) if !set.nodes().is_empty() => set,
            Ok(_) | Err(_) => self.network.validators.clone(),
        }
    }

    async fn add_guest(&self, guest: NodeRecord) -> Result<(), ReadRefusal> {
        self.engine.track_guest(guest).await.map_err(|error| read_refusal(&error))
    }

    async fn archive(&self, from: Height) -> Vec<u8> {
        encode(&self.engine.archived(from).await)
    }

    async fn receipts(&self, height: Height) -> Option<Committed> {
        let entry = self.chain.block(height).ok().flatten()?;
        Some(Committed { height, time: entry.time, receipts: entry.receipts, events: entry.events })
    }

    fn subscribe(&self) -> broadcast::Receiver<Committed> {
        self.chain.subscribe()
    }

    async fn metrics(&self) -> String {
        let engine = self.engine.metrics().await;
        self.meters.render(&self.mempool.stats(), &engine)
    }
}
