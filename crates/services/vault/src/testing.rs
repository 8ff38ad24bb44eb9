//! A ledger in memory, with a clock that the test sets, that keeps the rules of `salus-consent` as
//! far as the vault meets them.

mod erasures;
mod terms;

use crate::port::{
    AnchoredVersion, AssistedPatient, At, ConsentLedger, LedgerError, OrganisationView, Tip,
};
use async_trait::async_trait;
use salus_consent::{
    ArrangementId, Ask, Basis, ConsentError, EmergencyId, EpisodeId, ErasureId, GrantId, RecordId,
    ReleaseMode, RequestId, Standing, Terms,
    query::ReleaseView,
    state::{
        AccessBatch, Arrangement, Emergency, EmergencyRules, Episode, Erasure, Grant,
        RecordVersion, Release,
    },
    tx::{AccountAccess, AnchorRecord, AttestErasure, RequestRelease},
};
use salus_types::{AccountId, BlockTime, Height, NetworkId};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What goes wrong with the next transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It is not taken.
    Unavailable,
    /// It becomes final, and the sender does not learn it.
    LostAnswer,
    /// It never becomes final, and the sender does not learn it.
    LostRequest,
}

/// What is on the ledger, for tests to look at and to change.
#[derive(Default)]
pub struct Facts {
    /// The height; every transaction makes a block.
    pub height: u64,
    /// Time of the latest block, in milliseconds.
    pub time_ms: u64,
    /// Registered persons.
    pub persons: HashSet<AccountId>,
    /// Versions of records, first to last.
    pub records: HashMap<RecordId, Vec<AnchoredVersion>>,
    /// Grants.
    pub grants: HashMap<GrantId, Grant>,
    /// Episodes.
    pub episodes: HashMap<EpisodeId, Episode>,
    /// Emergencies.
    pub emergencies: HashMap<EmergencyId, Emergency>,
    /// What patients allow in emergencies.
    pub emergency_rules: HashMap<AccountId, EmergencyRules>,
    /// Accounts of accesses of each patient, in order.
    pub accounts: HashMap<AccountId, Vec<AccessBatch>>,
    /// Arrangements with custodians.
    pub arrangements: HashMap<ArrangementId, Arrangement>,
    /// Requests for release.
    pub releases: HashMap<RequestId, Release>,
    /// Organisations.
    pub organisations: HashMap<AccountId, OrganisationView>,
    /// Requests for erasure.
    pub erasures: HashMap<ErasureId, Erasure>,
    /// Records that were erased by themselves.
    pub erased_records: HashSet<RecordId>,
    /// What was attested, in order.
    pub attested: Vec<AttestErasure>,
    /// What goes wrong with the next transactions, one after the other.
    pub mishaps: VecDeque<Mishap>,
    /// Grants that are revoked in the block after the next account of accesses.
    pub revoke_after_account: Vec<GrantId>,
    /// Transactions so far.
    pub transactions: u64,
}

/// The ledger of one custodian's vault.
#[derive(Clone)]
pub struct FakeLedger {
    network: NetworkId,
    custodian: AccountId,
    facts: Arc<Mutex<Facts>>,
}

impl FakeLedger {
    /// A ledger at height 1 and one million milliseconds.
    pub fn new(custodian: AccountId) -> Self {
        let facts = Facts { height: 1, time_ms: 1_000_000, ..Facts::default() };
        Self { network: NetworkId([7; 32]), custodian, facts: Arc::new(Mutex::new(facts)) }
    }

    /// The same ledger, as the vault of another organisation has it.
    #[must_use]
    pub fn of(&self, custodian: AccountId) -> Self {
        Self { custodian, ..self.clone() }
    }

    /// What is on the ledger.
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an empty block `ms` later.
    pub fn advance(&self, ms: u64) {
        let mut facts = self.facts();
        facts.height += 1;
        facts.time_ms += ms;
    }

    /// Revokes a grant.
    pub fn revoke(&self, grant: GrantId) {
        let mut facts = self.facts();
        let now = BlockTime::from_unix_ms(facts.time_ms);
        if let Some(grant) = facts.grants.get_mut(&grant) {
            grant.revoked_at = Some(now);
        }
    }

    fn write(
        &self,
        change: impl FnOnce(&mut Facts) -> Result<(), LedgerError>,
    ) -> Result<Tip, LedgerError> {
        let mut facts = self.facts();
        let mishap = facts.mishaps.pop_front();
        let detail = "by order of the test".to_owned();
        match mishap {
            Some(Mishap::Unavailable) => return Err(LedgerError::Unavailable { detail }),
            Some(Mishap::LostRequest) => return Err(LedgerError::Unknown { detail }),
            Some(Mishap::LostAnswer) | None => {}
        }
        facts.height += 1;
        facts.time_ms += 1;
        facts.transactions += 1;
        change(&mut facts)?;
        let tip = tip(&facts);
        match mishap {
            Some(_) => Err(LedgerError::Unknown { detail }),
            None => Ok(tip),
        }
    }
}

