//! Ids of records, grants and all that follows from them: 32 random bytes each, chosen by who makes them.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{DecodeError, Hash};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Hash);

        impl $name {
            /// From its bytes.
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(Hash(bytes))
            }

            /// The raw bytes.
            pub fn as_bytes(&self) -> &[u8; 32] {
                self.0.as_bytes()
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self.0.as_ref()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = DecodeError;

            fn from_str(text: &str) -> Result<Self, DecodeError> {
                let refuse = |error: DecodeError| DecodeError { what: stringify!($name), ..error };
                text.parse().map(Self).map_err(refuse)
            }
        }
    };
}

random_id! {
    /// A record: all versions of one document at one custodian. Says nothing about it.
    RecordId
}

random_id! {
    /// A grant of access.
    GrantId
}

random_id! {
    /// A delegation: who may act for a patient.
    DelegationId
}

random_id! {
    /// An episode: one stay at a hospital, from admission to discharge.
    EpisodeId
}

random_id! {
    /// An arrangement with custodians who hold shares of a patient's keys.
    ArrangementId
}

random_id! {
    /// A request that custodians release shares for.
    RequestId
}

random_id! {
    /// An emergency: access that overrides what the patient has not allowed.
    EmergencyId
}

random_id! {
    /// A document of any kind, whose versions are notarised.
    DocumentId
}

random_id! {
    /// A request for erasure.
    ErasureId
}
