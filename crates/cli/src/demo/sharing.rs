//! Granting, reading, and being refused.
//!
//! Some patients let the second hospital read a part of their records, for treatment and for a time.
//! It reads them through its own gateway. Everything else is refused: without a grant, outside the
//! part, for another purpose, to another organisation, after revocation, after expiry.

use super::{
    import::Imported,
    network::{Network, Organisation},
    report::Report,
    story::Story,
};
use crate::{
    bench::stats::round,
    granting::{Desk, Patient, Wish},
    problem::Problem,
    progress,
    time::now_ms,
};
use salus_api::{
    client::ClientError,
    records::{ReadOrder, RecordItem},
};
use salus_consent::{Basis, GrantId, GrantedBy, PurposeOfUse, RecordId, ReleaseMode};
use salus_crypto::random;
use salus_types::{AccountId, BlockTime, VecMax};
use salus_vault::Scope;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Patients who grant something, at most.
const GRANTORS: usize = 10;
/// Records that are read of each, at most.
const READS: usize = 5;
/// How long an ordinary grant lasts: a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How long the grant lasts that is to expire while we watch.
const SHORT_MS: u64 = 3_000;

/// A record that was read under a grant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    /// Whose it is.
    pub(crate) patient: AccountId,
    /// The record.
    pub(crate) record: RecordId,
    /// The grant.
    pub(crate) grant: GrantId,
    /// The number of the access.
    pub(crate) sequence: u64,
}

/// What was shared.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Everybody who granted something.
    pub(crate) patients: Vec<AccountId>,
    /// Every read that was allowed.
    pub(crate) reads: Vec<Read>,
    /// Patients whose grant is still in force.
    pub(crate) in_force: Vec<Read>,
    /// Those of them whose key the hospital keeps.
    pub(crate) assisted: Vec<AccountId>,
    /// A record that is not covered by the grant in force of its patient.
    pub(crate) not_covered: Option<RecordId>,
}

/// What one patient allowed.
struct Granted<'a> {
    patient: &'a Patient,
    grant: GrantId,
    not_after: BlockTime,
    covered: Vec<&'a RecordItem>,
    others: Vec<&'a RecordItem>,
}

struct Scene<'a> {
    network: &'a Network,
    report: &'a mut Report,
    shared: Shared,
}

/// Shares, reads, and is refused.
pub(crate) async fn run(
    network: &Network,
    imported: &[Imported],
    story: &Story,
    report: &mut Report,
) -> anyhow::Result<Shared> {
    let mut scene = Scene { network, report, shared: Shared::default() };
    let grantors: Vec<&Imported> =
        imported.iter().filter(|one| one.records.len() >= 2).take(GRANTORS).collect();
    if grantors.is_empty() {
        return Err(Problem::failed(
            "demo.too_little",
            "no patient has two records, so nothing can be shared in part",
            "give bundles with more resources",
        ));
    }
    scene.refused_before_granting(&grantors).await?;
    story.tell(format!(
        "{} asked for {} records without a grant and was refused each time.",
        network.reader().name,
        scene.report.reads_denied_without_grant
    ));

    let bar = progress::bar("Granting and reading", grantors.len() as u64);
    let mut granted = Vec::new();
    for one in &grantors {
        let given = scene.grant(one, DAY_MS).await?;
        scene.read_all(&given).await?;
        scene.refused_beyond(&given).await?;
        granted.push(given);
        bar.inc(1);
    }
    bar.finish_and_clear();
    story.tell(format!(
        "{} patients let {} read a part of their records for treatment, for a day; it read {} \
         records through its own gateway, each account final before the record came, each record \
         checked against its anchor.",
        granted.len(),
        network.reader().name,
        scene.report.reads_allowed
    ));
    story.tell(format!(
        "Refused: {} reads outside the granted part, {} for payment instead of treatment, {} by {}, \
         to whom nothing was granted.",
        scene.report.reads_denied_outside_scope,
        scene.report.reads_denied_for_other_purpose,
        scene.report.reads_denied_to_others,
        network.payer().name
    ));

    scene.expire(grantors[grantors.len() - 1], story).await?;
    scene.revoke(&granted, story).await?;
    Ok(scene.shared)
}

