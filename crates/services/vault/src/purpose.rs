//! What records are read for.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! purposes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),* $(,)?) => {
        /// What records are read for.
        ///
        /// Source: HL7 v3 `PurposeOfUse` (2.16.840.1.113883.1.11.20448).
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        pub enum Purpose { $($(#[$doc])* #[serde(rename = $code)] $variant),* }

        impl Purpose {
            /// Every purpose.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code of HL7 v3, such as `TREAT`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The purpose with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|purpose| purpose.code() == code)
            }
        }
    };
}

purposes! {
    /// Treatment.
    Treatment = "TREAT",
    /// Emergency treatment.
    EmergencyTreatment = "ETREAT",
    /// Payment for care.
    Payment = "HPAYMT",
    /// Running the organisation.
    Operations = "HOPERAT",
    /// Research.
    Research = "HRESCH",
    /// Public health.
    PublicHealth = "PUBHLTH",
    /// The patient asked for it.
    PatientRequest = "PATRQT",
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
