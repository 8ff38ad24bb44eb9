//! `salus audit verify`: the accounts of accesses and the erasures of a patient, against the ledger.

use crate::{
    accesses::verified, files::read_network, lifecycle::block_on_until_signal, problem::Problem,
    proving::prove_erasure, session::Session,
};
use clap::Args;
use salus_api::client::{At, Client};
use salus_consent::{
    ErasureId, ErasureScope, KeyHolder,
    query::{AccessSummary, AccessView, ErasureView, Page},
};
use salus_identity::query::AccountView;
use salus_node::Home;
use salus_types::{AccountId, Hash, NetworkFile};
use salus_vault::erasure::SignedErasureReport;
use serde::{Serialize, de::DeserializeOwned};
use std::path::PathBuf;

/// Whose.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The patient's account; several times for several
    #[arg(long = "patient", value_name = "ACCOUNT", required = true)]
    patients: Vec<AccountId>,
    /// The network file, from a source that you trust: what the node says of erasures is proved against
    /// it; that of the home when left out
    #[arg(long, value_name = "NETWORK_FILE")]
    network: Option<PathBuf>,
}

/// What holds at a holder of a patient's records.
#[derive(Debug, Serialize)]
struct AtHolder {
    holder: AccountId,
    /// Accounts of accesses on the ledger, and accesses in them.
    accounts: u64,
    accesses: u64,
    /// Accesses in requests for release.
    released: u64,
    erased: bool,
    /// Whether every access was compared with its leaf, which the holder of the home shows.
    compared: bool,
}

#[derive(Debug, Serialize)]
struct OfPatient {
    patient: AccountId,
    holders: Vec<AtHolder>,
    erasures: Vec<OfErasure>,
}

/// What holds of an erasure.
#[expect(clippy::struct_excessive_bools, reason = "an answer: each is a fact of its own")]
#[derive(Debug, Serialize)]
struct OfErasure {
    erasure: ErasureId,
    holder: AccountId,
    done: bool,
    refused: bool,
    attested: usize,
    /// Whether it is as the node says by a proof against the network file.
    proved: bool,
    /// Whether the report of the organisation of the home was compared with what it attested.
    report_compared: bool,
}

impl Verify {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let own = session.home().map(|_| session.organisation()).transpose()?;
        let own = own.map(|signer| signer.account);
        let client = if own.is_some() { session.gateway()? } else { session.client()? };
        let of_home = || session.home().map(|home| Home::new(home).network());
        let network = self.network.clone().or_else(of_home);
        let network = network.map(|file| read_network(&file)).transpose()?;
        let audit = Audit { client, own, network };
        let patients = block_on_until_signal(async {
            let mut verified = Vec::new();
            for patient in &self.patients {
                verified.push(audit.of_patient(*patient).await?);
            }
            Ok(verified)
        })?;
        session.output.answer(&patients, |patients| patients.iter().map(describe).collect());
        Ok(())
    }
}

/// Who verifies, by what.
struct Audit {
    client: Client,
    /// The organisation of the home, if there is one.
    own: Option<AccountId>,
    network: Option<NetworkFile>,
}

impl Audit {
    async fn of_patient(&self, patient: AccountId) -> anyhow::Result<OfPatient> {
        let Self { client, own, .. } = self;
        let summaries: Vec<AccessSummary> =
            all(client, &format!("/v1/patients/{patient}/access-summary")).await?;
        let batches: Vec<AccessView> =
            all(client, &format!("/v1/patients/{patient}/accesses")).await?;
        let erasures: Vec<ErasureView> =
            all(client, &format!("/v1/patients/{patient}/erasures")).await?;
        let mut holders = Vec::new();
        for summary in summaries {
            let holder = summary.custodian;
            let mut expected = 1;
            let mut accounts = 0;
            for batch in batches.iter().filter(|batch| batch.custodian == holder) {
                if batch.stored.first_sequence != expected
                    || batch.stored.leaves_root == Hash([0; 32])
                {
                    return Err(broken(
                        patient,
                        &format!("access {expected} at {holder} is missing"),
                    ));
                }
                expected += u64::from(batch.stored.count);
                accounts += 1;
            }
            if expected != summary.next_sequence {
                return Err(broken(patient, &format!("the accesses at {holder} do not add up")));
            }
            let erased = summary.erased_at.is_some();
            let has_tombstone = erasures.iter().any(|one| {
                one.stored.holder == holder
                    && one.stored.scope == ErasureScope::All
                    && one.stored.done_at == summary.erased_at
            });
            if erased && !has_tombstone {
                return Err(broken(patient, &format!("{holder} erased, and no erasure says so")));
            }
            let compared = *own == Some(holder) && !erased;
            if compared {
                verified(client, client, patient).await?;
            }
            holders.push(AtHolder {
                holder,
                accounts,
                accesses: expected - 1,
                released: summary.releases.next_sequence.saturating_sub(1),
                erased,
                compared,
            });
        }
        let mut checked = Vec::new();
        for erasure in &erasures {
            checked.push(self.of_erasure(erasure).await?);
        }
        Ok(OfPatient { patient, holders, erasures: checked })
    }

