//! The patient's account of every access: what the custodian shows, checked against the ledger.
//!
//! Accesses are in two series for each custodian: those that it accounts for, and those under requests
//! for release, which the ledger numbers itself.

use crate::problem::Problem;
use salus_api::{
    client::{At, Client},
    records::{AccessItem, AccessesAnswer, ReleaseItem},
};
use salus_consent::query::{AccessView, Page, ReleaseView};
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
) -> anyhow::Result<AccessesAnswer> {
    let mut tries = 0;
    loop {
        let shown = gateway.accesses(patient).await?;
        let batches = batches(ledger, patient).await?;
        if shown.patient != patient {
            return Err(broken(patient, "another patient's accesses are shown"));
        }
        let compared = match compare(&shown, &batches)? {
            Compared::Same => same_releases(ledger, patient, &shown).await?,
            apart @ Compared::Apart(_) => apart,
        };
        match compared {
            Compared::Same => return Ok(shown),
            Compared::Apart(what) if tries == TRIES => return Err(broken(patient, what)),
            Compared::Apart(_) => tries += 1,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn compare(answer: &AccessesAnswer, batches: &[AccessView]) -> anyhow::Result<Compared> {
    let AccessesAnswer { patient, custodian, accesses: shown, .. } = answer;
    let (patient, custodian) = (*patient, *custodian);
    let own = shown.iter().zip(1_u64..).all(|(AccessItem { leaf, .. }, number)| {
        leaf.patient == patient && leaf.custodian == custodian && leaf.sequence == number
    });
    if !own {
        return Err(broken(patient, "the numbers have a gap, or an access is another patient's"));
    }
    if shown.iter().any(|one| one.leaf.audit_event != Some(hash(one.event.as_bytes()))) {
        return Err(broken(patient, "an audit event is not the one that was accounted for"));
    }
    let mut counted = 0;
    for batch in batches.iter().filter(|batch| batch.custodian == custodian) {
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

/// Compares the requests for release that are shown with those of the ledger.
async fn same_releases(
    ledger: &Client,
    patient: AccountId,
    shown: &AccessesAnswer,
) -> anyhow::Result<Compared> {
    let holder = shown.custodian;
    let mut known = Vec::new();
    loop {
        let from = known.len();
        let path = format!("/v1/patients/{patient}/releases/{holder}?from={from}&limit=100");
        let page = ledger.state::<Page<ReleaseView>>(&path, At::default()).await?.value;
        known.extend(page.items.iter().copied());
        if page.items.is_empty() || known.len() as u64 >= page.total {
            break;
        }
    }
    if known.len() != shown.releases.len() {
        return Ok(Compared::Apart("the ledger counts other requests than the custodian shows"));
    }
    if shown.releases.iter().zip(&known).any(|(shown, known)| !is_same(shown, known)) {
        return Err(broken(patient, "a request for release is not the one on the ledger"));
    }
    Ok(Compared::Same)
}

/// Whether a request is shown as it is on the ledger, and its accesses, if any are told, are those that
/// it commits to.
fn is_same(shown: &ReleaseItem, known: &ReleaseView) -> bool {
    let stored = &known.stored;
    let proved = shown.accesses.as_ref().is_none_or(|accesses| {
        let leaves: Vec<Hash> = accesses.iter().map(|access| access.leaf.hash()).collect();
        merkle::root(&leaves) == stored.leaves_root
            && accesses
                .iter()
                .all(|access| access.leaf.audit_event == Some(hash(access.event.as_bytes())))
    });
    proved
        && shown.request == known.request
        && shown.requester == stored.requester
        && shown.basis == stored.basis
        && shown.purpose == stored.purpose
        && shown.first_sequence == stored.first_sequence
        && shown.count == stored.count
        && shown.requested_at == stored.requested_at
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
