//! Telling the application of final blocks, one after another, while the next ones are executed.
//!
//! The application makes what it is told durable, which takes as long as executing a small block. A
//! block is done with, and not delivered again after a crash, only once that has happened: the epochs'
//! actor acknowledges it then. So only few blocks can be on their way here.

use crate::{history::Outcome, ledger::Ledger};
use commonware_runtime::Spawner;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Tells the application of each block, in order, until the context ends.
pub(crate) async fn run<E: Spawner>(
    context: E,
    ledger: Ledger,
    mut blocks: mpsc::UnboundedReceiver<Arc<Outcome>>,
) {
    while let Some(outcome) = blocks.recv().await {
        let ledger = ledger.clone();
        let commit =
            context.child("block").shared(true).spawn(|_| async move { ledger.commit(&outcome) });
        if commit.await.is_err() {
            return;
        }
    }
}
