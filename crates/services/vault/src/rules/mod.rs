//! The patient's rules and the organisation's, asked at every read.
//!
//! The ledger says whether there is a basis for a read. Here it is asked what else must hold: no
//! consent of the patient that is kept here denies it, the consent that a grant names permits it, and
//! the rules of the organisation permit it, where it has any. All of them decide; none opens what
//! another closes.

mod consents;
mod denial;
mod explain;
mod facts;
mod house;
mod labels;

pub use explain::{ConsentSays, Explained, Why};
pub use house::{Act, HouseAsk, HouseDecision, HouseRules};
pub use labels::{LabelOrder, LabelledBy};

pub(crate) use consents::{CONSENTS_MAX, ConsentCache, context as consent_context};
pub(crate) use facts::{context as facts_context, facts_of};

use crate::{
    Result, Vault, VaultError, actor::Actor, error::Doing as _, index::records::StoredVersion,
    port::Tip, remote::OpenedRecord,
};
use consents::name_of;
use denial::Case;
use salus_consent::{Basis, PurposeOfUse, RecordId, Terms};
use salus_fhir::{
    Category,
    consent::Explanation,
    labels::{Facts, Labels},
};
use salus_types::{AccountId, BlockTime, Hash};
use std::sync::Arc;

/// The system of roles that an organisation names without one.
pub const ROLE_SYSTEM: &str = "urn:salus:role";
/// How consents name an account of the ledger: an identifier with this system.
pub(crate) const ACCOUNT_PREFIX: &str = "urn:salus:account|";
/// What for, by whom, and in what way a record is asked for, beside the record itself.
#[derive(Clone, Debug)]
pub struct Asking {
    /// What for.
    pub purpose: PurposeOfUse,
    /// Who in the organisation asks, where that is said.
    pub actor: Option<Arc<Actor>>,
    /// In what way.
    pub act: Act,
}

impl Asking {
    /// A read by nobody in particular.
    pub fn for_purpose(purpose: PurposeOfUse) -> Self {
        Self { purpose, actor: None, act: Act::Read }
    }

    /// The same, by somebody.
    #[must_use]
    pub fn by(self, actor: Option<Actor>) -> Self {
        Self { actor: actor.map(Arc::new), ..self }
    }

    /// The same, in another way.
    #[must_use]
    pub fn act(self, act: Act) -> Self {
        Self { act, ..self }
    }
}

impl From<PurposeOfUse> for Asking {
    fn from(purpose: PurposeOfUse) -> Self {
        Self::for_purpose(purpose)
    }
}

/// On what a read rests, as far as rules ask for it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rests {
    /// Whether it is an emergency by the ledger.
    pub(crate) emergency: bool,
    /// Whether records of marked classes are closed: an emergency that no second person has signed.
    pub(crate) unmarked_only: bool,
    /// The consent that a grant names.
    pub(crate) consent: Option<Hash>,
    /// When the episode ends.
    pub(crate) episode_ends: Option<BlockTime>,
}

impl Rests {
    /// On this basis with these terms.
    pub(crate) fn on(basis: Basis, terms: &Terms) -> Self {
        Self {
            emergency: matches!(basis, Basis::Emergency(_)),
            unmarked_only: !terms.marked,
            consent: terms.consent_commitment,
            episode_ends: matches!(basis, Basis::Episode(_)).then_some(terms.not_after),
        }
    }
}

/// What the rules say to a read.
pub(crate) struct Judged {
    /// Why consents deny it; none if they do not.
    pub(crate) denied: Option<Explanation>,
    /// What the organisation's rules say; none where it has none, or was not asked.
    pub(crate) house: Option<HouseDecision>,
    /// Whether it is of a marked class, and one person alone answers for the emergency.
    pub(crate) marked: bool,
    /// Whether records of the patient are released one at a time, because consents may tell them
    /// apart.
    pub(crate) narrow: bool,
}

impl Judged {
    /// As a refusal.
    pub(crate) fn allowed(&self) -> Result<()> {
        if self.denied.is_some() {
            return Err(VaultError::ConsentDenied);
        }
        match &self.house {
            Some(house) if !house.permitted => Err(VaultError::RuleDenied),
            Some(_) | None if self.marked => Err(VaultError::Marked),
            Some(_) | None => Ok(()),
        }
    }
}

