//! Record anchors, grants, episodes, delegates, custodians of shares, and the account of every access.
//!
//! Records stay at their custodian, sealed. The ledger holds what proves them and what opens them:
//!
//! ```text
//!   custodian ──AnchorRecord──▶ record, version 1, 2, …
//!   patient   ──GrantAccess───▶ grant: not yet valid ─▶ active ─▶ expired
//!                                          └──RevokeGrant──▶ revoked, for ever
//!   patient   ──OpenEpisode───▶ episode: open ─CloseEpisode─▶ closed; ─TransferEpisode─▶ open elsewhere
//!   patient   ──Delegate──────▶ delegation ─EndDelegation─▶ ended
//!   patient   ──AppointCustodians─▶ arrangement ─next epoch or RetireArrangement─▶ retired
//!   reader    ──RequestRelease─▶ request ─AttestRelease─▶ attested; over after some minutes
//!   service   ──OpenEmergency──▶ emergency, for some hours ─ReviewEmergency─▶ reviewed
//!   patient   ──RequestErasure─▶ erasure ─AttestErasure─▶ erased: a tombstone; ─RefuseErasure─▶ refused
//!   anybody   ──NotariseDocument─▶ document, version 1, 2, … ─SignDocument─▶ signed
//!   custodian ──AccountAccess─▶ accesses n, n+1, … of this patient, before anything is released
//! ```
//!
//! | transaction | sender (key for `act`) | event | refused with |
//! |---|---|---|---|
//! | [`tx::AnchorRecord`] | the custodian, an organisation | `RecordAnchored` | `not_an_organisation`, `unknown_patient`, `not_custodian`, `wrong_patient`, `wrong_version` |
//! | [`tx::GrantAccess`] | the patient, a delegate, a grantee | `AccessGranted` | `not_a_patient`, `not_grantee`, `not_delegable`, `same_organisation`, `wrong_period`, `beyond_delegation`, `beyond_grant`, `not_for_research`, `inactive_grantee`, `inactive_custodian`, `grant_exists` |
//! | [`tx::RevokeGrant`] | the patient, a delegate, who passed it on | `GrantRevoked` | `unknown_grant`, `not_grantor`, `already_revoked` |
//! | [`tx::AccountAccess`] | the custodian | `AccessAccounted` | `wrong_count`, `no_relation`, `wrong_sequence`, and those of [`allowed`] |
//! | [`tx::Delegate`] | the patient | `PowersDelegated` | `self_delegation`, `wrong_powers`, `wrong_period`, `inactive_delegate`, `delegation_exists` |
//! | [`tx::EndDelegation`] | the patient, the delegate | `DelegationEnded` | `unknown_delegation`, `not_party`, `delegation_ended` |
//! | [`tx::OpenEpisode`] | the patient, a delegate | `EpisodeOpened` | `wrong_period`, `beyond_delegation`, `inactive_grantee`, `episode_exists` |
//! | [`tx::CloseEpisode`] | the hospital, the patient, a delegate | `EpisodeClosed` | `unknown_episode`, `not_party`, `episode_closed` |
//! | [`tx::TransferEpisode`] | the patient, a delegate, the hospital with the patient | `EpisodeClosed`, `EpisodeOpened` | `not_party`, `patient_must_sign`, `episode_closed`, `same_hospital`, `inactive_grantee`, `episode_exists` |
//! | [`tx::AppointCustodians`] | the patient, a delegate | `CustodiansAppointed` | `wrong_custodians`, `wrong_threshold`, `holder_alone`, `inactive_custodian`, `wrong_epoch`, `arrangement_exists` |
//! | [`tx::RetireArrangement`] | the patient, a delegate | `ArrangementRetired` | `unknown_arrangement`, `not_party`, `arrangement_retired` |
//! | [`tx::RequestRelease`] | the reader | `ReleaseRequested` | `wrong_count`, `no_relation`, `not_custodial`, `no_arrangement`, `request_exists`, and those of [`allowed`] |
//! | [`tx::AttestRelease`] | a custodian of shares | `ReleaseAttested` | `unknown_request`, `request_expired`, `arrangement_retired`, `not_share_custodian`, `already_attested` |
//! | [`tx::SetEmergencyRules`] | the patient, a delegate | `EmergencyRulesSet` | `inactive_reviewer` |
//! | [`tx::OpenEmergency`] | an accredited service with the person who asks | `EmergencyOpened` | `not_accredited`, `no_emergency_rules`, `override_refused`, `person_must_sign`, `not_of_service`, `reviewer_is_requester`, `unreviewed`, `too_many_emergencies`, `emergency_exists` |
//! | [`tx::CosignEmergency`] | the service with a second person | `EmergencyCosigned` | `unknown_emergency`, `not_party`, `emergency_over`, `already_cosigned`, `person_must_sign`, `not_of_service`, `same_person`, `reviewer_is_requester` |
//! | [`tx::CloseEmergency`] | the service, the patient, a delegate | `EmergencyClosed` | `unknown_emergency`, `not_party`, `emergency_over` |
//! | [`tx::ReviewEmergency`] | the reviewer | `EmergencyReviewed` | `unknown_emergency`, `not_reviewer`, `already_reviewed` |
//! | [`tx::NotariseDocument`] | anybody | `DocumentNotarised` | `not_owner`, `wrong_version`, `unknown_document`, `already_superseded`, `supersedes_itself` |
//! | [`tx::SignDocument`] | anybody | `DocumentSigned` | `unknown_document`, `already_signed` |
//! | [`tx::RequestErasure`] | the patient, a delegate, the holder | `ErasureRequested` | `not_party`, `no_relation`, `erased`, `erasure_exists` |
//! | [`tx::AttestErasure`] | who held keys | `ErasureAttested` | `unknown_erasure`, `erasure_refused`, `not_key_holder`, `erasure_attested`, `wrong_records`, `unknown_record`, `too_many_attestors` |
//! | [`tx::RefuseErasure`] | the holder | `ErasureRefused` | `unknown_erasure`, `not_party`, `erasure_refused`, `erasure_done` |
//!
//! All codes begin with `consent.`; who acts for a patient may be refused with those of [`acting`] too. An
//! access can be accounted only while what it rests on gives it at block time, so a final `AccountAccess`
//! or `RequestRelease` shows that it did. Accesses of one patient at one custodian are numbered 1, 2, 3, …
//! without a gap, and those of requests in a series beside: whoever knows the counts knows what is missing.
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
pub mod acting;
pub mod allowed;
pub mod basis;
pub mod emergency;
pub mod erasure;
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
pub use acting::{DelegationKind, Power, Powers};
pub use allowed::{Ask, Standing, Terms, access_allowed, release_allowed, standing};
pub use basis::{Basis, GrantedBy, ReleaseMode, ScopeOf};
pub use emergency::{EmergencyReason, ReviewOutcome};
pub use erasure::{ErasureBasis, ErasureScope, KeyHolder, RetentionReason};
pub use error::ConsentError;
pub use event::ConsentEvent;
pub use id::{
    ArrangementId, DelegationId, DocumentId, EmergencyId, EpisodeId, ErasureId, GrantId, RecordId,
    RequestId,
};
pub use purpose::PurposeOfUse;
pub use query::{GrantStatus, grant_status};
pub use state::ArrangementKind;
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