    async fn of_erasure(&self, listed: &ErasureView) -> anyhow::Result<OfErasure> {
        let Self { client, own, network } = self;
        let erasure = listed.erasure;
        // What is proved may be newer than what was listed, and counts.
        let proved = match network {
            Some(network) => Some(prove_erasure(client, network, erasure).await?),
            None => None,
        };
        let view = proved.as_ref().unwrap_or(listed);
        let stored = &view.stored;
        let wrong = |what: &str| broken(stored.patient, &format!("erasure {erasure}: {what}"));
        if stored.attestors.len() != view.attestations.len() {
            return Err(wrong("an attestation is missing"));
        }
        let each = || stored.attestors.iter().zip(&view.attestations);
        let by_holder =
            each().any(|(who, one)| *who == stored.holder && one.role == KeyHolder::Holder);
        if stored.done_at.is_some() != by_holder {
            return Err(wrong("it is done without the holder's word, or not done with it"));
        }
        let mut report_compared = false;
        if let Some((own, attested)) = each().find(|(who, _)| Some(**who) == *own) {
            report_compared = match client.erasure_report(erasure).await {
                Ok(answer) => {
                    let report = answer.report.ok_or_else(|| wrong("its report is not here"))?;
                    let report: SignedErasureReport = serde_json::from_value(report)?;
                    let account = client.account::<AccountView>(*own, At::default()).await?.value;
                    let is_own = report.report.organisation == *own
                        && report.report.erasure == erasure
                        && report.is_signed()
                        && account.keys.iter().any(|key| key.key == report.key);
                    if !is_own || report.digest() != attested.report_digest {
                        return Err(wrong("the report is not what was attested"));
                    }
                    true
                }
                // It went with the vault in whose place a back-up of before is.
                Err(error) if error.code() == "api.not_found" => false,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(OfErasure {
            erasure,
            holder: stored.holder,
            done: stored.done_at.is_some(),
            refused: stored.refused.is_some(),
            attested: stored.attestors.len(),
            proved: proved.is_some(),
            report_compared,
        })
    }
}

/// All items of a list on the ledger.
async fn all<T: DeserializeOwned>(client: &Client, path: &str) -> anyhow::Result<Vec<T>> {
    let mut items: Vec<T> = Vec::new();
    loop {
        let page = format!("{path}?from={}&limit=100", items.len());
        let page = client.state::<Page<T>>(&page, At::default()).await?.value;
        let is_last = page.items.is_empty();
        items.extend(page.items);
        if is_last || items.len() as u64 >= page.total {
            return Ok(items);
        }
    }
}

fn describe(one: &OfPatient) -> String {
    let holders = one.holders.iter().map(|at| {
        let state = match (at.erased, at.compared) {
            (true, _) => "erased: the numbers still add up",
            (false, true) => "each compared with its leaf",
            (false, false) => "the numbers add up",
        };
        format!("  {}: {} accesses in {} accounts; {state}\n", at.holder, at.accesses, at.accounts)
    });
    let erasures = one.erasures.iter().map(|of| {
        let state = match (of.done, of.refused) {
            (true, _) => "done",
            (false, true) => "refused",
            (false, false) => "asked for",
        };
        let proved = if of.proved { ", proved" } else { "" };
        format!(
            "  erasure {} at {}: {state}, attested by {}{proved}\n",
            of.erasure, of.holder, of.attested
        )
    });
    format!(
        "Patient {}\n{}{}",
        one.patient,
        holders.collect::<String>(),
        erasures.collect::<String>()
    )
}

fn broken(patient: AccountId, what: &str) -> anyhow::Error {
    Problem::refused(
        "audit.not_whole",
        format!("the audit of patient {patient} does not hold: {what}"),
        "ask the holder and, with this message, the regulator",
    )
}
