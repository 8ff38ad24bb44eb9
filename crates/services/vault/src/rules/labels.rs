//! Labels that people set on records: kept beside them, sealed, all of them.
//!
//! A clinician's labels take the place of those that a resource has of its own and by its codes, for
//! the version that the clinician saw and those before; of a later version they only raise them. The
//! patient's only ever raise.

use crate::{Result, Vault, VaultError, error::Doing as _};
use salus_consent::RecordId;
use salus_fhir::{
    consent::Moment,
    labels::{Labelling, LabellingError, Labels, Override},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most times that labels of a record are set.
const SETS_MAX: usize = 64;
/// Longest name of who sets labels, in bytes.
const WHO_BYTES_MAX: usize = 256;
/// Most labels of other systems that are set at once, and their longest part.
const OTHERS_MAX: usize = 32;
const CODE_BYTES_MAX: usize = 256;

/// In what part labels are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelledBy {
    /// A clinician: they take the place of the resource's own.
    Clinician,
    /// The patient: they only raise.
    Patient,
}

/// Labels as they are to be set.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelOrder {
    /// In what part.
    pub by: LabelledBy,
    /// Who, as a reference.
    pub who: String,
    /// Why, in words.
    pub reason: String,
    /// The labels.
    pub labels: Labels,
}

impl fmt::Debug for LabelOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LabelOrder([redacted])")
    }
}

/// All that was set for a record, oldest first.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelSets(Vec<LabelSet>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelSet {
    by: LabelledBy,
    /// The version that was the latest then.
    version: u32,
    set: Override,
}

impl LabelSets {
    /// The labels that count of a version that has `base` of its own and by its codes.
    pub(crate) fn effective(&self, base: &Labels, version: u32) -> Labels {
        let clinician = self.0.iter().rfind(|one| one.by == LabelledBy::Clinician);
        let mut base = base.clone();
        let in_place = clinician.filter(|one| one.version >= version);
        if let (None, Some(earlier)) = (in_place, clinician) {
            base.raise(&earlier.set.labels);
        }
        let mut labelling = Labelling::new(base);
        let patient = self.0.iter().rfind(|one| one.by == LabelledBy::Patient);
        // They were checked when they were set.
        if let Some(one) = in_place {
            let _ = labelling.set_by_clinician(one.set.clone());
        }
        if let Some(one) = patient {
            let _ = labelling.raise_by_patient(one.set.clone());
        }
        labelling.effective()
    }
}

impl Vault {
    /// Sets labels of a record. Who, when and why is kept with all that was set before.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::UnknownRecord`]; [`VaultError::Labels`], it is not said
    /// who or why, or a clinician does not say how confidential it is; [`VaultError::TooManyLabels`];
    /// [`VaultError::Storage`], [`VaultError::Ledger`].
    pub async fn set_labels(&self, record: RecordId, order: LabelOrder) -> Result<()> {
        let stored = self.index.latest(record).await?.ok_or(VaultError::UnknownRecord)?;
        check(&order)?;
        let _one_at_a_time = self.labelling.lock().await;
        let mut sets = match self.index.labels(record).await? {
            Some(sealed) => self.label_sets(record, &sealed)?,
            None => LabelSets::default(),
        };
        if sets.0.len() >= SETS_MAX {
            return Err(VaultError::TooManyLabels);
        }
        let now = self.ledger.tip().await.doing("asking for the time")?.time;
        let set = Override {
            who: order.who.into(),
            at: Moment::from_unix_ms(i64::try_from(now.unix_ms()).unwrap_or(i64::MAX)),
            reason: order.reason.into(),
            labels: order.labels,
        };
        let mut tried = Labelling::default();
        match order.by {
            LabelledBy::Clinician => tried.set_by_clinician(set.clone())?,
            LabelledBy::Patient => tried.raise_by_patient(set.clone())?,
        }
        sets.0.push(LabelSet { by: order.by, version: stored.summary.version, set });
        let plain = serde_json::to_vec(&sets).map_err(|_| damaged())?;
        let sealed = self.keys.seal_small(&context(record), &plain);
        self.index.set_labels(record, &sealed).await
    }

    pub(super) fn label_sets(&self, record: RecordId, sealed: &[u8]) -> Result<LabelSets> {
        let plain = self.keys.open_small(&context(record), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| damaged())
    }
}

fn check(order: &LabelOrder) -> Result<(), LabellingError> {
    let others = &order.labels.others;
    let long = |text: &str| text.is_empty() || text.len() > CODE_BYTES_MAX;
    if others.len() > OTHERS_MAX || others.iter().any(|one| long(&one.system) || long(&one.code)) {
        return Err(LabellingError::Others);
    }
    if order.who.len() > WHO_BYTES_MAX { Err(LabellingError::Who) } else { Ok(()) }
}

fn context(record: RecordId) -> Vec<u8> {
    [b"labels/".as_slice(), record.as_bytes()].concat()
}

fn damaged() -> VaultError {
    VaultError::Integrity { what: "the labels of a record" }
}
