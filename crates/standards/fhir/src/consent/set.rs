//! Several consents of a patient: which of them count.

use super::{
    error::{ConsentError, Refusal},
    model::{Consent, Standing},
};
use std::collections::BTreeMap;

/// For each consent whether it counts: it is in force, and no other one in force replaces it.
pub(crate) fn in_force(consents: &[Consent]) -> Result<Vec<bool>, ConsentError> {
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, consent) in consents.iter().enumerate() {
        if let Some(id) = consent.id()
            && by_id.insert(id, at).is_some()
        {
            return Err(ConsentError::whole(Refusal::DuplicateId));
        }
    }
    let active = |at: usize| consents[at].standing == Standing::Active;
    let mut replaced: Vec<Vec<usize>> = vec![Vec::new(); consents.len()];
    for (at, consent) in consents.iter().enumerate().filter(|(at, _)| active(*at)) {
        for reference in &consent.replaces {
            let id = reference.rsplit_once("Consent/").map_or(&**reference, |(_, id)| id);
            let Some(older) = by_id.get(id).copied() else { continue };
            if consents[older].patient != consent.patient {
                return Err(ConsentError::whole(Refusal::ReplacesOtherPatient));
            }
            replaced[at].push(older);
        }
    }
    if has_cycle(&replaced) {
        return Err(ConsentError::whole(Refusal::ReplacesCycle));
    }
    let mut counts: Vec<bool> = (0..consents.len()).map(active).collect();
    for older in replaced.iter().flatten() {
        counts[*older] = false;
    }
    Ok(counts)
}

/// Whether one replaces itself by way of others. Takes away, again and again, what nothing replaces.
fn has_cycle(replaced: &[Vec<usize>]) -> bool {
    let mut waiting = vec![0_usize; replaced.len()];
    for older in replaced.iter().flatten() {
        waiting[*older] += 1;
    }
    let mut free: Vec<usize> = (0..replaced.len()).filter(|at| waiting[*at] == 0).collect();
    let mut taken = 0;
    while let Some(at) = free.pop() {
        taken += 1;
        for older in &replaced[at] {
            waiting[*older] -= 1;
            if waiting[*older] == 0 {
                free.push(*older);
            }
        }
    }
    taken < replaced.len()
}
