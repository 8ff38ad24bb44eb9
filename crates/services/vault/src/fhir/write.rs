//! Writing resources: several together, all or nothing, sealed and anchored before the answer.
//!
//! ```text
//! check ─▶ give ids ─▶ rewrite references ─▶ find patients ─▶ seal ─▶ stage ─▶ accept ─▶ anchor
//! ```

use super::names::{named, record_of};
use crate::{
    ImportOptions, Result, Vault, VaultError,
    error::Doing as _,
    import::{
        claims::Claimed,
        patients::Patients,
        sealing::{FINGERPRINT_DOMAIN, Planned, RECORD_SOURCE_DOMAIN},
    },
    index::{patients::NewPatient, staging::ImportId},
    keys::new_record_id,
    rules::Asking,
};
use salus_consent::RecordId;
use salus_crypto::{random, sign::SigningKey};
use salus_fhir::{
    Entry, FhirError, Position, ResourceType, ResourceView, Rewrite,
    labels::Facts,
    rest::{Effect, Resource, Target, Write, Written},
};
use salus_types::{AccountId, Hash, Height, Salt, SignatureAlgorithm};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Most resources that are written together.
const WRITES_MAX: usize = 5_000;
/// Resources in one pack.
const PACK_RECORDS: usize = 256;

/// A resource on its way.
struct Draft {
    write: Write,
    record: RecordId,
    new: bool,
    /// The text as it is sealed.
    text: String,
    /// What is to be done; unchanged ones are not sealed.
    effect: Effect,
    /// Whose it is, for those that are here already.
    patient: Option<AccountId>,
}

fn refuse(position: usize, reason: impl Into<String>) -> VaultError {
    let entry = u32::try_from(position + 1).ok();
    VaultError::Fhir(FhirError::NotFhir {
        at: Position { entry, offset: 0 },
        reason: reason.into(),
    })
}

impl Vault {
    /// Writes resources: all of them or none. Returns when every new version is anchored. Goes on to
    /// its end even if the caller does not wait.
    ///
    /// # Errors
    ///
    /// The first that applies, and nothing is written:
    ///
    /// 1. [`VaultError::Fhir`]: a resource is none of R4's, is of another type or id than the request
    ///    says, refers to a `urn:` that is not sent with it, or belongs to no patient of this vault.
    /// 2. [`VaultError::UnknownRecord`], [`VaultError::VersionConflict`]: what is to be changed is not
    ///    here, or has changed.
    /// 3. [`VaultError::ConsentDenied`], [`VaultError::RuleDenied`]: who asks may not read what is to be
    ///    changed, or may not write.
    /// 4. [`VaultError::AmbiguousCondition`]: several resources meet the condition of a create.
    ///
    /// [`VaultError::Storage`], [`VaultError::Busy`]: nothing is written. [`VaultError::Ledger`]:
    /// everything is sealed, and [`Self::resume`] anchors it.
    pub async fn write(
        self: &Arc<Self>,
        writes: Vec<Write>,
        asking: &Asking,
    ) -> Result<Vec<Written>> {
        let (vault, asking) = (Arc::clone(self), asking.clone());
        tokio::spawn(async move { vault.write_all(writes, &asking).await })
            .await
            .map_err(|source| VaultError::Storage { doing: "a write", source: source.into() })?
    }

    async fn write_all(&self, writes: Vec<Write>, asking: &Asking) -> Result<Vec<Written>> {
        let _turn = self.imports.acquire().await.map_err(|_| crate::import::closed())?;
        if writes.len() > WRITES_MAX {
            return Err(refuse(WRITES_MAX, "too many resources are written together"));
        }
        let mut drafts = Vec::with_capacity(writes.len());
        for (position, write) in writes.into_iter().enumerate() {
            drafts.push(self.draft(position, write, asking).await?);
        }
        link(&mut drafts)?;
        let patients = self.owners(&mut drafts).await?;
        for ((position, draft), patient) in drafts.iter().enumerate().zip(&patients) {
            if draft.new {
                let resource_type = draft.write.resource_type;
                let labels = Facts::read(draft.text.as_bytes());
                let labels =
                    labels.map_err(|_| refuse(position, "it is no resource of R4"))?.labels;
                let record = (draft.record, *patient, resource_type.category());
                self.may_create(asking, record, &labels).await?;
            }
        }
        let mut claimed = self.claims.none();
        for patient in patients.iter().collect::<BTreeSet<_>>() {
            claimed.claim(Hash(patient.0)).await?;
        }
        let import: ImportId = random();
        self.index.begin_import(&import).await?;
        if let Err(error) = self.stage_drafts(&import, &mut drafts, &patients, &mut claimed).await {
            if let Err(error) = self.give_up(&import).await {
                tracing::warn!(code = error.code(), "a write that failed is removed later");
            }
            return Err(error);
        }
        self.index.accept_import(&import).await?;
        self.register(Some(&patients)).await?;
        self.anchor_waiting(Some(&patients)).await?;
        let mut written = Vec::with_capacity(drafts.len());
        for (draft, patient) in drafts.into_iter().zip(patients) {
            written.push(self.written(draft, patient, asking).await?);
        }
        Ok(written)
    }

