//! What consent tells the world.

use crate::{GrantId, PurposeOfUse, RecordId};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::event_names;
use salus_types::{AccountId, BlockTime, ModuleId};
use serde::{Deserialize, Serialize};

/// An event of this module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum ConsentEvent {
    /// A version of a record was anchored.
    RecordAnchored {
        /// The record.
        record: RecordId,
        /// Whose it is.
        patient: AccountId,
        /// Who keeps it.
        custodian: AccountId,
        /// The version, from 1.
        version: u32,
    },
    /// A patient granted an organisation access.
    AccessGranted {
        /// The grant.
        grant: GrantId,
        /// Who granted.
        patient: AccountId,
        /// Who may read.
        grantee: AccountId,
        /// Where the records are.
        custodian: AccountId,
        /// What for.
        purpose: PurposeOfUse,
        /// From when on.
        not_before: BlockTime,
        /// Until when.
        not_after: BlockTime,
    },
    /// A grant was revoked, for ever.
    GrantRevoked {
        /// The grant.
        grant: GrantId,
        /// Who had granted.
        patient: AccountId,
        /// Who may read no longer.
        grantee: AccountId,
        /// Where the records are.
        custodian: AccountId,
    },
    /// A custodian accounted for accesses.
    AccessAccounted {
        /// Whose records were asked for.
        patient: AccountId,
        /// Who keeps them.
        custodian: AccountId,
        /// The grant, if the accesses were under one.
        grant: Option<GrantId>,
        /// Number of the first access.
        first_sequence: u64,
        /// How many there are.
        count: u32,
    },
}

event_names! {
    ConsentEvent of ModuleId::CONSENT => {
        RecordAnchored,
        AccessGranted,
        GrantRevoked,
        AccessAccounted,
    }
}
