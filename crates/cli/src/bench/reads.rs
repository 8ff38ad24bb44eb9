//! Reading across organisations, from end to end: four validators as processes, records in the vault
//! of the first, read by the second through its own gateway, each read accounted for on the ledger
//! before its key is released.

use super::{network::Validator, stats::number};
use crate::{
    commands::record::all_records,
    demo::people,
    files,
    granting::{Desk, Patient, Wish, open_account},
    keys::signer_of,
    problem::Problem,
    submit::{Signer, call, execute},
    time::now_ms,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use salus_api::{
    ApiToken,
    client::{Client, ClientError},
    custody::CustodyOrder,
    records::{ImportOrder, ReadOrder, RecordFilter, RecordItem},
};
use salus_consent::{
    ArrangementId, ArrangementKind, Consent, ConsentTx, GrantId, GrantedBy, PurposeOfUse,
    ReleaseMode, tx::AppointCustodians,
};
use salus_crypto::random;
use salus_fhir::Category;
use salus_node::Home;
use salus_types::{AccountId, BlockTime, NetworkId, VecMax};
use salus_vault::Scope;
use std::time::{Duration, Instant};

/// Patients of each way of release.
pub(crate) const PATIENTS: u32 = 16;
/// Reads under way at a time.
const READS_AT_A_TIME: usize = 64;
/// How long a grant lasts: a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Custodians whose shares are needed, of the three beside the holder.
const THRESHOLD: u8 = 2;

/// One organisation: its account, and its gateway.
#[derive(Debug)]
pub(crate) struct Organisation {
    /// Its account.
    pub(crate) account: AccountId,
    /// Its node, with the token of its vault.
    pub(crate) gateway: Client,
    /// Who signs for it.
    pub(crate) signer: Signer,
}

/// The organisations of a running network, the first of them the holder, the second the reader.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The network.
    pub(crate) network: NetworkId,
    /// Its founders.
    pub(crate) organisations: Vec<Organisation>,
}

/// Records of one patient that the reader may read.
struct Readable {
    patient: Patient,
    grant: GrantId,
    records: Vec<RecordItem>,
}

/// How many reads a second, and until when after a revocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Reads per second, key release and account included.
    pub(crate) reads_per_s: f64,
    /// From sending a revocation to a refusal because of it; the slowest of all patients.
    pub(crate) revoke_to_enforced: Duration,
}

impl Scene {
    /// The organisations of validators that run here, with vaults.
    pub(crate) async fn of(validators: &[Validator]) -> anyhow::Result<Self> {
        let mut organisations = Vec::new();
        let file = validators[0].sender.client.network().await?;
        for validator in validators {
            let home = Home::new(&validator.home);
            let token = files::read_text(&home.token(), "the token of the vault's API")?;
            let base = validator.sender.client.base();
            let gateway = Client::new(base)?.with_token(ApiToken::new(token.trim()));
            let signer = signer_of(&home.organisation_key(), None)?;
            organisations.push(Organisation { account: signer.account, gateway, signer });
        }
        Ok(Self { network: file.id(), organisations })
    }

    pub(super) fn holder(&self) -> &Organisation {
        &self.organisations[0]
    }

    pub(super) fn reader(&self) -> &Organisation {
        &self.organisations[1]
    }

    /// Reads for so long in one of the two ways, then revokes every grant.
    pub(crate) async fn measure(
        &self,
        mode: ReleaseMode,
        time: Duration,
    ) -> anyhow::Result<Reading> {
        let first = match mode {
            ReleaseMode::Wrapped => 0,
            ReleaseMode::Custodial => PATIENTS,
        };
        let readable: Vec<Readable> = stream::iter(first..first + PATIENTS)
            .map(|number| self.admit(mode, number))
            .buffer_unordered(4)
            .try_collect()
            .await?;
        let reads_per_s = self.read_all(&readable, time).await?;
        let mut slowest = Duration::ZERO;
        for one in &readable {
            slowest = slowest.max(self.revoke(one).await?);
        }
        Ok(Reading { reads_per_s, revoke_to_enforced: slowest })
    }

    /// Imports a patient's records at the holder and lets the reader read the observations.
    async fn admit(&self, mode: ReleaseMode, number: u32) -> anyhow::Result<Readable> {
        let gateway = &self.holder().gateway;
        let signer = open_account(self.network, gateway).await?;
        let records = self.import_for(&signer, number).await?;
        if mode == ReleaseMode::Custodial {
            self.give_to_custodians(&signer, &[ArrangementKind::Ordinary]).await?;
        }
        let patient = Patient::Own(Box::new(signer));
        let now = gateway.status().await?.time;
        let wish = Wish {
            grantee: self.reader().account,
            custodian: self.holder().account,
            scope: Scope {
                categories: VecMax::new(vec![Category::Observations])?,
                ..Scope::default()
            },
            purpose: PurposeOfUse::Treatment,
            mode,
            pseudonymised: false,
            by: GrantedBy::Patient,
            not_before: now,
            not_after: BlockTime::from_unix_ms(now_ms().max(now.unix_ms())).after_ms(DAY_MS),
        };
        let (grant, _) = self.desk().grant(&patient, wish).await?;
        Ok(Readable { patient, grant, records })
    }

