//! How long releases and emergencies last, and how many emergencies a service may open.

use crate::GovernanceError;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::BlockTime;
use serde::{Deserialize, Serialize};

const MINUTE_MS: u64 = 60 * 1000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The limits of access that all custodians keep. Decided by vote; the defaults hold until then.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct AccessLimits {
    /// How long custodians release shares for a request, in milliseconds. 10 seconds to 1 day.
    pub release_ms: u64,
    /// How long an emergency is open, in milliseconds. 1 minute to 7 days.
    pub emergency_ms: u64,
    /// How long its reviewer has before a review is overdue, in milliseconds. 1 hour to 90 days.
    pub review_ms: u64,
    /// Most emergencies that one service opens in a day of UTC. 1 to 100,000.
    pub emergencies_per_day_max: u32,
}

impl Default for AccessLimits {
    fn default() -> Self {
        Self {
            release_ms: 10 * MINUTE_MS,
            emergency_ms: 4 * HOUR_MS,
            review_ms: 7 * DAY_MS,
            emergencies_per_day_max: 100,
        }
    }
}

/// An emergency service that the members recognise: it may open emergencies.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct EmergencyService {
    /// Until when, exclusive, in block time.
    pub until: BlockTime,
    /// Time of the block that accredited it, or renewed that.
    pub accredited_at: BlockTime,
}

/// Checks that every limit is within its range.
///
/// # Errors
///
/// [`GovernanceError::ParameterRange`] for the first that is not.
pub fn check_limits(limits: &AccessLimits) -> Result<(), GovernanceError> {
    let AccessLimits { release_ms, emergency_ms, review_ms, emergencies_per_day_max } = *limits;
    let ranges: [(&'static str, u64, u64, u64); 4] = [
        ("release_ms", release_ms, 10_000, DAY_MS),
        ("emergency_ms", emergency_ms, MINUTE_MS, 7 * DAY_MS),
        ("review_ms", review_ms, HOUR_MS, 90 * DAY_MS),
        ("emergencies_per_day_max", u64::from(emergencies_per_day_max), 1, 100_000),
    ];
    for (name, value, min, max) in ranges {
        if value < min || value > max {
            return Err(GovernanceError::ParameterRange { name, value, min, max });
        }
    }
    Ok(())
}
