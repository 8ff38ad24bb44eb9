//! Why a read is refused, for the patient and for the holder: which provision of which consent, which
//! rule of the organisation. Whoever asks from elsewhere is told the code alone.

use super::{Asking, Rests};
use crate::{Result, Vault, error::Doing as _, rules::HouseDecision};
use salus_consent::{Basis, RecordId};
use salus_fhir::consent::Explanation;
use salus_types::{AccountId, Height};
use serde::{Deserialize, Serialize};

/// What is to be explained: a read that somebody might ask for.
#[derive(Clone, Debug)]
pub struct Why {
    /// The record.
    pub record: RecordId,
    /// The organisation that would ask.
    pub accessor: AccountId,
    /// On what it would rest; nothing for an own read.
    pub basis: Option<Basis>,
    /// What for, by whom, in what way.
    pub asking: Asking,
}

/// Why the consents of the patient deny it. It names a consent and a place in it, and no content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentSays {
    /// `provision`, `obscure_element`, `no_provision`, `not_covered` or `named_consent`.
    pub reason: String,
    /// The record of the Consent that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The place in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The same in words.
    pub words: String,
}

impl From<Explanation> for ConsentSays {
    fn from(one: Explanation) -> Self {
        let Explanation { reason, consent, place, words, .. } = one;
        Self { reason: reason.to_owned(), consent, place, words }
    }
}

/// How it would be decided, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Whether it would be allowed now.
    pub permitted: bool,
    /// The code with which it would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provision of a consent that denies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentSays>,
    /// The rules of the organisation that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<HouseDecision>,
}

impl Vault {
    /// Says how a read would be decided now, and by what. Nothing of the record is shown, so nothing is
    /// accounted for; it tells something of labels and codes, and is for the patient and the holder.
    ///
    /// # Errors
    ///
    /// The first that applies: [`crate::VaultError::UnknownRecord`],
    /// [`crate::VaultError::NotAnchored`]; [`crate::VaultError::Storage`],
    /// [`crate::VaultError::Ledger`], [`crate::VaultError::Integrity`].
    pub async fn explain(&self, why: &Why) -> Result<Explained> {
        let stored = self.stored(why.record).await?;
        let ask = crate::read::Ask {
            record: why.record,
            accessor: why.accessor,
            basis: why.basis,
            scope: None,
            asking: why.asking.clone(),
            at_least: Height(0),
            request: None,
        };
        let emergency = matches!(why.basis, Some(Basis::Emergency(_)));
        let (no_basis, rests, tip) = match self.on_ledger(&ask, &stored, Height(0)).await {
            Ok((allowed, rests)) => (None, rests, allowed.tip),
            Err(refusal) if refusal.is_refusal() => {
                let tip = self.ledger.tip().await.doing("asking for the time")?;
                (Some(refusal), Rests { emergency, ..Rests::default() }, tip)
            }
            Err(error) => return Err(error),
        };
        let judged = self.judge(why.accessor, &why.asking, &stored, rests, tip).await?;
        let code = no_basis.or_else(|| judged.allowed().err());
        Ok(Explained {
            permitted: code.is_none(),
            code: code.map(|refusal| refusal.code().to_owned()),
            consent: judged.denied.map(ConsentSays::from),
            rules: judged.house,
        })
    }
}