    /// Checks what can be told of one resource alone, and gives it its id.
    async fn draft(&self, position: usize, write: Write, asking: &Asking) -> Result<Draft> {
        if write.text.len() > self.limits.entry_bytes_max {
            return Err(VaultError::Fhir(FhirError::TooLarge {
                at: Position::default(),
                what: "the size of one entry in bytes",
                max: self.limits.entry_bytes_max as u64,
            }));
        }
        let view = view(position, &write.text)?;
        if view.resource_type != write.resource_type {
            return Err(refuse(position, "it is of another type than the request says"));
        }
        let (record, new, effect, patient) = match &write.target {
            Target::Create(None) => (new_record_id(), true, Effect::Created, None),
            Target::Create(Some(condition)) => match &self.matches(condition, asking).await?[..] {
                [] => (new_record_id(), true, Effect::Created, None),
                [there] => {
                    let patient = self.index.patient_of(*there).await?;
                    (*there, false, Effect::Unchanged, patient)
                }
                _ => return Err(VaultError::AmbiguousCondition),
            },
            Target::Update { id, version } => {
                if view.id.as_deref() != Some(id) {
                    return Err(refuse(position, "its id is not the one of the request"));
                }
                let record = record_of(id)?;
                let stored = self.index.latest(record).await?;
                let stored = stored.filter(|one| one.summary.resource_type == write.resource_type);
                let stored = stored.ok_or(VaultError::UnknownRecord)?;
                self.decide(&self.own(record, asking), &stored, Height(0)).await?;
                if version.is_some_and(|version| version != stored.summary.version) {
                    return Err(VaultError::VersionConflict);
                }
                (record, false, Effect::Updated, Some(stored.summary.patient))
            }
        };
        Ok(Draft { write, record, new, text: String::new(), effect, patient })
    }

    /// Whose each resource is. New patients are those of new Patient resources.
    async fn owners(&self, drafts: &mut [Draft]) -> Result<Vec<AccountId>> {
        let mut opened: HashMap<RecordId, AccountId> = HashMap::new();
        for draft in drafts.iter_mut() {
            if draft.new && draft.write.resource_type == ResourceType::PATIENT {
                let account = self.open_patient().await?;
                opened.insert(draft.record, account);
                draft.patient = Some(account);
            }
        }
        let mut owners = Vec::with_capacity(drafts.len());
        for (position, draft) in drafts.iter().enumerate() {
            let view = view(position, &draft.text)?;
            let named = match view.patient.as_deref().and_then(named) {
                Some((ResourceType::PATIENT, record)) => match opened.get(&record) {
                    Some(account) => Some(*account),
                    None => self.index.patient_of(record).await?,
                },
                _ => None,
            };
            owners.push(match (draft.patient, named) {
                (Some(owner), Some(named)) if owner != named => {
                    return Err(refuse(position, "it would belong to another patient"));
                }
                (Some(owner), _) | (None, Some(owner)) => Some(owner),
                (None, None) => None,
            });
        }
        // One that names nobody belongs to the only patient of what is written together.
        let known: BTreeSet<AccountId> = owners.iter().flatten().copied().collect();
        let only = (known.len() == 1).then(|| known.first().copied()).flatten();
        owners
            .into_iter()
            .enumerate()
            .map(|(position, owner)| {
                owner.or(only).ok_or_else(|| {
                    let entry = u32::try_from(position + 1).ok();
                    VaultError::Fhir(FhirError::NoPatient {
                        at: Position { entry, offset: 0 },
                        reason: "it names no Patient of this vault",
                    })
                })
            })
            .collect()
    }

    /// Opens an assisted account for a patient who is new here.
    async fn open_patient(&self) -> Result<AccountId> {
        let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        let (public, salt) = (key.public(), Salt(random()));
        let account = AccountId::derive(self.ledger.network(), &public, salt);
        let wrapped = self.keys.wrap_patient_key(account, &key);
        let assisted = Some((&public, salt, wrapped));
        let new = NewPatient { patient: account, assisted, sealing_key: None };
        self.index.put_patient(new, &[]).await?;
        Ok(account)
    }

