//! What a running node does beside its engine, each until it is told to stop.

use super::erasing;
use crate::{Home, clock, ledger::LocalLedger, operator, proofs};
use salus_api::{ApiState, TlsServer, router, serve_with};
use salus_consent::ConsentEvent;
use salus_types::{AccountId, ModuleId, Receipt, decode};
use salus_vault::{Basis, Vault};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{broadcast::error::RecvError, watch},
    task::JoinHandle,
};

/// Pause between two rounds of what the vault could not finish.
pub(super) const RESUME: Duration = Duration::from_secs(60);
/// Pause between two notes of how the engine stands, for the metrics.
const WATCH: Duration = Duration::from_secs(1);

/// Serves the API.
pub(super) fn serve_api(
    listener: TcpListener,
    tls: Option<TlsServer>,
    state: ApiState,
    mut stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let until = async move {
            // An error means that the handle is gone, which is a stop too.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        if let Err(error) = serve_with(listener, tls, router(state), until).await {
            tracing::error!(%error, "the API ended");
        }
    })
}

/// Notes for the metrics how the engine stands, and forgets waits that nobody waits for.
pub(super) async fn watch_engine(
    ledger: LocalLedger,
    home: Home,
    clock: Arc<clock::Watch>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        ledger.meters.machine(operator::disk(home.folder()), clock.ahead_ms());
        ledger.meters.engine(ledger.engine.status().await);
        ledger.chain.sweep();
        tokio::select! {
            () = tokio::time::sleep(WATCH) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Tells those who wait when a transaction has expired.
pub(super) async fn watch_expiries(ledger: LocalLedger, mut stopping: watch::Receiver<bool>) {
    let mut expiries = ledger.mempool.subscribe_expired();
    loop {
        tokio::select! {
            expiry = expiries.recv() => match expiry {
                Ok(expiry) => ledger.chain.expired(&expiry.hashes),
                // Those who wait ask the mempool again when their time is up.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Notes the certificate of each change of validators, for the day when its block is pruned.
pub(super) async fn keep_certificates(ledger: LocalLedger, mut stopping: watch::Receiver<bool>) {
    let noting = async {
        let mut committed = ledger.chain.subscribe();
        loop {
            if let Err(refusal) = proofs::note_certificates(&ledger.engine, &ledger.chain).await {
                tracing::debug!(code = refusal.code, "the certificate of a change is not here yet");
            }
            let epoch = ledger.network.parameters.epoch_blocks;
            while let Ok(block) = committed.recv().await {
                if block.height.0.is_multiple_of(epoch) {
                    break;
                }
            }
        }
    };
    tokio::select! {
        () = noting => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// What is done for a vault from time to time.
pub(super) fn keep_vault(
    vault: &Arc<Vault>,
    ledger: &LocalLedger,
    stopping: &watch::Receiver<bool>,
) -> [JoinHandle<()>; 3] {
    let ending = replace_keys(Arc::clone(vault), ledger.clone(), stopping.clone());
    let erasing = erasing::run(Arc::clone(vault), ledger.clone(), stopping.clone());
    let resuming = resume(Arc::clone(vault), stopping.clone());
    [tokio::spawn(ending), tokio::spawn(erasing), tokio::spawn(resuming)]
}

/// Goes on with what waits for its anchor, since the node stopped or since the ledger did not answer.
async fn resume(vault: Arc<Vault>, mut stopping: watch::Receiver<bool>) {
    let rounds = async {
        loop {
            match vault.resume().await {
                Ok(report) => tracing::debug!(?report, "the vault is up to date"),
                Err(error) => {
                    tracing::warn!(code = error.code(), "some records wait for an anchor");
                }
            }
            tokio::time::sleep(RESUME).await;
        }
    };
    tokio::select! {
        () = rounds => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// Replaces the keys that were given under a grant or an episode, and under what depended on it, as soon
/// as it ends. What ends by its time follows in the next round of `resume`; nothing is released under it
/// before.
async fn replace_keys(vault: Arc<Vault>, ledger: LocalLedger, mut stopping: watch::Receiver<bool>) {
    let ending = async {
        let mut committed = ledger.chain.subscribe();
        loop {
            match committed.recv().await {
                Ok(block) => {
                    for (basis, patient) in block.receipts.iter().flat_map(ended) {
                        let replaced = async {
                            vault.end_basis(basis).await?;
                            vault.end_bases_of(patient).await
                        };
                        if let Err(error) = replaced.await {
                            tracing::warn!(code = error.code(), "keys wait to be replaced");
                            vault.look_at_all_bases();
                        }
                    }
                }
                // What was missed is made good by the next round of `resume`.
                Err(RecvError::Lagged(_)) => vault.look_at_all_bases(),
                Err(RecvError::Closed) => return,
            }
        }
    };
    tokio::select! {
        () = ending => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// What a transaction has ended.
fn ended(receipt: &Receipt) -> impl Iterator<Item = (Basis, AccountId)> {
    receipt.events.iter().filter(|event| event.module == ModuleId::CONSENT).filter_map(|event| {
        match decode::<ConsentEvent>("consent event", &event.payload) {
            Ok(ConsentEvent::GrantRevoked { grant, patient, .. }) => {
                Some((Basis::Grant(grant), patient))
            }
            Ok(ConsentEvent::EpisodeClosed { episode, patient, .. }) => {
                Some((Basis::Episode(episode), patient))
            }
            Ok(ConsentEvent::EmergencyClosed { emergency, patient, .. }) => {
                Some((Basis::Emergency(emergency), patient))
            }
            Ok(_) | Err(_) => None,
        }
    })
}
