//! Words of erasure: why, of what, why not, and who holds keys.

use crate::{ArrangementId, GrantId};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::Hash;
use serde::{Deserialize, Serialize};

/// Of what.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ErasureScope {
    /// Everything of the patient at the holder.
    All,
    /// Some records, behind a salted commitment whose opening goes to the holder.
    Records(Hash),
}

/// Why. Source: Regulation (EU) 2016/679 (GDPR), Article 17(1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ErasureBasis {
    /// The data is no longer needed: point (a).
    NoLongerNeeded,
    /// Consent was withdrawn: point (b).
    ConsentWithdrawn,
    /// The patient objects: point (c).
    Objection,
    /// The data was processed unlawfully: point (d).
    Unlawful,
    /// The law requires it: point (e).
    LegalDuty,
    /// The time is over for which the holder had to keep it; the holder's own request.
    RetentionEnded,
}

/// Why not. Source: Regulation (EU) 2016/679 (GDPR), Article 17(3).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RetentionReason {
    /// The law requires to keep it: point (b).
    LegalObligation,
    /// Public health: point (c).
    PublicHealth,
    /// Archiving and research in the public interest: point (d).
    Archiving,
    /// Legal claims: point (e).
    LegalClaims,
}

/// As what an organisation held keys of the patient at the holder.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyHolder {
    /// The holder of the records.
    Holder,
    /// A custodian of shares, in this arrangement.
    Custodian(ArrangementId),
    /// The grantee of this grant.
    Grantee(GrantId),
}