    async fn stage_drafts(
        &self,
        import: &ImportId,
        drafts: &mut [Draft],
        owners: &[AccountId],
        claimed: &mut Claimed<'_>,
    ) -> Result<()> {
        let options = ImportOptions::default();
        let mut patients = Patients::new(self, &options, claimed);
        let wanted: Vec<_> = drafts
            .iter()
            .zip(owners)
            .map(|(draft, owner)| (*owner, draft.write.resource_type.category()))
            .collect();
        patients.open_keys(&wanted).await?;
        let mut plan = Vec::new();
        for (position, (draft, owner)) in drafts.iter_mut().zip(owners).enumerate() {
            let fingerprint =
                self.keys.blind(FINGERPRINT_DOMAIN, &[&owner.0, draft.text.as_bytes()]);
            let name = format!("{}/{}", draft.write.resource_type, draft.record);
            let mut source = self.keys.blind(RECORD_SOURCE_DOMAIN, &[&owner.0, name.as_bytes()]);
            let mut version = 1;
            if !draft.new {
                // Asked again now that nobody else writes this patient.
                let newest = self.index.newest(draft.record).await?;
                let (number, of, same) = newest.ok_or(VaultError::UnknownRecord)?;
                if draft.effect == Effect::Unchanged || same == fingerprint {
                    draft.effect = Effect::Unchanged;
                    continue;
                }
                if let Target::Update { version: Some(said), .. } = &draft.write.target
                    && *said != number
                {
                    return Err(VaultError::VersionConflict);
                }
                (version, source) = (number + 1, of);
            }
            let category = draft.write.resource_type.category();
            plan.push(Planned {
                record: draft.record,
                version,
                patient: *owner,
                source,
                fingerprint,
                category_key: patients.key(*owner, category)?,
                entry: Entry {
                    at: Position::default(),
                    bytes: draft.text.clone().into_bytes(),
                    full_url: None,
                    view: view(position, &draft.text)?,
                },
            });
        }
        let mut number = 0;
        while !plan.is_empty() {
            let rest = plan.split_off(plan.len().min(PACK_RECORDS));
            self.seal_and_stage(*import, number, plan).await?;
            (plan, number) = (rest, number + 1);
        }
        Ok(())
    }

    /// What is told of a resource that was written. What was sent needs no account; what was there
    /// already is read.
    async fn written(&self, draft: Draft, patient: AccountId, asking: &Asking) -> Result<Written> {
        let id = draft.record.to_string();
        if matches!(draft.write.target, Target::Create(Some(_))) && !draft.new {
            let found = self.resource(draft.write.resource_type, &id, None, asking).await?;
            return Ok(Written { resource: found, effect: Effect::Unchanged });
        }
        let stored = self.index.latest(draft.record).await?.ok_or(VaultError::NotAnchored)?;
        let version = stored.summary.version;
        let anchor = self.ledger.record_version(draft.record, version, Height(0)).await;
        let anchor = anchor.doing("asking for the anchor of a resource")?.value;
        let anchor = anchor.filter(|anchor| anchor.patient == patient);
        let last_updated_ms = anchor.ok_or(VaultError::NotAnchored)?.version.anchored_at.unix_ms();
        let rewrite = Rewrite { id: &id, version: Some((version, last_updated_ms)) };
        let (names, _) = self.names(patient, &draft.text).await?;
        let text = rewrite.apply(&draft.text, |reference| names.get(reference).cloned());
        let resource = Resource {
            resource_type: draft.write.resource_type,
            version,
            last_updated_ms,
            text: text.ok_or_else(super::names::damaged)?,
            id,
        };
        Ok(Written { resource, effect: draft.effect })
    }
}

/// Looks at a resource.
fn view(position: usize, text: &str) -> Result<ResourceView> {
    ResourceView::of(text).map_err(|error| {
        let entry = u32::try_from(position + 1).ok();
        let at = Position { entry, offset: 0 };
        if error.is_data() {
            refuse(position, error.to_string())
        } else {
            VaultError::Fhir(FhirError::NotJson { at, reason: error.to_string() })
        }
    })
}

/// Gives every resource its id, and what they call each other the ids of here.
fn link(drafts: &mut [Draft]) -> Result<()> {
    let names: HashMap<String, String> = drafts
        .iter()
        .filter_map(|draft| {
            let url = draft.write.full_url.clone()?;
            Some((url, format!("{}/{}", draft.write.resource_type, draft.record)))
        })
        .collect();
    for (position, draft) in drafts.iter_mut().enumerate() {
        let id = draft.record.to_string();
        let rewrite = Rewrite { id: &id, version: None };
        let mut broken = false;
        let text = rewrite.apply(&draft.write.text, |reference| {
            let name = names.get(reference).cloned();
            broken |= name.is_none() && draft.new && reference.starts_with("urn:");
            name
        });
        if broken {
            let entry = u32::try_from(position + 1).ok();
            let at = Position { entry, offset: 0 };
            return Err(VaultError::Fhir(FhirError::BrokenReference { at }));
        }
        draft.text = text.ok_or_else(|| refuse(position, "it is no resource"))?;
    }
    Ok(())
}
