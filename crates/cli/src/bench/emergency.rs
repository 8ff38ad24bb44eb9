//! An emergency from end to end: a service asks on the ledger and reads with shares of custodians.

use super::reads::Scene;
use crate::{
    granting::open_account,
    problem::Problem,
    submit::{Signer, call, execute, execute_cosigned},
    time::now_ms,
};
use anyhow::Context as _;
use salus_api::{
    client::At,
    records::{ReadOrder, RecordItem, ScopeRegistration},
    view::StateAnswer,
};
use salus_consent::{
    ArrangementKind, Basis, Consent, ConsentTx, EmergencyId, EmergencyReason, PurposeOfUse,
    ScopeOf,
    tx::{OpenEmergency, SetEmergencyRules},
};
use salus_crypto::{random, sign::SigningKey};
use salus_fhir::Category;
use salus_governance::{
    Action, Choice, Governance, GovernanceTx, ProposalStatus,
    query::{ProposalPage, ProposalView},
    tx::{Propose, Vote},
};
use salus_identity::{Identity, IdentityTx, tx::RegisterAccount};
use salus_types::{AccountId, AccountKind, BlockTime, Hash, Salt, SignatureAlgorithm, VecMax};
use salus_vault::{Scope, ScopeOpening};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Emergencies that are opened, each by another person for another patient.
const EMERGENCIES: u32 = 5;
/// How long a decision may take; an idle network needs a second for each block of the time lock.
const PATIENCE: Duration = Duration::from_mins(2);
/// Pause between two looks whether it is executed.
const LOOK: Duration = Duration::from_millis(100);
/// How long the service is accredited: a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Which organisation reviews: neither the holder nor the service.
const REVIEWER: usize = 2;

impl Scene {
    /// Opens emergencies; gives the longest time from asking to having a record.
    pub(crate) async fn emergencies(&self, first_patient: u32) -> anyhow::Result<Duration> {
        self.accredit().await?;
        let mut slowest = Duration::ZERO;
        for number in first_patient..first_patient + EMERGENCIES {
            let gateway = &self.holder().gateway;
            let patient = open_account(self.network, gateway).await?;
            let records = self.import_for(&patient, number).await?;
            self.give_to_custodians(
                &patient,
                &[ArrangementKind::Ordinary, ArrangementKind::Emergency],
            )
            .await?;
            self.allow(&patient).await?;
            let medic = self.medic().await?;
            slowest = slowest.max(self.open_and_read(&patient, &medic, &records[0]).await?);
        }
        Ok(slowest)
    }

    /// The organisations vote that the reader is an emergency service.
    async fn accredit(&self) -> anyhow::Result<()> {
        let gateway = &self.holder().gateway;
        let until = BlockTime::from_unix_ms(now_ms() + DAY_MS);
        let action = Action::AccreditEmergencyService { account: self.reader().account, until };
        let propose = GovernanceTx::Propose(Propose { action: action.clone() });
        let proposer = &self.organisations[0].signer;
        execute(gateway, self.network, proposer, vec![call::<Governance>(&propose)]).await?;
        let proposals: StateAnswer<ProposalPage> =
            gateway.state("/v1/proposals", At::default()).await?;
        let ours = proposals.value.items.iter().find(|proposal| proposal.action == action);
        let number = ours.context("what was proposed is among the proposals")?.proposal;
        // Who votes after the decision is refused, and another refusal shows as no decision.
        for organisation in &self.organisations {
            let vote = GovernanceTx::Vote(Vote { proposal: number, choice: Choice::Approve });
            let calls = vec![call::<Governance>(&vote)];
            let voted = execute(gateway, self.network, &organisation.signer, calls).await;
            tracing::debug!(counted = voted.is_ok(), "a vote for the emergency service");
        }
        self.executed(number).await
    }

    /// Waits until the time lock of a proposal is over and it was executed.
    async fn executed(&self, number: u64) -> anyhow::Result<()> {
        let path = format!("/v1/proposals/{number}");
        let client = &self.holder().gateway;
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            let proposal: StateAnswer<ProposalView> = client.state(&path, At::default()).await?;
            match proposal.value.status {
                ProposalStatus::Executed { .. } => return Ok(()),
                ProposalStatus::Open | ProposalStatus::Accepted { .. } => sleep(LOOK).await,
                ProposalStatus::Failed { .. }
                | ProposalStatus::Rejected { .. }
                | ProposalStatus::Expired { .. }
                | ProposalStatus::Withdrawn { .. } => break,
            }
        }
        Err(Problem::failed(
            "bench.not_accredited",
            "the organisations did not make the reader an emergency service",
            format!("see `salus proposal show {number}` while the network runs"),
        ))
    }

    /// The patient says what may be read in an emergency, and who looks at it afterwards.
    async fn allow(&self, patient: &Signer) -> anyhow::Result<()> {
        let gateway = &self.holder().gateway;
        let categories = VecMax::new(vec![Category::Observations])?;
        let set = ScopeOpening::new(&Scope { categories, ..Scope::default() });
        let rules = ConsentTx::SetEmergencyRules(SetEmergencyRules {
            on_behalf: None,
            override_allowed: true,
            reviewer: self.organisations[REVIEWER].account,
            scope_commitment: set.commitment(),
            two_person: false,
        });
        execute(gateway, self.network, patient, vec![call::<Consent>(&rules)]).await?;
        let registration = ScopeRegistration {
            of: ScopeOf::EmergencySet(patient.account),
            opening: serde_json::to_value(&set)?,
            to: None,
        };
        gateway.register_scope(&registration).await?;
        Ok(())
    }

    /// One of the service's people, whom it registers.
    async fn medic(&self) -> anyhow::Result<Signer> {
        let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        let (public, salt) = (key.public(), Salt(random::<16>()));
        let account = AccountId::derive(self.network, &public, salt);
        let kind = AccountKind::Person;
        let register =
            IdentityTx::RegisterAccount(RegisterAccount { account, kind, key: public, salt });
        let service = self.reader();
        let calls = vec![call::<Identity>(&register)];
        execute(&service.gateway, self.network, &service.signer, calls).await?;
        Ok(Signer { account, key })
    }

    async fn open_and_read(
        &self,
        patient: &Signer,
        medic: &Signer,
        record: &RecordItem,
    ) -> anyhow::Result<Duration> {
        let (emergency, service) = (EmergencyId::new(random()), self.reader());
        let open = ConsentTx::OpenEmergency(OpenEmergency {
            emergency,
            patient: patient.account,
            person: medic.account,
            reason: EmergencyReason::Unresponsive,
            incident_commitment: Hash(random()),
            marked: false,
        });
        let order = ReadOrder {
            record: record.record,
            basis: Some(Basis::Emergency(emergency)),
            purpose: PurposeOfUse::BreakTheGlass,
            from: Some(self.holder().gateway.base().to_owned()),
            actor: None,
        };
        let calls = vec![call::<Consent>(&open)];
        let started = Instant::now();
        let cosigner = std::slice::from_ref(medic);
        execute_cosigned(&service.gateway, self.network, &service.signer, cosigner, calls).await?;
        let read = service.gateway.read(&order).await?;
        let taken = started.elapsed();
        if read.bytes.len() as u64 != record.bytes {
            return Err(Problem::failed(
                "bench.wrong_record",
                "a record was read with other bytes than were imported",
                "keep the folder and report it",
            ));
        }
        Ok(taken)
    }
}
