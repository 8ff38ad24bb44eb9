//! The patient's account of every access: what the custodian shows, checked against the ledger.

use crate::problem::Problem;
use salus_api::{
    client::{At, Client},
    records::AccessItem,
};
use salus_consent::query::{AccessView, Page};
use salus_crypto::merkle;
use salus_types::{AccountId, Hash};

/// Every access to a patient's records at one custodian. Checked: the numbers have no gap and go up to
/// the ledger's count, and every leaf is under the root that the ledger holds.
pub(crate) async fn verified(
    gateway: &Client,
    ledger: &Client,
    patient: AccountId,
) -> anyhow::Result<Vec<AccessItem>> {
    let shown = gateway.accesses(patient).await?.accesses;
    let Some(custodian) = shown.first().map(|access| access.leaf.custodian) else {
        return if batches(ledger, patient).await?.is_empty() {
            Ok(shown)
        } else {
            Err(broken(patient, "the ledger counts accesses, and the custodian shows none"))
        };
    };
    let own = shown
        .iter()
        .zip(1_u64..)
        .all(|(one, number)| one.leaf.patient == patient && one.leaf.sequence == number);
    if !own {
        return Err(broken(patient, "the numbers have a gap, or an access is another patient's"));
    }
    let mut counted = 0;
    for batch in batches(ledger, patient).await? {
        if batch.custodian != custodian {
            continue;
        }
        let stored = batch.stored;
        let first = usize::try_from(stored.first_sequence.saturating_sub(1))?;
        let count = usize::try_from(stored.count)?;
        let leaves: Vec<Hash> = shown
            .get(first..first + count)
            .ok_or_else(|| broken(patient, "the ledger counts more than the custodian shows"))?
            .iter()
            .map(|access| access.leaf.hash())
            .collect();
        if merkle::root(&leaves) != stored.leaves_root {
            return Err(broken(patient, "an access is not what was accounted for on the ledger"));
        }
        counted += count;
    }
    if counted != shown.len() {
        return Err(broken(patient, "the custodian shows more than the ledger counts"));
    }
    Ok(shown)
}

/// The batches that custodians accounted for, as the ledger has them.
async fn batches(ledger: &Client, patient: AccountId) -> anyhow::Result<Vec<AccessView>> {
    let mut batches = Vec::new();
    loop {
        let from = batches.len();
        let path = format!("/v1/patients/{patient}/accesses?from={from}&limit=100");
        let page = ledger.state::<Page<AccessView>>(&path, At::default()).await?.value;
        batches.extend(page.items.iter().copied());
        if page.items.is_empty() || batches.len() as u64 >= page.total {
            return Ok(batches);
        }
    }
}

fn broken(patient: AccountId, what: &str) -> anyhow::Error {
    Problem::refused(
        "access.not_proved",
        format!("the account of accesses of patient {patient} does not hold: {what}"),
        "ask the custodian and, with this message, the regulator",
    )
}