fn tip(facts: &Facts) -> Tip {
    Tip { height: Height(facts.height), time: BlockTime::from_unix_ms(facts.time_ms) }
}

fn refused(code: &str) -> LedgerError {
    LedgerError::Refused { code: code.to_owned(), detail: "refused by the fake ledger".to_owned() }
}

fn next(facts: &Facts, patient: AccountId) -> u64 {
    let last = facts.accounts.get(&patient).and_then(|batches| batches.last());
    last.map_or(1, |batch| batch.first_sequence + u64::from(batch.count))
}

/// A refusal because of what an access rests on.
fn denied(error: &ConsentError) -> LedgerError {
    LedgerError::Refused { code: "consent.denied".to_owned(), detail: error.to_string() }
}

fn account(facts: &mut Facts, holder: AccountId, call: &AccountAccess) -> Result<(), LedgerError> {
    let now = tip(facts).time;
    if let Some(basis) = call.basis {
        let (patient, accessor) = (call.patient, holder);
        let purpose = salus_consent::PurposeOfUse::Treatment;
        let ask = Ask { patient, holder, accessor, basis, purpose };
        terms::terms(facts, basis, &ask).map_err(|error| denied(&error))?;
    }
    if call.first_sequence != next(facts, call.patient) {
        return Err(refused("consent.wrong_sequence"));
    }
    facts.accounts.entry(call.patient).or_default().push(AccessBatch {
        basis: call.basis,
        first_sequence: call.first_sequence,
        count: call.count,
        leaves_root: call.leaves_root,
        accounted_at: now,
    });
    Ok(())
}

#[async_trait]
impl ConsentLedger for FakeLedger {
    fn network(&self) -> NetworkId {
        self.network
    }

    async fn tip(&self) -> Result<Tip, LedgerError> {
        Ok(tip(&self.facts()))
    }

    async fn register_patients(&self, patients: Vec<AssistedPatient>) -> Result<Tip, LedgerError> {
        self.write(|facts| {
            if patients.iter().any(|one| facts.persons.contains(&one.account)) {
                return Err(refused("identity.account_exists"));
            }
            facts.persons.extend(patients.iter().map(|one| one.account));
            Ok(())
        })
    }

    async fn is_registered(&self, patient: AccountId) -> Result<bool, LedgerError> {
        Ok(self.facts().persons.contains(&patient))
    }

    async fn anchor_records(&self, anchors: Vec<AnchorRecord>) -> Result<Tip, LedgerError> {
        let custodian = self.custodian;
        self.write(|facts| {
            let anchored_at = tip(facts).time;
            for one in &anchors {
                if !facts.persons.contains(&one.patient) {
                    return Err(refused("consent.unknown_patient"));
                }
                if facts.is_erased(one.patient, custodian) {
                    return Err(refused("consent.erased"));
                }
                let before = facts.records.get(&one.record).map_or(0, Vec::len);
                if one.version as usize != before + 1 {
                    return Err(refused("consent.wrong_version"));
                }
            }
            for one in anchors {
                let version = RecordVersion {
                    version: one.version,
                    plain_commitment: one.plain_commitment,
                    cipher_hash: one.cipher_hash,
                    category_commitment: one.category_commitment,
                    anchored_at,
                };
                let anchored = AnchoredVersion { patient: one.patient, custodian, version };
                facts.records.entry(one.record).or_default().push(anchored);
            }
            Ok(())
        })
    }

    async fn record_version(
        &self,
        record: RecordId,
        version: u32,
        _: Height,
    ) -> Result<At<Option<AnchoredVersion>>, LedgerError> {
        let facts = self.facts();
        let versions = facts.records.get(&record);
        let value = versions.and_then(|all| all.get((version as usize).wrapping_sub(1)).copied());
        Ok(At { tip: tip(&facts), value })
    }

    async fn access_allowed(
        &self,
        ask: Ask,
        _: Height,
    ) -> Result<At<Result<Terms, ConsentError>>, LedgerError> {
        let facts = self.facts();
        Ok(At { tip: tip(&facts), value: terms::allowed(&facts, &ask) })
    }

    async fn standing(&self, basis: Basis, _: Height) -> Result<At<Option<Standing>>, LedgerError> {
        let facts = self.facts();
        Ok(At { tip: tip(&facts), value: terms::standing(&facts, basis) })
    }

    async fn emergency_rules(
        &self,
        patient: AccountId,
        _: Height,
    ) -> Result<At<Option<EmergencyRules>>, LedgerError> {
        let facts = self.facts();
        Ok(At { tip: tip(&facts), value: facts.emergency_rules.get(&patient).copied() })
    }

