//! The patient's account of every access: what the custodian shows, checked against the ledger.

use crate::problem::Problem;
use salus_api::{
    client::{At, Client},
    records::AccessItem,
};
use salus_consent::query::{AccessView, Page};
use salus_crypto::merkle;
use salus_types::{AccountId, Hash, hash};
use std::time::Duration;

/// How often both sides are asked again while they do not stand at the same access: a refusal is
/// accounted for after it was told, and nodes are some milliseconds apart.
const TRIES: usize = 25;
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// What came of comparing both sides.
enum Compared {
    /// They agree.
    Same,
    /// One of them is behind the other.
    Apart(&'static str),
}

/// Every access to a patient's records at one custodian. Checked: the numbers have no gap and go up to
/// the ledger's count, and every leaf is under the root that the ledger holds.
pub(crate) async fn verified(
    gateway: &Client,
    ledger: &Client,
    patient: AccountId,
) -> anyhow::Result<Vec<AccessItem>> {
    let mut tries = 0;
    loop {
        let shown = gateway.accesses(patient).await?.accesses;
        let batches = batches(ledger, patient).await?;
        match compare(patient, &shown, &batches)? {
            Compared::Same => return Ok(shown),
            Compared::Apart(what) if tries == TRIES => return Err(broken(patient, what)),
            Compared::Apart(_) => tries += 1,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn compare(
    patient: AccountId,
    shown: &[AccessItem],
    batches: &[AccessView],
) -> anyhow::Result<Compared> {
    let own = shown
        .iter()
        .zip(1_u64..)
        .all(|(one, number)| one.leaf.patient == patient && one.leaf.sequence == number);
    if !own {
        return Err(broken(patient, "the numbers have a gap, or an access is another patient's"));
    }
    if shown.iter().any(|one| one.leaf.audit_event != Some(hash(one.event.as_bytes()))) {
        return Err(broken(patient, "an audit event is not the one that was accounted for"));
    }
    let custodian = shown.first().map(|access| access.leaf.custodian);
    let mut counted = 0;
    for batch in batches {
        if custodian.is_some_and(|custodian| batch.custodian != custodian) {
            continue;
        }
        let first = usize::try_from(batch.stored.first_sequence.saturating_sub(1))?;
        let count = usize::try_from(batch.stored.count)?;
        let Some(part) = first.checked_add(count).and_then(|end| shown.get(first..end)) else {
            return Ok(Compared::Apart("the ledger counts more than the custodian shows"));
        };
        let leaves: Vec<Hash> = part.iter().map(|access| access.leaf.hash()).collect();
        if merkle::root(&leaves) != batch.stored.leaves_root {
            return Err(broken(patient, "an access is not what was accounted for on the ledger"));
        }
        counted += count;
    }
    Ok(if counted == shown.len() {
        Compared::Same
    } else {
        Compared::Apart("the custodian shows more than the ledger counts")
    })
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