impl Scene<'_> {
    fn desk(&self) -> Desk<'_> {
        let gateway = &self.network.hospital().client;
        Desk { network: self.network.id, gateway, custodian: None }
    }

    /// Lets the second hospital read the kinds of records of which the patient has most.
    async fn grant<'a>(&self, one: &'a Imported, length_ms: u64) -> anyhow::Result<Granted<'a>> {
        let chosen = commonest(&one.records);
        let (covered, others): (Vec<_>, Vec<_>) =
            one.records.iter().partition(|record| record.resource_type == chosen);
        let resource_type = chosen.parse()?;
        let scope = Scope { resource_types: VecMax::new(vec![resource_type])?, ..Scope::default() };
        let now = self.network.hospital().client.status().await?.time;
        // The latest block may be a while ago, and the grant begins to count when it is in the next.
        let not_after = BlockTime::from_unix_ms(now_ms().max(now.unix_ms())).after_ms(length_ms);
        let wish = Wish {
            grantee: self.network.reader().account,
            custodian: self.network.hospital().account,
            scope,
            purpose: PurposeOfUse::Treatment,
            mode: ReleaseMode::Wrapped,
            pseudonymised: false,
            by: GrantedBy::Patient,
            not_before: now,
            not_after,
        };
        let (grant, _) = self.desk().grant(&one.patient, wish).await?;
        Ok(Granted { patient: &one.patient, grant, not_after, covered, others })
    }

    /// Reads covered records and remembers each.
    async fn read_all(&mut self, given: &Granted<'_>) -> anyhow::Result<()> {
        let patient = given.patient.account();
        for item in given.covered.iter().take(READS) {
            let read = self.read(given.grant, item).await?;
            self.shared.reads.push(read);
        }
        if !self.shared.patients.contains(&patient) {
            self.shared.patients.push(patient);
        }
        if matches!(given.patient, Patient::Assisted(_)) {
            self.shared.assisted.push(patient);
        }
        Ok(())
    }

    async fn read(&mut self, grant: GrantId, item: &RecordItem) -> anyhow::Result<Read> {
        let order = self.order(item.record, Some(grant), PurposeOfUse::Treatment);
        let read = self.network.reader().client.read(&order).await?;
        if read.bytes.len() as u64 != item.bytes || read.resource_type != item.resource_type {
            return Err(Problem::failed(
                "demo.wrong_record",
                format!("record {} came with other bytes than were imported", item.record),
                "keep the folder and report it",
            ));
        }
        self.report.reads_allowed += 1;
        Ok(Read { patient: item.patient, record: item.record, grant, sequence: read.sequence })
    }

    fn order(&self, record: RecordId, grant: Option<GrantId>, purpose: PurposeOfUse) -> ReadOrder {
        let from = Some(self.network.hospital().client.base().to_owned());
        ReadOrder { record, basis: grant.map(Basis::Grant), purpose, actor: None, from }
    }

    /// Asks for a record and expects to be refused with this code.
    async fn refused(
        &mut self,
        by: usize,
        order: &ReadOrder,
        expected: &str,
    ) -> anyhow::Result<()> {
        let organisation: &Organisation = &self.network.organisations[by];
        let unexpected = |what: String| {
            Problem::failed(
                "demo.not_refused",
                format!("{} {what}, expected a refusal with {expected}", organisation.name),
                "keep the folder and report it",
            )
        };
        match organisation.client.read(order).await {
            Err(ClientError::Refused(problem)) if problem.code == expected => {
                self.report.reads_denied += 1;
                Ok(())
            }
            Err(error) => Err(unexpected(format!("got {} ({error})", error.code()))),
            Ok(_) => Err(unexpected("was given a record".to_owned())),
        }
    }

    async fn refused_before_granting(&mut self, grantors: &[&Imported]) -> anyhow::Result<()> {
        for one in grantors {
            let made_up = GrantId::new(random::<32>());
            let order = self.order(one.records[0].record, Some(made_up), PurposeOfUse::Treatment);
            self.refused(1, &order, "vault.no_grant").await?;
            self.report.reads_denied_without_grant += 1;
        }
        Ok(())
    }

    /// Everything that a grant does not allow.
    async fn refused_beyond(&mut self, given: &Granted<'_>) -> anyhow::Result<()> {
        if let Some(item) = given.others.first() {
            let order = self.order(item.record, Some(given.grant), PurposeOfUse::Treatment);
            self.refused(1, &order, "vault.scope").await?;
            self.report.reads_denied_outside_scope += 1;
        }
        let covered = given.covered[0].record;
        let order = self.order(covered, Some(given.grant), PurposeOfUse::Payment);
        self.refused(1, &order, "vault.purpose").await?;
        self.report.reads_denied_for_other_purpose += 1;
        let order = self.order(covered, Some(given.grant), PurposeOfUse::Treatment);
        self.refused(2, &order, "vault.grantee").await?;
        self.report.reads_denied_to_others += 1;
        Ok(())
    }

    /// A grant that ends while we watch: read before, refused after.
    async fn expire(&mut self, one: &Imported, story: &Story) -> anyhow::Result<()> {
        let given = self.grant(one, SHORT_MS).await?;
        let granted_at = Instant::now();
        let item = given.covered[0];
        let read = self.read(given.grant, item).await?;
        self.shared.reads.push(read);
        let waiting = progress::spinner("Waiting for a grant to expire");
        let order = self.order(item.record, Some(given.grant), PurposeOfUse::Treatment);
        // Block time is what counts: asking begins once it is past the end.
        while self.network.hospital().client.status().await?.time < given.not_after {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.refused(1, &order, "vault.grant_expired").await?;
        waiting.finish_and_clear();
        self.report.reads_denied_after_expiry += 1;
        story.tell(format!(
            "A grant of {} s was read under once; {:.1} s after it was given, {} was refused, \
             because it had expired.",
            SHORT_MS / 1000,
            granted_at.elapsed().as_secs_f64(),
            self.network.reader().name
        ));
        Ok(())
    }

    /// Every other patient revokes: refused from then on.
    async fn revoke(&mut self, granted: &[Granted<'_>], story: &Story) -> anyhow::Result<()> {
        let mut slowest = Duration::ZERO;
        for (index, given) in granted.iter().enumerate() {
            let item = given.covered[0];
            if index % 2 == 1 {
                self.keep(given);
                continue;
            }
            let asked = Instant::now();
            self.desk().revoke(given.patient, given.grant).await?;
            let order = self.order(item.record, Some(given.grant), PurposeOfUse::Treatment);
            self.refused(1, &order, "vault.grant_revoked").await?;
            slowest = slowest.max(asked.elapsed());
            self.report.reads_denied_after_revocation += 1;
        }
        self.report.revocation_enforced_ms = round(slowest.as_secs_f64() * 1000.0, 1);
        story.tell(format!(
            "{} patients revoked; each time {} was refused at once, {} ms after the patient asked at \
             the latest.",
            self.report.reads_denied_after_revocation,
            self.network.reader().name,
            self.report.revocation_enforced_ms
        ));
        Ok(())
    }

    fn keep(&mut self, given: &Granted<'_>) {
        let read = self.shared.reads.iter().find(|read| read.grant == given.grant).copied();
        self.shared.in_force.extend(read);
        if self.shared.not_covered.is_none() {
            self.shared.not_covered = given.others.first().map(|item| item.record);
        }
    }
}

/// The resource type of which there are most records, but not all of them.
fn commonest(records: &[RecordItem]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        *counts.entry(&record.resource_type).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(name, _)| name.to_owned()).unwrap_or_default()
}
