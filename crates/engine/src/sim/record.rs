//! What the nodes of a simulation committed, and whether they agree.

use super::{Check, NodeReport, Report};
use crate::CommittedBlock;
use parking_lot::Mutex;
use salus_types::{Hash, Height};
use std::{collections::BTreeMap, sync::Arc};

/// Shared by all nodes of one simulation.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) check: Option<Check>,
    honest: Arc<Vec<bool>>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    report: Report,
    /// The block at each height, as the first node that committed it says.
    agreed: BTreeMap<Height, Hash>,
}

impl Record {
    pub(crate) fn new(seed: u64, nodes: Vec<(NodeReport, bool)>, check: Option<Check>) -> Self {
        let (nodes, honest): (Vec<_>, Vec<_>) = nodes.into_iter().unzip();
        let report = Report { seed, nodes, ..Report::default() };
        let honest = Arc::new(honest);
        Self {
            check,
            honest,
            inner: Arc::new(Mutex::new(Inner { report, agreed: BTreeMap::new() })),
        }
    }

    /// Notes that a node committed a block.
    pub(crate) fn committed(&self, node: usize, block: &CommittedBlock) {
        let height = block.header.height;
        let mut inner = self.inner.lock();
        match inner.agreed.get(&height) {
            Some(agreed) if *agreed == block.hash => {}
            Some(agreed) => {
                let text = format!("node {node} has {} at {height}, not {agreed}", block.hash);
                inner.report.failures.push(text);
            }
            None => {
                inner.agreed.insert(height, block.hash);
                inner.report.transactions += block.transactions.len() as u64;
            }
        }
        let report = &mut inner.report.nodes[node];
        report.height = report.height.max(height);
        let entry = (block.hash, block.header.state_root);
        let before = report.blocks.insert(height, entry);
        if before.is_some_and(|before| before != entry) {
            inner
                .report
                .failures
                .push(format!("node {node} has another block at {height} than before"));
        }
    }

    pub(crate) fn is_honest(&self, node: usize) -> bool {
        self.honest[node]
    }

    pub(crate) fn failed(&self, failure: String) {
        self.inner.lock().report.failures.push(failure);
    }

    pub(crate) fn height(&self, node: usize) -> Height {
        self.inner.lock().report.nodes[node].height
    }

    pub(crate) fn report(&self) -> Report {
        self.inner.lock().report.clone()
    }
}
