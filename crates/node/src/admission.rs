//! Admission: offers of this hospital, and the scopes of episodes that patients have opened with them.

use crate::{
    keys,
    records::{Gateway, from_vault, malformed, refusal},
};
use salus_api::records::{AdmissionAnswer, AdmissionOrder, RecordsRefusal};
use salus_consent::Basis;
use salus_vault::{
    Scope, ScopeOpening, VaultError,
    admission::{Invitation, InvitationError, Offer},
};

impl Gateway {
    /// Makes and signs an offer, and keeps what its scope is.
    pub(crate) async fn offer_admission(
        &self,
        order: AdmissionOrder,
    ) -> Result<AdmissionAnswer, RecordsRefusal> {
        let scope: Scope = serde_json::from_value(order.scope).map_err(malformed)?;
        let now = self.ledger.engine.status().await.time;
        if order.offered_until <= now || order.not_after <= now {
            return Err(refusal(InvitationError::Over.code(), "the times of the offer are over"));
        }
        let (until, offered) = (order.not_after, order.offered_until);
        let offer = Offer::new(self.organisation, &scope, order.mode, until, offered);
        let bytes = offer.signed_bytes(self.ledger.network_id);
        let signature = keys::sign(&self.signer, bytes).await;
        let signature = signature.map_err(|error| refusal(error.code(), &error))?;
        self.vault.keep_offer(&offer).await.map_err(from_vault)?;
        let episode = offer.episode();
        let invitation = Invitation { offer, key: self.signer.public(), signature };
        Ok(AdmissionAnswer { link: invitation.to_string(), episode })
    }

    /// The opening of a scope that this organisation has, or that it offered itself.
    pub(crate) async fn opening_of(
        &self,
        basis: Basis,
    ) -> Result<Option<ScopeOpening>, RecordsRefusal> {
        let found = self.vault.scope_opening(basis).await.map_err(from_vault)?;
        let (None, Basis::Episode(episode)) = (&found, basis) else { return Ok(found) };
        match self.vault.take_offer(episode).await {
            Ok(true) => self.vault.scope_opening(basis).await.map_err(from_vault),
            // Nobody has taken it, as far as this node knows.
            Ok(false) | Err(VaultError::NoEpisode) => Ok(None),
            Err(error) => Err(from_vault(error)),
        }
    }
}
