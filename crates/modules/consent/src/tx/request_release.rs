//! Asking custodians for their shares.

use crate::{
    Basis, ConsentError, ConsentEvent, PurposeOfUse, ReleaseMode, RequestId,
    access::BATCH_MAX,
    allowed::{Ask, access_allowed},
    state::{self, ArrangementKind, Release},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_governance as governance;
use salus_types::{AccountId, Hash};
use serde::{Deserialize, Serialize};

/// Asks the custodians of a patient's shares to release them to the sender, for some records.
///
/// The request is itself the account of the accesses that it allows: custodians release nothing before
/// it is final. Its accesses are numbered by the ledger, in a series of their own beside that of the
/// holder's accounts, so that requests of several organisations do not wait for one another and no
/// number is left out.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRelease {
    /// The request: random.
    pub request: RequestId,
    /// Whose records.
    pub patient: AccountId,
    /// The organisation that holds them.
    pub holder: AccountId,
    /// On what it rests.
    pub basis: Basis,
    /// What for.
    pub purpose: PurposeOfUse,
    /// Salted hash of which records and versions. Its opening goes to custodians and holder.
    pub records_commitment: Hash,
    /// Hash of an ephemeral public key of the sender, to which custodians seal their shares.
    pub session_key: Hash,
    /// Merkle root over the hashes of the sender's [`crate::AccessLeaf`]s, numbered from 1.
    pub leaves_root: Hash,
    /// How many accesses: 1 to [`BATCH_MAX`].
    pub count: u32,
}

impl RequestRelease {
    /// Takes the request.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::WrongCount`]: no access, or too many.
    /// 2. [`ConsentError::NoRelation`]: the holder has anchored no record of the patient.
    /// 3. [`ConsentError::Erased`]: everything of the patient at the holder is erased. Of a grant: [`ConsentError::UnknownGrant`], [`ConsentError::WrongGrant`],
    ///    [`ConsentError::GrantNotActive`]; of an episode: [`ConsentError::UnknownEpisode`],
    ///    [`ConsentError::WrongEpisode`], [`ConsentError::EpisodeClosed`]; of an emergency:
    ///    [`ConsentError::UnknownEmergency`], [`ConsentError::WrongEmergency`],
    ///    [`ConsentError::EmergencyOver`], [`ConsentError::SecondPersonMissing`],
    ///    [`ConsentError::NotAccredited`].
    /// 4. [`ConsentError::WrongAccessor`]: it gives another organisation access.
    /// 5. [`ConsentError::WrongPurpose`]: it gives access for another purpose.
    /// 6. [`ConsentError::NotCustodial`]: under it keys are wrapped, not released by custodians.
    /// 7. [`ConsentError::NoArrangement`]: no custodian holds shares for this patient and holder.
    /// 8. [`ConsentError::RequestExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { request, patient, holder, .. } = *self;
        let (requester, now) = (ctx.sender(), ctx.time());
        if self.count == 0 || self.count > BATCH_MAX {
            return Err(ConsentError::WrongCount { max: BATCH_MAX, found: self.count });
        }
        if state::relation(ctx.state(), patient, holder).is_none() {
            return Err(ConsentError::NoRelation { patient });
        }
        let (basis, purpose) = (self.basis, self.purpose);
        let ask = Ask { patient, holder, accessor: requester, basis, purpose };
        match access_allowed(ctx.state(), &ask, now)?.mode {
            ReleaseMode::Custodial => {}
            ReleaseMode::Wrapped => return Err(ConsentError::NotCustodial),
        }
        let kind = ArrangementKind::of(basis);
        let arrangement = state::latest_arrangement(ctx.state(), patient, holder, kind)
            .map(|latest| latest.arrangement);
        let in_force = arrangement.filter(|id| {
            state::arrangement(ctx.state(), *id).is_some_and(|found| found.retired_at.is_none())
        });
        let arrangement = in_force.ok_or(ConsentError::NoArrangement { patient, holder })?;
        if state::release(ctx.state(), request).is_some() {
            return Err(ConsentError::RequestExists { request });
        }

        let series = state::release_series(ctx.state(), patient, holder);
        let release_ms = governance::access_limits(ctx.state()).release_ms;
        let stored = Release {
            patient,
            holder,
            requester,
            basis,
            purpose,
            arrangement,
            records_commitment: self.records_commitment,
            session_key: self.session_key,
            leaves_root: self.leaves_root,
            first_sequence: series.next_sequence,
            count: self.count,
            number: series.requests,
            requested_height: ctx.height(),
            requested_at: now,
            expires_at: now.after_ms(release_ms),
        };
        state::push_release(ctx.state(), request, &stored);
        ctx.emit(&ConsentEvent::ReleaseRequested {
            request,
            patient,
            holder,
            requester,
            basis,
            purpose,
            arrangement,
            session_key: self.session_key,
            first_sequence: stored.first_sequence,
            count: stored.count,
            expires_at: stored.expires_at,
        });
        Ok(())
    }
}
