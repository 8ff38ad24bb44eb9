//! The consents of a patient that this vault keeps: found, compiled, and remembered for a while.
//!
//! What was compiled is remembered by what it was compiled from: which versions of which Consents.
//! Each decision looks that up anew, so that a consent that was written, changed or erased counts at
//! once, and nobody has to say so.

use crate::{Result, Vault, error::Doing as _, index::consents::KeptConsent};
use salus_consent::RecordId;
use salus_fhir::{
    Rewrite,
    consent::{Consent, ConsentError, Consents, Place},
    labels::Coding,
};
use salus_types::{AccountId, Hash};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// Most consents of a patient.
pub(crate) const CONSENTS_MAX: usize = 256;
/// Most bytes of all consents of a patient.
const PATIENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most provisions of all consents of a patient.
const PROVISIONS_MAX: usize = 20_000;
/// Most bytes of all consents that are remembered compiled.
const REMEMBERED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The consents of a patient, compiled.
pub(crate) struct PatientConsents {
    /// What they were compiled from.
    from: Vec<(RecordId, u32)>,
    bytes: usize,
    pub(crate) set: Consents,
    pub(crate) asks_references: bool,
    /// What rules relate data to.
    pub(crate) related: Vec<String>,
    /// Whom denials name: references, and roles.
    pub(crate) denied: (Vec<String>, Vec<Coding>),
    /// In the order of the set.
    kept: Vec<Kept>,
}

/// A consent by itself, for a grant that names it.
struct Kept {
    commitment: Hash,
    alone: OnceLock<Option<Consents>>,
}

impl PatientConsents {
    /// Whether there is none at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.consents().is_empty()
    }

    /// The consent with this commitment alone, if it is in force.
    pub(crate) fn named(&self, commitment: Hash) -> Option<&Consents> {
        let at = self.kept.iter().position(|one| one.commitment == commitment)?;
        if !self.set.counts(at) {
            return None;
        }
        let alone = || Consents::new(vec![self.set.consents()[at].clone()]).ok();
        self.kept[at].alone.get_or_init(alone).as_ref()
    }
}

impl fmt::Debug for PatientConsents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} consents([redacted])", self.set.consents().len())
    }
}

/// The consents that are remembered compiled; the oldest are forgotten first.
#[derive(Default)]
pub(crate) struct ConsentCache {
    kept: Mutex<Remembered>,
    /// Consents are compiled for one patient at a time.
    compiling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Remembered {
    patients: HashMap<AccountId, Arc<PatientConsents>>,
    oldest_first: VecDeque<AccountId>,
    bytes: usize,
}

impl Remembered {
    fn forget(&mut self, patient: AccountId) {
        if let Some(gone) = self.patients.remove(&patient) {
            self.bytes -= gone.bytes;
            self.oldest_first.retain(|one| *one != patient);
        }
    }
}

impl ConsentCache {
    fn find(&self, patient: AccountId, from: &[(RecordId, u32)]) -> Option<Arc<PatientConsents>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.patients.get(&patient).filter(|one| one.from == from).cloned()
    }

    /// Forgets what is remembered of a patient.
    pub(crate) fn forget(&self, patient: AccountId) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).forget(patient);
    }

    fn remember(&self, patient: AccountId, consents: &Arc<PatientConsents>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(patient);
        kept.bytes += consents.bytes;
        kept.patients.insert(patient, Arc::clone(consents));
        kept.oldest_first.push_back(patient);
        while kept.bytes > REMEMBERED_BYTES_MAX && kept.patients.len() > 1 {
            let Some(oldest) = kept.oldest_first.front().copied() else { break };
            kept.forget(oldest);
        }
    }
}

impl fmt::Debug for ConsentCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsentCache([redacted])")
    }
}

/// A consent as it is to be compiled.
struct Source {
    id: String,
    commitment: Hash,
    /// None: it cannot be read.
    text: Option<String>,
}

