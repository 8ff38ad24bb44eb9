//! Asking for an erasure, and waiting until it is done.

use crate::{
    pages::all_pages,
    submit::{Done, Signer, call, execute, execute_assisted},
};
use salus_api::{
    client::{At, Client, ClientError},
    erasures::{ErasureAnswer, ErasureOrder, ErasureStatus},
};
use salus_consent::{
    Consent, ConsentTx, DelegationId, ErasureBasis, ErasureId, ErasureScope, RecordId,
    query::{AccessSummary, ErasureView},
    tx::RequestErasure,
};
use salus_crypto::random;
use salus_types::{AccountId, Hash};
use salus_vault::erasure::ErasureOpening;
use serde::Serialize;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Longest wait for the holder's word.
const PATIENCE: Duration = Duration::from_mins(10);
/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(200);

/// Who asks.
#[derive(Debug)]
pub(crate) enum Asker {
    /// The patient, with an own key, or who acts for it.
    Patient(Box<Signer>),
    /// The organisation of the gateway, which keeps the patient's key, for the patient.
    Assisted,
    /// The holder itself, at the end of retention.
    Holder(Box<Signer>),
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Request {
    /// Whose records.
    pub(crate) patient: AccountId,
    /// The delegation under which it is asked, if the patient does not ask itself.
    pub(crate) on_behalf: Option<DelegationId>,
    /// Who holds them.
    pub(crate) holder: AccountId,
    /// Whether that is the organisation whose gateway is asked.
    pub(crate) here: bool,
    /// Which records; none for everything.
    pub(crate) records: Vec<RecordId>,
    /// Why.
    pub(crate) basis: ErasureBasis,
}

/// Who attested.
#[derive(Debug, Serialize)]
pub(crate) struct Attested {
    organisation: AccountId,
    report_digest: Hash,
}

/// What became of it.
#[derive(Debug, Serialize)]
pub(crate) struct Erased {
    /// The erasure.
    pub(crate) erasure: ErasureId,
    /// The transaction that asked for it.
    pub(crate) asked: Done,
    /// Why the holder keeps the records, if it does.
    pub(crate) refused: Option<String>,
    /// Who attested so far.
    attested: Vec<Attested>,
    /// What the organisation of the gateway destroyed, signed; none where the holder is another one.
    report: Option<Value>,
}

impl Erased {
    /// The same in sentences.
    pub(crate) fn describe(&self) -> String {
        if self.refused.is_some() {
            return format!("Erasure {} was asked for and refused.", self.erasure);
        }
        let destroyed =
            self.report.as_ref().and_then(|report| report["report"]["destroyed"].as_object());
        let destroyed = destroyed.map(|counts| {
            let each = counts.iter().map(|(what, count)| format!("  {count} {what}\n"));
            format!("Destroyed here:\n{}", each.collect::<String>())
        });
        let attested = self.attested.iter().map(|one| format!("  {}\n", one.organisation));
        format!(
            "Erasure {} is done and attested.\n{}Attested by:\n{}{}",
            self.erasure,
            destroyed.unwrap_or_default(),
            attested.collect::<String>(),
            self.asked.describe()
        )
    }
}

/// Asks for an erasure on the ledger, and waits until the holder has attested or refused it.
pub(crate) async fn erase(
    client: &Client,
    by: &Asker,
    request: &Request,
) -> anyhow::Result<Erased> {
    let erasure = ErasureId::new(random::<32>());
    let some = !request.records.is_empty();
    let opening = some.then(|| ErasureOpening::new(request.records.clone())).flatten();
    let scope = opening
        .as_ref()
        .map_or(ErasureScope::All, |opening| ErasureScope::Records(opening.commitment()));
    let message = ConsentTx::RequestErasure(RequestErasure {
        erasure,
        on_behalf: request.on_behalf,
        patient: request.patient,
        holder: request.holder,
        scope,
        basis: request.basis,
    });
    let network = client.network().await?.id();
    let calls = vec![call::<Consent>(&message)];
    let asked = match by {
        Asker::Patient(signer) | Asker::Holder(signer) => {
            execute(client, network, signer, calls).await?
        }
        Asker::Assisted => execute_assisted(client, network, request.patient, calls).await?,
    };
    let opening = opening.map(serde_json::to_value).transpose()?;
    let answer = if request.here {
        Some(carried_out(client, ErasureOrder { erasure, opening }).await?)
    } else {
        None
    };
    let view = settled(client, erasure).await?;
    let each = view.stored.attestors.iter().zip(&view.attestations);
    Ok(Erased {
        erasure,
        asked,
        refused: view.stored.refused.map(|refusal| word(&refusal.reason)).transpose()?,
        attested: each
            .map(|(organisation, one)| Attested {
                organisation: *organisation,
                report_digest: one.report_digest,
            })
            .collect(),
        report: answer.and_then(|answer| answer.report),
    })
}

fn word(reason: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_value(reason)?.as_str().unwrap_or_default().to_owned())
}

/// The other organisations that hold records under the account of a patient whose key the organisation
/// of the gateway keeps. The key goes with an erasure of everything, and nobody could grant, revoke or
/// ask for erasure there any more.
pub(crate) async fn left_without_key(
    gateway: &Client,
    patient: AccountId,
    holder: AccountId,
) -> anyhow::Result<Vec<AccountId>> {
    if !is_assisted(gateway, patient).await? {
        return Ok(Vec::new());
    }
    let summaries = all_pages(gateway, &format!("/v1/patients/{patient}/access-summary")).await?;
    let mut others = Vec::new();
    for summary in summaries {
        let summary: AccessSummary = serde_json::from_value(summary)?;
        if summary.custodian != holder && summary.erased_at.is_none() {
            others.push(summary.custodian);
        }
    }
    Ok(others)
}

/// Whether the organisation of the gateway keeps the patient's key.
async fn is_assisted(gateway: &Client, patient: AccountId) -> anyhow::Result<bool> {
    let mut after = None;
    loop {
        let page = gateway.patients(after).await?.patients;
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.patient);
        if let Some(found) = page.iter().find(|one| one.patient == patient) {
            return Ok(found.assisted);
        }
    }
}

/// Waits until the organisation of the gateway has carried it out.
async fn carried_out(gateway: &Client, order: ErasureOrder) -> anyhow::Result<ErasureAnswer> {
    let started = Instant::now();
    loop {
        let passes = |code: &str| {
            matches!(code, "vault.busy" | "vault.ledger" | "vault.unknown_erasure" | "api.timeout")
        };
        match gateway.erase(&order).await {
            Ok(answer) if answer.status != ErasureStatus::Untold => return Ok(answer),
            Err(error @ ClientError::Refused(_)) if !passes(error.code()) => {
                return Err(error.into());
            }
            Err(error) if started.elapsed() > PATIENCE => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until the holder has attested or refused it.
async fn settled(client: &Client, erasure: ErasureId) -> anyhow::Result<ErasureView> {
    let started = Instant::now();
    loop {
        let path = format!("/v1/erasures/{erasure}");
        let view = client.state::<ErasureView>(&path, At::default()).await?.value;
        let is_settled = view.stored.done_at.is_some() || view.stored.refused.is_some();
        if is_settled {
            return Ok(view);
        }
        if started.elapsed() > PATIENCE {
            return Err(crate::problem::Problem::failed(
                "cli.not_erased_in_time",
                format!("erasure {erasure} was asked for, and the holder has not attested it yet"),
                format!("ask later with `salus audit verify --patient {}`", view.stored.patient),
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
