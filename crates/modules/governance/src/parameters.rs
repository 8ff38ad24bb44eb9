//! The ranges of the parameters.

use crate::GovernanceError;
use salus_types::LedgerParameters;

/// Checks that every parameter is within its range.
///
/// # Errors
///
/// [`GovernanceError::ParameterRange`] for the first that is not.
pub fn check_ranges(parameters: &LedgerParameters) -> Result<(), GovernanceError> {
    let LedgerParameters {
        epoch_blocks,
        validity_blocks,
        block_bytes_max,
        block_transactions_max,
        idle_interval_ms,
        time_lock_blocks,
        voting_blocks,
        entries_per_account_max,
    } = parameters;
    let ranges: [(&'static str, u64, u64, u64); 8] = [
        ("epoch_blocks", *epoch_blocks, 10, 100_000),
        ("validity_blocks", *validity_blocks, 10, 10_000),
        ("block_bytes_max", u64::from(*block_bytes_max), 64 * 1024, 4 * 1024 * 1024),
        ("block_transactions_max", u64::from(*block_transactions_max), 1, 20_000),
        ("idle_interval_ms", *idle_interval_ms, 100, 10_000),
        ("time_lock_blocks", *time_lock_blocks, 0, 1_000_000),
        ("voting_blocks", *voting_blocks, 10, 1_000_000),
        ("entries_per_account_max", u64::from(*entries_per_account_max), 1, 10_000_000),
    ];
    for (name, value, min, max) in ranges {
        if value < min || value > max {
            return Err(GovernanceError::ParameterRange { name, value, min, max });
        }
    }
    Ok(())
}

/// Checks that parameters may follow those that are in force.
///
/// # Errors
///
/// The first that applies: those of [`check_ranges`], then [`GovernanceError::ParameterFixed`] for
/// `epoch_blocks`, with which epochs are counted from genesis on.
pub fn check_change(
    now: &LedgerParameters,
    next: &LedgerParameters,
) -> Result<(), GovernanceError> {
    check_ranges(next)?;
    if next.epoch_blocks != now.epoch_blocks {
        return Err(GovernanceError::ParameterFixed { name: "epoch_blocks" });
    }
    Ok(())
}
