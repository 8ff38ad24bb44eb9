//! Appointing custodians of shares.

use crate::{
    ArrangementId, ConsentError, ConsentEvent, DelegationId, Power,
    acting::acting,
    state::{self, Arrangement, ArrangementKind, CUSTODIANS_MAX, List},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, Hash, VecMax};
use serde::{Deserialize, Serialize};

/// Appoints the organisations that hold shares of the patient's keys at one holder of records.
///
/// An arrangement with a higher epoch takes the place of the one before. The shares themselves, and the
/// commitments by which each custodian verifies its own, stay off the ledger.
///
/// Source: Feldman, A practical scheme for non-interactive verifiable secret sharing (1987).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointCustodians {
    /// The arrangement: random.
    pub arrangement: ArrangementId,
    /// The delegation under which the sender acts for the patient, if it is not the patient.
    pub on_behalf: Option<DelegationId>,
    /// The organisation that holds the records.
    pub holder: AccountId,
    /// What it is for.
    pub kind: ArrangementKind,
    /// Who are to hold shares: 1 to 16 organisations, each once, in ascending order.
    pub custodians: VecMax<AccountId, CUSTODIANS_MAX>,
    /// How many shares it takes: 1 to the number of custodians.
    pub threshold: u8,
    /// Hash of the commitments by which shares are verified.
    pub commitments_root: Hash,
    /// The epoch of the keys that are shared, higher than that before.
    pub epoch: u32,
}

impl AppointCustodians {
    /// Appoints them.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotAPatient`]; with a delegation [`ConsentError::UnknownDelegation`],
    ///    [`ConsentError::NotDelegate`], [`ConsentError::DelegationNotActive`],
    ///    [`ConsentError::PowerMissing`].
    /// 2. [`ConsentError::WrongCustodians`]: there is none, or they are not in ascending order.
    /// 3. [`ConsentError::WrongThreshold`]: it takes no share, or more than there are.
    /// 4. [`ConsentError::HolderAlone`]: the holder's own share would be enough.
    /// 5. [`ConsentError::InactiveCustodian`]: the holder or a custodian is no active organisation.
    /// 6. [`ConsentError::Erased`]: everything of the patient at the holder is erased.
    /// 7. [`ConsentError::WrongEpoch`]: the epoch is not higher than that of the latest arrangement.
    /// 8. [`ConsentError::ArrangementExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { arrangement, holder, kind, threshold, epoch, .. } = *self;
        let patient = acting(ctx, self.on_behalf, Power::Appoint)?.patient;
        self.check_shape()?;
        for custodian in std::iter::once(&holder).chain(&self.custodians) {
            if !identity::is_active_organisation(ctx.state(), *custodian) {
                return Err(ConsentError::InactiveCustodian { custodian: *custodian });
            }
        }
        if state::is_erased(ctx.state(), patient, holder) {
            return Err(ConsentError::Erased);
        }
        let before = state::latest_arrangement(ctx.state(), patient, holder, kind);
        if let Some(latest) = before.filter(|latest| epoch <= latest.epoch) {
            return Err(ConsentError::WrongEpoch { latest: latest.epoch, found: epoch });
        }
        if state::arrangement(ctx.state(), arrangement).is_some() {
            return Err(ConsentError::ArrangementExists { arrangement });
        }

        let now = ctx.time();
        let number = List::Arrangements.count(ctx.state(), patient);
        let stored = Arrangement {
            patient,
            holder,
            kind,
            custodians: self.custodians.clone(),
            threshold,
            commitments_root: self.commitments_root,
            epoch,
            number,
            appointed_at: now,
            retired_at: None,
        };
        let replaced = before.map(|latest| latest.arrangement);
        if let Some(id) = replaced
            && let Some(mut old) = state::arrangement(ctx.state(), id)
            && old.retired_at.is_none()
        {
            old.retired_at = Some(now);
            state::put_arrangement(ctx.state(), id, &old);
        }
        state::put_arrangement(ctx.state(), arrangement, &stored);
        state::put_latest_arrangement(ctx.state(), arrangement, &stored);
        List::Arrangements.push(ctx.state(), patient, number, &arrangement);
        ctx.emit(&ConsentEvent::CustodiansAppointed {
            arrangement,
            patient,
            holder,
            kind,
            custodians: self.custodians.clone(),
            threshold,
            epoch,
            replaced,
        });
        Ok(())
    }

    fn check_shape(&self) -> Result<(), ConsentError> {
        let count = self.custodians.len();
        if count == 0 || !self.custodians.is_sorted_by(|one, next| one < next) {
            return Err(ConsentError::WrongCustodians);
        }
        let threshold = usize::from(self.threshold);
        if threshold == 0 || threshold > count {
            return Err(ConsentError::WrongThreshold { custodians: count, found: self.threshold });
        }
        if threshold == 1 && self.custodians.contains(&self.holder) {
            return Err(ConsentError::HolderAlone);
        }
        Ok(())
    }
}