    fn desk(&self) -> Desk<'_> {
        Desk { network: self.network, gateway: &self.holder().gateway, custodian: None }
    }

    /// Imports the records of a patient of our own making at the holder; gives the observations.
    pub(super) async fn import_for(
        &self,
        patient: &Signer,
        number: u32,
    ) -> anyhow::Result<Vec<RecordItem>> {
        let gateway = &self.holder().gateway;
        let order =
            ImportOrder { patient: Some(patient.account), source: format!("bench-{number}") };
        gateway.import(&order, people::bundle(number).into_bytes()).await?;
        let filter = RecordFilter {
            patient: Some(patient.account),
            category: Some(Category::Observations.code().to_owned()),
            ..RecordFilter::default()
        };
        all_records(gateway, filter).await
    }

    /// The patient puts the keys of observations with custodians.
    pub(super) async fn give_to_custodians(
        &self,
        patient: &Signer,
        kinds: &[ArrangementKind],
    ) -> anyhow::Result<()> {
        let gateway = &self.holder().gateway;
        let mut custodians: Vec<AccountId> =
            self.organisations[1..].iter().map(|one| one.account).collect();
        custodians.sort_unstable();
        let order = CustodyOrder {
            patient: patient.account,
            categories: vec![Category::Observations.code().to_owned()],
            custodians: custodians.clone(),
            threshold: THRESHOLD,
        };
        let offer = gateway.deal_custody(&order).await?;
        // The keys are dealt once; who may ask for them differs by kind.
        let arrangements: Vec<ArrangementId> =
            kinds.iter().map(|_| ArrangementId::new(random())).collect();
        for (kind, arrangement) in kinds.iter().zip(&arrangements) {
            let appoint = ConsentTx::AppointCustodians(AppointCustodians {
                arrangement: *arrangement,
                on_behalf: None,
                holder: offer.holder,
                kind: *kind,
                custodians: VecMax::new(custodians.clone())?,
                threshold: THRESHOLD,
                commitments_root: offer.commitments_root,
                epoch: offer.epoch,
            });
            let calls = vec![call::<Consent>(&appoint)];
            execute(gateway, self.network, patient, calls).await?;
        }
        gateway.begin_custody(arrangements[0]).await?;
        Ok(())
    }

    fn order(&self, one: &Readable, record: &RecordItem) -> ReadOrder {
        ReadOrder {
            record: record.record,
            basis: Some(one.grant.into()),
            purpose: PurposeOfUse::Treatment,
            actor: None,
            from: Some(self.holder().gateway.base().to_owned()),
        }
    }

    /// Reads again and again, one record of one patient after the other; gives reads per second.
    async fn read_all(&self, readable: &[Readable], time: Duration) -> anyhow::Result<f64> {
        let longest = readable.iter().map(|one| one.records.len()).max().unwrap_or_default();
        let round = (0..longest).flat_map(|place| {
            readable.iter().filter_map(move |one| Some((one, one.records.get(place)?)))
        });
        let all: Vec<_> = round.collect();
        if all.is_empty() {
            return Err(Problem::failed("bench.no_record", "no record can be read", "report it"));
        }
        let started = Instant::now();
        let orders = all.iter().cycle().take_while(|_| started.elapsed() < time);
        let read = |(one, record): &(&Readable, &RecordItem)| {
            let order = self.order(one, record);
            async move { self.reader().gateway.read(&order).await.map(|read| read.bytes.len()) }
        };
        let sizes: Vec<usize> =
            stream::iter(orders).map(read).buffer_unordered(READS_AT_A_TIME).try_collect().await?;
        let taken = started.elapsed().as_secs_f64();
        Ok(number(sizes.len() as u64) / taken)
    }

    /// Revokes, and reads at once: refused because of it, or the benchmark fails.
    async fn revoke(&self, one: &Readable) -> anyhow::Result<Duration> {
        let order = self.order(one, &one.records[0]);
        let started = Instant::now();
        self.desk().revoke(&one.patient, one.grant).await?;
        match self.reader().gateway.read(&order).await {
            Err(ClientError::Refused(problem)) if problem.code == "vault.grant_revoked" => {
                Ok(started.elapsed())
            }
            Err(error) => Err(error.into()),
            Ok(_) => Err(Problem::failed(
                "bench.not_enforced",
                "a record was read after its grant was revoked",
                "keep the folder and report it",
            )),
        }
    }
}