    async fn arrangement(
        &self,
        arrangement: ArrangementId,
        _: Height,
    ) -> Result<At<Option<Arrangement>>, LedgerError> {
        let facts = self.facts();
        Ok(At { tip: tip(&facts), value: facts.arrangements.get(&arrangement).cloned() })
    }

    async fn release(
        &self,
        request: RequestId,
        _: Height,
    ) -> Result<At<Result<(Release, Terms), ConsentError>>, LedgerError> {
        let facts = self.facts();
        let now = tip(&facts).time;
        let found = facts.releases.get(&request).copied();
        let value = match found.ok_or(ConsentError::UnknownRequest { request }) {
            Ok(found) if now >= found.expires_at => {
                Err(ConsentError::RequestExpired { request, at: found.expires_at })
            }
            Ok(found) => terms::allowed(&facts, &found.ask()).map(|terms| (found, terms)),
            Err(error) => Err(error),
        };
        Ok(At { tip: tip(&facts), value })
    }

    async fn releases(
        &self,
        patient: AccountId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<ReleaseView>, LedgerError> {
        let facts = self.facts();
        let (skip, take) = (usize::try_from(from).unwrap_or(usize::MAX), limit as usize);
        let mut found: Vec<ReleaseView> = facts
            .releases
            .iter()
            .filter(|(_, one)| one.patient == patient && one.holder == self.custodian)
            .map(|(request, stored)| ReleaseView { request: *request, stored: *stored })
            .collect();
        found.sort_unstable_by_key(|one| one.stored.first_sequence);
        Ok(found.into_iter().skip(skip).take(take).collect())
    }

    async fn request_release(&self, call: RequestRelease) -> Result<Tip, LedgerError> {
        let requester = self.custodian;
        self.write(|facts| {
            let now = tip(facts).time;
            let (patient, holder) = (call.patient, call.holder);
            let (basis, purpose) = (call.basis, call.purpose);
            let ask = Ask { patient, holder, accessor: requester, basis, purpose };
            let terms = terms::allowed(facts, &ask).map_err(|error| denied(&error))?;
            if terms.mode != ReleaseMode::Custodial {
                return Err(refused("consent.not_custodial"));
            }
            let latest = facts.arrangements.iter().find(|(_, one)| {
                one.patient == call.patient && one.holder == call.holder && one.retired_at.is_none()
            });
            let (arrangement, _) = latest.ok_or_else(|| refused("consent.no_arrangement"))?;
            let release = Release {
                patient: call.patient,
                holder: call.holder,
                requester,
                basis: call.basis,
                purpose: call.purpose,
                arrangement: *arrangement,
                records_commitment: call.records_commitment,
                session_key: call.session_key,
                leaves_root: call.leaves_root,
                first_sequence: 1 + facts.releases.len() as u64,
                count: call.count,
                number: facts.releases.len() as u64,
                requested_height: Height(facts.height),
                requested_at: now,
                expires_at: now.after_ms(600_000),
            };
            facts.releases.insert(call.request, release);
            Ok(())
        })
    }

    async fn next_access(&self, patient: AccountId) -> Result<At<u64>, LedgerError> {
        let facts = self.facts();
        Ok(At { tip: tip(&facts), value: next(&facts, patient) })
    }

    async fn account_accesses(&self, accounts: Vec<AccountAccess>) -> Result<Tip, LedgerError> {
        let holder = self.custodian;
        self.write(|facts| {
            if accounts.iter().any(|call| facts.is_erased(call.patient, holder)) {
                return Err(refused("consent.erased"));
            }
            let before = facts.accounts.clone();
            for call in &accounts {
                if let Err(error) = account(facts, holder, call) {
                    facts.accounts = before;
                    return Err(error);
                }
            }
            for grant in std::mem::take(&mut facts.revoke_after_account) {
                let now = tip(facts).time;
                if let Some(grant) = facts.grants.get_mut(&grant) {
                    grant.revoked_at = Some(now);
                }
            }
            Ok(())
        })
    }

    async fn access_batches(
        &self,
        patient: AccountId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<AccessBatch>, LedgerError> {
        let facts = self.facts();
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let batches = facts.accounts.get(&patient).map_or(&[][..], Vec::as_slice);
        Ok(batches.iter().skip(from).take(limit as usize).copied().collect())
    }

    async fn access_batch_with(
        &self,
        patient: AccountId,
        sequence: u64,
    ) -> Result<Option<AccessBatch>, LedgerError> {
        let facts = self.facts();
        let batches = facts.accounts.get(&patient).map_or(&[][..], Vec::as_slice);
        let holds = |batch: &&AccessBatch| {
            batch.first_sequence <= sequence
                && sequence < batch.first_sequence + u64::from(batch.count)
        };
        Ok(batches.iter().find(holds).copied())
    }

    async fn organisation(
        &self,
        organisation: AccountId,
    ) -> Result<Option<OrganisationView>, LedgerError> {
        Ok(self.facts().organisations.get(&organisation).cloned())
    }
}
