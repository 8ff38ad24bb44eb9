//! What must hold of documents and erasures.

use super::broken;
use crate::{
    DocumentId, ErasureId, ErasureScope,
    state::{self, List},
};
use salus_framework::Broken;
use salus_state::StateRead;
use salus_types::AccountId;

pub(super) fn check_documents(state: &dyn StateRead, owner: AccountId) -> Result<(), Broken> {
    for number in 0..List::Documents.count(state, owner) {
        let id: Option<DocumentId> = List::Documents.at(state, owner, number);
        let found = id.and_then(|id| Some((id, state::document(state, id)?)));
        let Some((id, found)) = found.filter(|(_, one)| one.owner == owner && one.number == number)
        else {
            return Err(broken(format!("{owner} has no document at place {number}")));
        };
        for version in 1..=found.version {
            let stored = state::document_version(state, id, version)
                .ok_or_else(|| broken(format!("version {version} of document {id} is missing")))?;
            if state::notarised(state, stored.commitment).is_none() {
                return Err(broken(format!("version {version} of {id} is not found by its hash")));
            }
            for place in 0..stored.signatures {
                let listed =
                    state::document_signature(state, id, version, place).is_some_and(|one| {
                        state::document_signer(state, id, version, one.signer) == Some(place)
                    });
                if !listed {
                    return Err(broken(format!("signature {place} of document {id} is missing")));
                }
            }
        }
    }
    Ok(())
}

pub(super) fn check(state: &dyn StateRead, patient: AccountId) -> Result<(), Broken> {
    for number in 0..List::Erasures.count(state, patient) {
        let id: Option<ErasureId> = List::Erasures.at(state, patient, number);
        let found = id.and_then(|id| Some((id, state::erasure(state, id)?)));
        let Some((id, found)) =
            found.filter(|(_, one)| one.patient == patient && one.number == number)
        else {
            return Err(broken(format!("{patient} has no erasure at place {number}")));
        };
        let by_holder = found.attestors.contains(&found.holder);
        if found.done_at.is_some() != by_holder || (by_holder && found.refused.is_some()) {
            return Err(broken(format!("erasure {id} is done without its holder, or refused")));
        }
        for attestor in &found.attestors {
            if state::erasure_attestation(state, id, *attestor).is_none() {
                return Err(broken(format!("an attestation of erasure {id} is missing")));
            }
        }
        let all = matches!(found.scope, ErasureScope::All);
        if all && by_holder && !state::is_erased(state, patient, found.holder) {
            return Err(broken(format!("erasure {id} is done and has left no tombstone")));
        }
    }
    Ok(())
}
