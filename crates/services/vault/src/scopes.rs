//! Openings of scopes: which records a grant, an episode or an emergency covers, kept sealed.
//!
//! Whoever releases has to have the opening. It is registered beforehand, or shown with the request:
//! what counts is that it opens the commitment on the ledger.

use crate::{
    Result, ScopeOpening, Vault, VaultError,
    error::Doing as _,
    read::{DECIDING, check_ahead},
};
use salus_consent::{Basis, ScopeOf};
use salus_types::{AccountId, Hash, Height, decode, encode};

const SCOPE_CONTEXT: &[u8] = b"scope/";
const EMERGENCY_CONTEXT: &[u8] = b"emergency-set/";

impl Vault {
    /// Keeps the opening of a scope, which the patient or who may read brings. The commitment is
    /// looked for at a height of at least `at_least`: that of whoever brings it.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::StaleRequest`], `at_least` is far ahead;
    /// [`VaultError::NoGrant`], [`VaultError::NoEpisode`], [`VaultError::NoEmergency`],
    /// [`VaultError::NoEmergencySet`]: the ledger has none; [`VaultError::GrantElsewhere`], this
    /// organisation is no party to it and has no records of the patient; [`VaultError::Erased`];
    /// [`VaultError::ScopeMismatch`]; [`VaultError::Storage`], [`VaultError::Ledger`].
    pub async fn register_scope(
        &self,
        of: ScopeOf,
        opening: &ScopeOpening,
        at_least: Height,
    ) -> Result<()> {
        let tip = self.ledger.tip().await.doing(DECIDING)?;
        check_ahead(at_least, tip)?;
        match of {
            ScopeOf::Basis(basis) => {
                let found = self.ledger.standing(basis, at_least).await.doing(DECIDING)?;
                let standing = found.value.ok_or_else(|| VaultError::unknown(basis))?;
                let patient = standing.patient;
                let here = match standing.holder {
                    Some(holder) => holder == self.organisation,
                    None => self.index.has_patient(patient).await?,
                };
                // Who may read keeps it too: it shows it where it asks.
                if !here && standing.accessor != self.organisation {
                    return Err(VaultError::GrantElsewhere);
                }
                if let Some(holder) = standing.holder {
                    self.check_not_erased_at(patient, holder).await?;
                }
                opening.opens(standing.scope_commitment)?;
                let sealed = self.keys.seal_small(&basis_context(basis), &encode(opening));
                self.index.put_scope(basis, patient, standing.not_after, &sealed).await
            }
            ScopeOf::EmergencySet(patient) => {
                let found = self.ledger.emergency_rules(patient, at_least).await.doing(DECIDING)?;
                let rules = found.value.ok_or(VaultError::NoEmergencySet)?;
                if !self.index.has_patient(patient).await? {
                    return Err(VaultError::GrantElsewhere);
                }
                opening.opens(rules.scope_commitment)?;
                let sealed = self.keys.seal_small(&set_context(patient), &encode(opening));
                self.index.put_emergency_set(patient, &sealed).await
            }
        }
    }

    /// The opening of a basis's scope, if it was registered here.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`], [`VaultError::Integrity`]: it could not be read or opened.
    pub async fn scope_opening(&self, basis: Basis) -> Result<Option<ScopeOpening>> {
        let sealed = self.index.scope(basis).await?;
        sealed.map(|sealed| self.open_scope(&basis_context(basis), &sealed)).transpose()
    }

    /// What opens the commitment of a basis: what was registered for it, what the patient keeps for
    /// emergencies, or what was shown.
    pub(crate) async fn opening_of(
        &self,
        basis: Basis,
        patient: AccountId,
        commitment: Hash,
        shown: Option<&ScopeOpening>,
    ) -> Result<ScopeOpening> {
        let opens = |opening: &ScopeOpening| opening.opens(commitment).is_ok();
        if let Some(opening) = self.scope_opening(basis).await?.filter(opens) {
            return Ok(opening);
        }
        if let Basis::Emergency(_) = basis
            && let Some(sealed) = self.index.emergency_set(patient).await?
        {
            let opening = self.open_scope(&set_context(patient), &sealed)?;
            if opens(&opening) {
                return Ok(opening);
            }
        }
        let shown = shown.ok_or(VaultError::Scope)?;
        shown.opens(commitment)?;
        Ok(shown.clone())
    }

    fn open_scope(&self, context: &[u8], sealed: &[u8]) -> Result<ScopeOpening> {
        let opening = self.keys.open_small(context, sealed)?;
        decode("scope opening", &opening)
            .map_err(|_| VaultError::Integrity { what: "the opening of a scope" })
    }
}

fn basis_context(basis: Basis) -> Vec<u8> {
    [SCOPE_CONTEXT, &encode(&basis)].concat()
}

fn set_context(patient: AccountId) -> Vec<u8> {
    [EMERGENCY_CONTEXT, &patient.0].concat()
}