impl Vault {
    /// Asks the consents of the patient, then the rules of the organisation, and in an emergency of one
    /// person the labels of the record.
    pub(crate) async fn judge(
        &self,
        accessor: AccountId,
        asking: &Asking,
        stored: &StoredVersion,
        rests: Rests,
        tip: Tip,
    ) -> Result<Judged> {
        let patient = stored.summary.patient;
        let consents = self.consents_of(patient).await?;
        let nobody_asks = consents.is_empty() && rests.consent.is_none() && self.house.is_none();
        if nobody_asks && !rests.unmarked_only {
            return Ok(Judged { denied: None, house: None, marked: false, narrow: false });
        }
        let facts = self.facts_for(stored, &consents).await?;
        // Of what could not be read nobody knows that it is not marked.
        let marked = rests.unmarked_only && (facts.labels.is_marked() || !facts.labelled);
        let case = Case { vault: self, accessor, asking, stored, rests, tip };
        let denied = case.denied(&consents, &facts);
        let house = self.house.as_ref().filter(|_| denied.is_none()).and_then(|house| {
            house.decide(&HouseAsk {
                accessor,
                actor: asking.actor.as_deref(),
                act: if accessor == self.organisation { asking.act } else { Act::Disclose },
                emergency: rests.emergency,
                record: stored.summary.record,
                patient,
                category: stored.summary.category,
                labels: &facts.labels,
                purpose: asking.purpose,
                episode_ends: rests.episode_ends,
                time: tip.time,
            })
        });
        Ok(Judged { denied, house, marked, narrow: !consents.is_empty() })
    }

    /// Asks the rules of the organisation whether somebody of it may create a record.
    pub(crate) async fn may_create(
        &self,
        asking: &Asking,
        (record, patient, category): (RecordId, AccountId, Category),
        labels: &Labels,
    ) -> Result<()> {
        let Some(house) = &self.house else { return Ok(()) };
        let tip = self.ledger.tip().await.doing("asking for the time")?;
        let decided = house.decide(&HouseAsk {
            accessor: self.organisation,
            actor: asking.actor.as_deref(),
            act: Act::Write,
            emergency: false,
            record,
            patient,
            category,
            labels,
            purpose: asking.purpose,
            episode_ends: None,
            time: tip.time,
        });
        if decided.is_none_or(|one| one.permitted) { Ok(()) } else { Err(VaultError::RuleDenied) }
    }

    /// Asks the rules of the organisation whether somebody of it may be shown what was read from
    /// another organisation. Only once it is open is it known what it is.
    ///
    /// # Errors
    ///
    /// [`VaultError::RuleDenied`]; [`VaultError::Ledger`].
    pub async fn may_show(
        &self,
        asking: &Asking,
        emergency: bool,
        patient: AccountId,
        opened: &OpenedRecord,
    ) -> Result<()> {
        let Some(house) = &self.house else { return Ok(()) };
        let unknown = || Facts::unknown(opened.resource_type);
        let labels = Facts::read(&opened.bytes).unwrap_or_else(|_| unknown()).labels;
        let tip = self.ledger.tip().await.doing("asking for the time")?;
        let decided = house.decide(&HouseAsk {
            accessor: self.organisation,
            actor: asking.actor.as_deref(),
            act: asking.act,
            emergency,
            record: opened.record,
            patient,
            category: opened.category,
            labels: &labels,
            purpose: asking.purpose,
            episode_ends: None,
            time: tip.time,
        });
        if decided.is_none_or(|one| one.permitted) { Ok(()) } else { Err(VaultError::RuleDenied) }
    }

    /// What consents may call an organisation.
    pub(super) fn names_of_organisation(&self, organisation: AccountId) -> Vec<String> {
        let mut names = vec![
            name_of(organisation),
            format!("did:salus:{}:{organisation}", self.ledger.network()),
            format!("Organization/{organisation}"),
        ];
        if let Some(house) = &self.house {
            names.extend(house.names_of(organisation));
        }
        names
    }
}
