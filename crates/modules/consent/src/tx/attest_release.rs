//! A custodian's word that it released its share.

use crate::{
    ConsentError, ConsentEvent, RequestId,
    allowed::release_allowed,
    state::{self, Attestation},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::Hash;
use serde::{Deserialize, Serialize};

/// Says which sealed share the sender, a custodian, releases for a request. In emergencies custodians
/// do so first and release after; else it is their choice.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestRelease {
    /// The request.
    pub request: RequestId,
    /// Hash of the sealed share.
    pub share_digest: Hash,
}

impl AttestRelease {
    /// Notes it.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownRequest`], [`ConsentError::RequestExpired`],
    ///    [`ConsentError::ArrangementRetired`], and whatever else ends the release: see
    ///    [`release_allowed`].
    /// 2. [`ConsentError::NotShareCustodian`]: the sender holds no share of this arrangement.
    /// 3. [`ConsentError::AlreadyAttested`]: it did so before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { request, share_digest } = *self;
        let (custodian, now) = (ctx.sender(), ctx.time());
        let release = release_allowed(ctx.state(), request, now)?;
        let holds_share = state::arrangement(ctx.state(), release.arrangement)
            .is_some_and(|found| found.custodians.contains(&custodian));
        if !holds_share {
            return Err(ConsentError::NotShareCustodian { account: custodian });
        }
        if state::attestation(ctx.state(), request, custodian).is_some() {
            return Err(ConsentError::AlreadyAttested { request });
        }

        let attestation = Attestation { share_digest, attested_at: now };
        state::put_attestation(ctx.state(), request, custodian, &attestation);
        ctx.emit(&ConsentEvent::ReleaseAttested { request, custodian, share_digest });
        Ok(())
    }
}
