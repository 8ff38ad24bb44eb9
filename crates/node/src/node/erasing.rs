//! Erasures that are asked for on the ledger, carried out in the vault.

use super::background::RESUME;
use crate::ledger::LocalLedger;
use salus_consent::{ConsentEvent, ErasureId};
use salus_types::{ModuleId, Receipt, decode};
use salus_vault::Vault;
use std::sync::Arc;
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::{Instant, sleep_until},
};

/// Carries out erasures: at the start all that concern what is here, then each as it is asked for.
pub(super) async fn run(
    vault: Arc<Vault>,
    ledger: LocalLedger,
    mut stopping: watch::Receiver<bool>,
) {
    let erasing = async {
        let mut committed = ledger.chain.subscribe();
        // When to look for all of them: at the start, after one that failed, after blocks were missed.
        let mut look = Some(Instant::now());
        loop {
            tokio::select! {
                block = committed.recv() => match block {
                    Ok(block) => for erasure in block.receipts.iter().flat_map(asked_to_erase) {
                        if let Err(error) = vault.erase(erasure).await {
                            tracing::warn!(code = error.code(), "an erasure waits to be carried out");
                            look = look.or(Some(Instant::now() + RESUME));
                        }
                    },
                    Err(RecvError::Lagged(_)) => look = Some(Instant::now()),
                    Err(RecvError::Closed) => return,
                },
                () = sleep_until(look.unwrap_or_else(Instant::now)), if look.is_some() => {
                    look = match vault.erase_all().await {
                        Ok(_) => None,
                        Err(error) => {
                            tracing::warn!(code = error.code(), "erasures wait to be carried out");
                            Some(Instant::now() + RESUME)
                        }
                    };
                }
            }
        }
    };
    tokio::select! {
        () = erasing => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// The erasures that a transaction asked for.
fn asked_to_erase(receipt: &Receipt) -> impl Iterator<Item = ErasureId> {
    receipt.events.iter().filter(|event| event.module == ModuleId::CONSENT).filter_map(|event| {
        match decode::<ConsentEvent>("consent event", &event.payload) {
            Ok(ConsentEvent::ErasureRequested { erasure, .. }) => Some(erasure),
            Ok(_) | Err(_) => None,
        }
    })
}
