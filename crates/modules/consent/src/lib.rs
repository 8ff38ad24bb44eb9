//! Record anchors, grants, revocations and the account of every access.
//!
//! Records stay at their custodian, sealed. The ledger holds what proves them and what opens them:
//!
//! ```text
//!   custodian ──AnchorRecord──▶ record, version 1, 2, …
//!   patient   ──GrantAccess───▶ grant: not yet valid ─▶ active ─▶ expired
//!                                          └──RevokeGrant──▶ revoked, for ever
//!   custodian ──AccountAccess─▶ accesses n, n+1, … of this patient, before anything is released
//! ```
//!
//! | transaction | sender (key for `act`) | event | refused with |
//! |---|---|---|---|
//! | [`tx::AnchorRecord`] | the custodian, an organisation | `RecordAnchored` | `not_an_organisation`, `unknown_patient`, `not_custodian`, `wrong_patient`, `wrong_version` |
//! | [`tx::GrantAccess`] | the patient | `AccessGranted` | `not_a_patient`, `grant_exists`, `same_organisation`, `inactive_grantee`, `inactive_custodian`, `wrong_period` |
//! | [`tx::RevokeGrant`] | the patient | `GrantRevoked` | `unknown_grant`, `not_grantor`, `already_revoked` |
//! | [`tx::AccountAccess`] | the custodian | `AccessAccounted` | `wrong_count`, `no_relation`, `unknown_grant`, `wrong_grant`, `grant_not_active`, `wrong_sequence` |
//!
//! All codes begin with `consent.`. An access under a grant can be accounted only while the grant is
//! active at block time, so a final `AccountAccess` shows that it was. Accesses of one patient at one
//! custodian are numbered 1, 2, 3, … without a gap: whoever knows the count knows what is missing.
//! What one access was is a leaf under the batch's root: see [`access`].
//!
//! # What a non-party learns
//!
//! - That the pseudonym has records at a custodian, how many, how many versions and when anchored; the
//!   record ids are random. Nothing of their content, class, date or size: commitments are salted.
//! - That the pseudonym granted an organisation access at a custodian, for what purpose and period, and
//!   that and when it was revoked. Not which records: the scope is a salted commitment.
//! - When a custodian accounted for how many accesses, and under which grant. Not of which records,
//!   by whom, whether a read was refused, or why: these are in salted leaves. Batching hides the single
//!   access; one that stands alone shows its time.
//! - Links: everything of one pseudonym is linked. Use one account per patient and custodian, so that
//!   relationships stay apart.

#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic)]

pub mod access;
pub mod error;
pub mod event;
pub mod genesis;
pub mod id;
pub mod invariants;
pub mod purpose;
pub mod query;
pub mod state;
pub mod tx;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use access::{AccessKind, AccessLeaf};
pub use error::ConsentError;
pub use event::ConsentEvent;
pub use id::{GrantId, RecordId};
pub use purpose::PurposeOfUse;
pub use query::{GrantStatus, grant_status};
pub use tx::ConsentTx;

use salus_framework::{Authority, BlockContext, Broken, Context, Module};
use salus_state::{StateKey, StateRead};
use salus_types::{AccountId, KeyPurpose, ModuleId, NetworkFile};

/// The module.
#[derive(Clone, Copy, Debug)]
pub struct Consent;

impl Module for Consent {
    const ID: ModuleId = ModuleId::CONSENT;
    const NAME: &'static str = "consent";
    const MALFORMED: &'static str = "consent.malformed";
    type Call = ConsentTx;
    type Event = ConsentEvent;
    type Error = ConsentError;

    fn authority(_: &ConsentTx, _: AccountId) -> Authority {
        Authority::Key(KeyPurpose::Act)
    }

    fn reads(call: &ConsentTx, sender: AccountId) -> Vec<StateKey> {
        call.reads(sender)
    }

    fn execute(call: &ConsentTx, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        call.execute(ctx)
    }

    fn genesis(network: &NetworkFile, ctx: &mut BlockContext<'_>) -> Result<(), ConsentError> {
        genesis::genesis(network, ctx);
        Ok(())
    }

    fn end_of_block(_: &mut BlockContext<'_>) {}

    fn invariants(state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken> {
        invariants::check(state, accounts)
    }
}
