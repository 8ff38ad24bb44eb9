//! What health data is asked for.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! purposes {
    ($($(#[$doc:meta])* $variant:ident => $code:literal),* $(,)?) => {
        /// Why health data is used. Source: HL7 v3 value set `PurposeOfUse` (2.16.840.1.113883.1.11.20448).
        ///
        /// JSON and text: the code of the value set, such as `TREAT`. Append-only.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        pub enum PurposeOfUse {
            $($(#[$doc])* #[serde(rename = $code)] $variant),*
        }

        impl PurposeOfUse {
            /// Every purpose, in the order of the encoding.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code of the value set.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code),*
                }
            }
        }
    };
}

purposes! {
    /// Treatment.
    Treatment => "TREAT",
    /// Emergency treatment.
    EmergencyTreatment => "ETREAT",
    /// Breaking the glass: access that overrides a denial.
    BreakTheGlass => "BTG",
    /// Coordination of care.
    CoordinationOfCare => "COC",
    /// Payment.
    Payment => "HPAYMT",
    /// Coverage under a policy or a plan.
    Coverage => "COVERAGE",
    /// Operations of a healthcare organisation.
    Operations => "HOPERAT",
    /// Quality improvement.
    QualityImprovement => "HQUALIMP",
    /// Legal affairs.
    Legal => "HLEGAL",
    /// Research.
    Research => "HRESCH",
    /// Clinical trial research.
    ClinicalTrial => "CLINTRCH",
    /// Public health.
    PublicHealth => "PUBHLTH",
    /// The patient's own request.
    PatientRequest => "PATRQT",
    /// A family's request.
    FamilyRequest => "FAMRQT",
    /// Keeping of records.
    RecordManagement => "RECORDMGT",
}

impl fmt::Display for PurposeOfUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A code that is no purpose known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such purpose of use; known are TREAT, HPAYMT, HRESCH and others of HL7 PurposeOfUse")]
pub struct UnknownPurpose;

impl FromStr for PurposeOfUse {
    type Err = UnknownPurpose;

    fn from_str(code: &str) -> Result<Self, UnknownPurpose> {
        Self::ALL.iter().copied().find(|purpose| purpose.code() == code).ok_or(UnknownPurpose)
    }
}
