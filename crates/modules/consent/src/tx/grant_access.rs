//! Granting access.

use crate::{
    ConsentError, ConsentEvent, GrantId, PurposeOfUse,
    state::{self, Grant},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, AccountKind, BlockTime, Hash};
use serde::{Deserialize, Serialize};

/// How far ahead of block time a grant may end: ten years of 366 days, in milliseconds.
pub const GRANT_AHEAD_MS_MAX: u64 = 10 * 366 * 24 * 60 * 60 * 1000;

/// Lets an organisation read records of the sender at a custodian, for a time and a purpose.
///
/// Source: FHIR R4 `Consent.provision` (period, actor, purpose); its details stay off the ledger,
/// under the scope commitment.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantAccess {
    /// The grant: random.
    pub grant: GrantId,
    /// Who may read.
    pub grantee: AccountId,
    /// Where the records are.
    pub custodian: AccountId,
    /// Salted hash of the scope: which records. Its opening goes to the custodian.
    pub scope_commitment: Hash,
    /// What for.
    pub purpose: PurposeOfUse,
    /// From when on, inclusive, in block time.
    pub not_before: BlockTime,
    /// Until when, exclusive, in block time.
    pub not_after: BlockTime,
}

impl GrantAccess {
    /// Grants the access.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotAPatient`]: the sender is no person.
    /// 2. [`ConsentError::SameOrganisation`]: grantee and custodian are one.
    /// 3. [`ConsentError::WrongPeriod`]: the period is empty, over, or ends more than
    ///    [`GRANT_AHEAD_MS_MAX`] ahead.
    /// 4. [`ConsentError::InactiveGrantee`]: the grantee is no active organisation.
    /// 5. [`ConsentError::InactiveCustodian`]: nor is the custodian.
    /// 6. [`ConsentError::GrantExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let patient = ctx.sender();
        let is_person = identity::account(ctx.state(), patient)
            .is_some_and(|found| found.kind == AccountKind::Person);
        if !is_person {
            return Err(ConsentError::NotAPatient { account: patient });
        }
        let Self { grant, grantee, custodian, .. } = *self;
        if grantee == custodian {
            return Err(ConsentError::SameOrganisation);
        }
        self.check_period(ctx.time())?;
        if !identity::is_active_organisation(ctx.state(), grantee) {
            return Err(ConsentError::InactiveGrantee { grantee });
        }
        if !identity::is_active_organisation(ctx.state(), custodian) {
            return Err(ConsentError::InactiveCustodian { custodian });
        }
        if state::grant(ctx.state(), grant).is_some() {
            return Err(ConsentError::GrantExists { grant });
        }

        let stored = Grant {
            patient,
            grantee,
            custodian,
            scope_commitment: self.scope_commitment,
            purpose: self.purpose,
            not_before: self.not_before,
            not_after: self.not_after,
            number: state::grant_count(ctx.state(), patient),
            granted_at: ctx.time(),
            revoked_at: None,
        };
        state::put_grant(ctx.state(), grant, &stored);
        state::list_grant(ctx.state(), grant, &stored);
        ctx.emit(&ConsentEvent::AccessGranted {
            grant,
            patient,
            grantee,
            custodian,
            purpose: self.purpose,
            not_before: self.not_before,
            not_after: self.not_after,
        });
        Ok(())
    }

    fn check_period(&self, now: BlockTime) -> Result<(), ConsentError> {
        let Self { not_before, not_after, .. } = *self;
        let within = not_before < not_after
            && now < not_after
            && not_after <= now.after_ms(GRANT_AHEAD_MS_MAX);
        if within { Ok(()) } else { Err(ConsentError::WrongPeriod { not_before, not_after, now }) }
    }
}
