//! Words of emergencies: why one is opened, and what its review finds.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Why a service opens an emergency. A small value set of ours; what happened is behind the incident's
/// commitment. Append-only.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum EmergencyReason {
    /// The patient cannot be asked.
    Unresponsive,
    /// Life is in danger.
    LifeThreatening,
    /// What the patient takes or is allergic to must be known before treatment.
    UnknownMedication,
    /// Others are in danger, such as by an infection.
    DangerToOthers,
    /// Anything else that cannot wait.
    Urgent,
}

/// What a review finds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// There was an emergency.
    Justified,
    /// There was none: abuse.
    Unjustified,
    /// It cannot be said.
    Unclear,
}
