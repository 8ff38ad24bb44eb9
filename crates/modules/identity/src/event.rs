//! What identity tells the world.

use crate::KeyPurposes;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::event_names;
use salus_types::{
    AccountId, AccountKind, ModuleId, OrganisationFunction, OrganisationRole, PublicKey, TextMax,
    VecMax,
};
use serde::{Deserialize, Serialize};

/// An event of this module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum IdentityEvent {
    /// A person's or a device's account was registered.
    AccountRegistered {
        /// The new account.
        account: AccountId,
        /// What it stands for.
        kind: AccountKind,
        /// The organisation that registered it and keeps its first key for it, if one did.
        assisted_by: Option<AccountId>,
    },
    /// A key was added.
    KeyAdded {
        /// The account.
        account: AccountId,
        /// The new key.
        key: PublicKey,
        /// What it may be used for.
        purposes: KeyPurposes,
    },
    /// A key was revoked.
    KeyRevoked {
        /// The account.
        account: AccountId,
        /// The key that no longer acts for it.
        key: PublicKey,
    },
    /// A key was replaced.
    KeyRotated {
        /// The account.
        account: AccountId,
        /// The key that no longer acts for it.
        old: PublicKey,
        /// The key that took its purposes.
        new: PublicKey,
    },
    /// An account suspended itself.
    AccountSuspended {
        /// The account.
        account: AccountId,
    },
    /// An account ended its own suspension.
    AccountResumed {
        /// The account.
        account: AccountId,
    },
    /// A public entry was set.
    EntrySet {
        /// The account.
        account: AccountId,
        /// The entry's name.
        name: TextMax<64>,
    },
    /// A public entry was removed.
    EntryRemoved {
        /// The account.
        account: AccountId,
        /// The entry's name.
        name: TextMax<64>,
    },
    /// The key to which secrets are wrapped was set.
    SealingKeySet {
        /// The account.
        account: AccountId,
    },
    /// An organisation became part of the network.
    OrganisationAdmitted {
        /// Its account.
        account: AccountId,
        /// Its name.
        name: TextMax<128>,
        /// What it is in the network.
        role: OrganisationRole,
        /// What it does.
        functions: VecMax<OrganisationFunction, 9>,
    },
    /// An organisation was suspended by vote.
    OrganisationSuspended {
        /// Its account.
        account: AccountId,
    },
    /// An organisation's suspension was ended by vote.
    OrganisationResumed {
        /// Its account.
        account: AccountId,
    },
    /// An organisation was expelled by vote.
    OrganisationExpelled {
        /// Its account.
        account: AccountId,
    },
}

event_names! {
    IdentityEvent of ModuleId::IDENTITY => {
        AccountRegistered,
        KeyAdded,
        KeyRevoked,
        KeyRotated,
        AccountSuspended,
        AccountResumed,
        EntrySet,
        EntryRemoved,
        SealingKeySet,
        OrganisationAdmitted,
        OrganisationSuspended,
        OrganisationResumed,
        OrganisationExpelled,
    }
}
