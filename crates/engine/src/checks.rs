//! What is checked of a block besides its transactions: what its parent, the rules in force and its
//! own execution decide.

use crate::{LedgerRules, execute::Run, ledger::Ledger, roots};
use bytes::Bytes;
use salus_types::{BlockHeader, Height, LedgerParameters, ValidatorSet};

/// How far a block's time may be ahead of this node's clock before the node waits with its vote.
pub(crate) const CLOCK_AHEAD_MS_MAX: u64 = 10_000;
/// How far a block's time may be after its parent's, but for the first block. Longer halts of a
/// network take several blocks.
pub(crate) const TIME_STEP_MS_MAX: u64 = 24 * 3600 * 1000;
/// Bytes that a transaction takes in a block beside its own.
const LENGTH_BYTES: usize = 4;

/// Why a block is refused; for the log.
pub(crate) type Refusal = String;

pub(crate) fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(reason.into())
}

/// What a header says that its parent and the ledger decide.
pub(crate) fn check_header(
    ledger: &Ledger,
    header: &BlockHeader,
    set: Option<&ValidatorSet>,
    parent: &BlockHeader,
) -> Result<(), Refusal> {
    if header.network != ledger.shared.network {
        return refuse("it is of another network");
    }
    if header.height != parent.height.next() || header.parent != parent.hash() {
        return refuse("its parent is another block");
    }
    if header.epoch != header.height.0 / ledger.shared.epoch_blocks {
        return refuse("its height is not of its epoch");
    }
    if header.time < parent.time {
        return refuse("its time is before its parent's");
    }
    let first = parent.height == Height(0);
    if !first && header.time > parent.time.after_ms(TIME_STEP_MS_MAX) {
        return refuse("its time is more than a day after its parent's");
    }
    if ledger.is_last_of_epoch(header.height) != set.is_some() {
        return refuse("a validator set stands in the last block of an epoch, and only there");
    }
    Ok(())
}

/// Whether a block follows the protocol version in force.
pub(crate) fn check_version(rules: &LedgerRules, header: &BlockHeader) -> Result<(), Refusal> {
    if header.version != rules.protocol_version {
        let (found, expected) = (header.version, rules.protocol_version);
        return refuse(format!("its protocol version is {found}, expected {expected}"));
    }
    Ok(())
}

/// Whether a block is within the limits in force.
pub(crate) fn check_limits(parameters: &LedgerParameters, bodies: &[Bytes]) -> Result<(), Refusal> {
    let bytes: usize = bodies.iter().map(|body| body.len() + LENGTH_BYTES).sum();
    if bodies.len() > parameters.block_transactions_max as usize {
        return refuse(format!("it holds {} transactions", bodies.len()));
    }
    if bytes > parameters.block_bytes_max as usize {
        return refuse(format!("its transactions are {bytes} bytes"));
    }
    Ok(())
}

/// Compares what executing gave with what the header says.
pub(crate) fn check_outcome<S>(header: &BlockHeader, run: &Run<S>) -> Result<(), Refusal> {
    if run.state_root != header.state_root {
        return refuse("its state root is another");
    }
    if run.store != header.store {
        return refuse("its store target is another");
    }
    if roots::receipts_root(&run.executed.receipts) != header.receipts_root {
        return refuse("its receipts root is another");
    }
    if run.rules.rules.validators.hash() != header.validators_next {
        return refuse("its next validator set is another");
    }
    Ok(())
}