impl Vault {
    /// The consents of a patient that are kept here, compiled.
    pub(crate) async fn consents_of(&self, patient: AccountId) -> Result<Arc<PatientConsents>> {
        let found = self.index.consents_of(patient).await?;
        let from: Vec<_> = found.iter().map(|one| (one.record, one.version)).collect();
        if let Some(known) = self.consents.find(patient, &from) {
            return Ok(known);
        }
        let _one_at_a_time = self.consents.compiling.lock().await;
        if let Some(known) = self.consents.find(patient, &from) {
            return Ok(known);
        }
        let bytes: usize = found.iter().map(|one| one.bytes).sum();
        let too_many = found.len() > CONSENTS_MAX || bytes > PATIENT_BYTES_MAX;
        let mut texts = Vec::with_capacity(found.len());
        for one in found {
            let text = if too_many { None } else { self.consent_text(patient, &one).await? };
            let id = one.record.to_string();
            texts.push(Source { id, commitment: one.commitment, text });
        }
        let patient_name = name_of(patient);
        let compiled =
            tokio::task::spawn_blocking(move || compile(&patient_name, &texts, too_many))
                .await
                .doing("compiling consents")?;
        let (set, kept) = compiled;
        let bytes = bytes.min(PATIENT_BYTES_MAX) + 1024;
        let denied = set.denied_actors();
        let references = denied.references.into_iter().map(str::to_owned).collect();
        let roles = denied.roles.iter().map(|role| Coding::new(role.system, role.code)).collect();
        let compiled = Arc::new(PatientConsents {
            from,
            bytes,
            asks_references: set.asks_references(),
            related: set.related().into_iter().map(str::to_owned).collect(),
            denied: (references, roles),
            set,
            kept,
        });
        self.consents.remember(patient, &compiled);
        Ok(compiled)
    }

    /// The text of a consent with the ids of here; none if it is not to be read.
    async fn consent_text(&self, patient: AccountId, kept: &KeptConsent) -> Result<Option<String>> {
        let sealed = self.index.consent_text(kept.record, kept.version).await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = self.keys.open_small(&context(kept.record, kept.version), &sealed)?;
        let Ok(text) = std::str::from_utf8(&plain) else { return Ok(None) };
        let Ok((names, _)) = self.names(patient, text).await else { return Ok(None) };
        let id = kept.record.to_string();
        let rewrite = Rewrite { id: &id, version: None };
        Ok(rewrite.apply(text, |reference| names.get(reference).cloned()))
    }
}

/// What decisions call a patient.
pub(crate) fn name_of(patient: AccountId) -> String {
    format!("{}{patient}", super::ACCOUNT_PREFIX)
}

/// To what the sealed text of a consent is bound.
pub(crate) fn context(record: RecordId, version: u32) -> Vec<u8> {
    [b"consent/".as_slice(), record.as_bytes(), &version.to_be_bytes()].concat()
}

/// What cannot be understood denies everything of the patient, each consent for itself; consents that
/// contradict one another, and too many of them, all together.
fn compile(patient: &str, texts: &[Source], too_many: bool) -> (Consents, Vec<Kept>) {
    let kept: Vec<Kept> = texts
        .iter()
        .map(|one| Kept { commitment: one.commitment, alone: OnceLock::new() })
        .collect();
    let refused = |id: &str, at: &Place| Consent::not_understood(id, patient, at);
    let read = |one: &Source| match one.text.as_deref().map(understood) {
        Some(Ok(consent)) => consent.about(patient),
        Some(Err(error)) => refused(&one.id, &error.at),
        None => refused(&one.id, &Place::default()),
    };
    let all_refused = |texts: &[Source]| {
        let refused = texts.iter().map(|one| refused(&one.id, &Place::default())).collect();
        Consents::new(refused).unwrap_or_else(|_| nothing_understood(patient))
    };
    if too_many {
        return (nothing_understood(patient), Vec::new());
    }
    let consents: Vec<Consent> = texts.iter().map(read).collect();
    if consents.iter().map(Consent::provisions).sum::<usize>() > PROVISIONS_MAX {
        return (all_refused(texts), kept);
    }
    match Consents::new(consents) {
        Ok(set) => (set, kept),
        Err(_) => (all_refused(texts), kept),
    }
}

fn understood(text: &str) -> Result<Consent, ConsentError> {
    Consent::from_json(text.as_bytes())
}

fn nothing_understood(patient: &str) -> Consents {
    let refused = Consent::not_understood("all", patient, &Place::default());
    Consents::new(vec![refused]).expect("one consent contradicts no other")
}
