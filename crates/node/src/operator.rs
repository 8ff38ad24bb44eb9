//! What the node tells its operator: how it stands, what is wrong, and what to do.

use crate::{clock::Watch, ledger::LocalLedger, telemetry};
use async_trait::async_trait;
use salus_api::{
    Operator, OperatorAnswer,
    advice::{Facts, advice},
    port::Ledger as _,
    view::StatusAnswer,
};
use std::{path::PathBuf, sync::Arc};

/// The node as its operator sees it.
pub(crate) struct NodeOperator {
    pub(crate) ledger: LocalLedger,
    pub(crate) home: PathBuf,
    pub(crate) clock: Arc<Watch>,
}

/// Free and whole bytes of the disk that holds a folder; none where the system does not say.
pub(crate) fn disk(folder: &std::path::Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some((bytes(found.f_bavail), bytes(found.f_blocks)))
}

#[async_trait]
impl Operator for NodeOperator {
    async fn stand(&self, status: StatusAnswer) -> OperatorAnswer {
        let validators = self.ledger.validators().await.nodes().len();
        let block_age_ms = status.clock_ms.saturating_sub(status.time.unix_ms());
        let disk = disk(&self.home);
        let facts = Facts {
            height: status.height.0,
            block_age_ms,
            validators,
            validator: status.validator,
            peers: status.peers,
            syncing: status.syncing,
            clock_ahead_ms: self.clock.ahead_ms(),
            disk,
        };
        OperatorAnswer {
            block_age_ms,
            validators,
            clock_ahead_ms: facts.clock_ahead_ms,
            disk_free_bytes: disk.map(|(free, _)| free),
            disk_bytes: disk.map(|(_, whole)| whole),
            log: telemetry::log_filter(),
            advice: advice(&facts),
            status,
        }
    }

    fn set_log(&self, filter: &str) -> Result<(), String> {
        telemetry::set_log_filter(filter)
    }
}
