//! What kinds of accounts there are, and what their keys may do.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

macro_rules! plain_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every variant, in the order of their encoding.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

plain_enum! {
    /// What an account stands for.
    AccountKind {
        /// A member of the network.
        Organisation,
        /// A person, under a pseudonym.
        Person,
        /// A device or a piece of software.
        Device,
    }
}

plain_enum! {
    /// What an organisation is in the network.
    OrganisationRole {
        /// Took part in the genesis; votes.
        Founder,
        /// Admitted by vote; votes.
        Member,
        /// Follows and verifies; does not vote.
        Observer,
    }
}

plain_enum! {
    /// What an organisation does in healthcare.
    OrganisationFunction {
        /// Treats patients and keeps their records.
        Hospital,
        /// Pays for care.
        Payer,
        /// Makes medicines or devices.
        Manufacturer,
        /// Distributes them.
        Wholesaler,
        /// Dispenses them.
        Pharmacy,
        /// Examines specimens.
        Laboratory,
        /// Supervises.
        Regulator,
        /// Does research.
        Researcher,
        /// Issues credentials.
        Issuer,
    }
}

plain_enum! {
    /// What a key of an account may be used for.
    KeyPurpose {
        /// Manages the account itself: its keys, its suspension.
        Manage,
        /// Signs the account's transactions.
        Act,
        /// Signs votes and proposals of an organisation.
        Vote,
        /// Signs answers and requests between gateways; not transactions.
        Attest,
    }
}
