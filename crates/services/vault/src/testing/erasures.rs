//! Erasures on the ledger in memory.

use super::{Facts, FakeLedger, refused, tip};
use crate::{
    erasure::{ErasureLedger, Whereabouts},
    port::{LedgerError, Tip},
};
use async_trait::async_trait;
use salus_consent::{
    ErasureBasis, ErasureId, ErasureScope, KeyHolder, RecordId,
    state::{Erasure, ErasureRefusal},
    tx::{AttestErasure, RefuseErasure},
};
use salus_crypto::{random, sign::SigningKey};
use salus_types::{AccountId, PublicKey, Signature, SignatureAlgorithm, VecMax};

impl FakeLedger {
    /// Asks for an erasure, as the patient.
    pub fn ask_for_erasure(
        &self,
        patient: AccountId,
        holder: AccountId,
        scope: ErasureScope,
    ) -> ErasureId {
        let id = ErasureId::new(random());
        let mut facts = self.facts();
        facts.height += 1;
        let number = facts.erasures.len() as u64;
        let erasure = Erasure {
            patient,
            holder,
            requested_by: patient,
            scope,
            basis: ErasureBasis::ConsentWithdrawn,
            requested_at: tip(&facts).time,
            done_at: None,
            refused: None,
            attestors: VecMax::default(),
            number,
        };
        facts.erasures.insert(id, erasure);
        id
    }
}

impl Facts {
    /// Whether everything of the patient at the holder is erased.
    pub(super) fn is_erased(&self, patient: AccountId, holder: AccountId) -> bool {
        self.erasures.values().any(|one| {
            (one.patient, one.holder) == (patient, holder)
                && one.scope == ErasureScope::All
                && one.done_at.is_some()
        })
    }
}

#[async_trait]
impl ErasureLedger for FakeLedger {
    async fn erasure(&self, erasure: ErasureId) -> Result<Option<Erasure>, LedgerError> {
        Ok(self.facts().erasures.get(&erasure).cloned())
    }

    async fn erasures_of(
        &self,
        patient: AccountId,
    ) -> Result<Vec<(ErasureId, Erasure)>, LedgerError> {
        let facts = self.facts();
        let theirs = facts.erasures.iter().filter(|(_, one)| one.patient == patient);
        Ok(theirs.map(|(id, one)| (*id, one.clone())).collect())
    }

    async fn is_erased(&self, patient: AccountId, holder: AccountId) -> Result<bool, LedgerError> {
        Ok(self.facts().is_erased(patient, holder))
    }

    async fn whereabouts(&self, record: RecordId) -> Result<Option<Whereabouts>, LedgerError> {
        let facts = self.facts();
        let found = facts.records.get(&record).and_then(|versions| versions.first());
        Ok(found.map(|found| Whereabouts {
            patient: found.patient,
            holder: found.custodian,
            erased: facts.erased_records.contains(&record)
                || facts.is_erased(found.patient, found.custodian),
        }))
    }

    async fn key_holder(
        &self,
        patient: AccountId,
        holder: AccountId,
    ) -> Result<Option<KeyHolder>, LedgerError> {
        let (facts, us) = (self.facts(), self.custodian);
        if us == holder {
            return Ok(Some(KeyHolder::Holder));
        }
        let arrangement = facts.arrangements.iter().find(|(_, one)| {
            (one.patient, one.holder) == (patient, holder) && one.custodians.contains(&us)
        });
        let grant = facts
            .grants
            .iter()
            .find(|(_, one)| (one.patient, one.custodian, one.grantee) == (patient, holder, us));
        let arrangement = arrangement.map(|(id, _)| KeyHolder::Custodian(*id));
        Ok(arrangement.or(grant.map(|(id, _)| KeyHolder::Grantee(*id))))
    }

    async fn attest_erasure(&self, call: AttestErasure) -> Result<Tip, LedgerError> {
        let us = self.custodian;
        self.write(|facts| {
            let now = tip(facts).time;
            let erasure = facts
                .erasures
                .get_mut(&call.erasure)
                .ok_or_else(|| refused("consent.unknown_erasure"))?;
            let mut attestors = erasure.attestors.to_vec();
            if attestors.contains(&us) {
                return Err(refused("consent.erasure_attested"));
            }
            attestors.push(us);
            erasure.attestors =
                VecMax::new(attestors).map_err(|_| refused("consent.too_many_attestors"))?;
            if call.role == KeyHolder::Holder {
                erasure.done_at = Some(now);
                facts.erased_records.extend(call.records.iter().copied());
            }
            facts.attested.push(call);
            Ok(())
        })
    }

    async fn refuse_erasure(&self, call: RefuseErasure) -> Result<Tip, LedgerError> {
        self.write(|facts| {
            let now = tip(facts).time;
            let erasure = facts
                .erasures
                .get_mut(&call.erasure)
                .ok_or_else(|| refused("consent.unknown_erasure"))?;
            erasure.refused = Some(ErasureRefusal { reason: call.reason, refused_at: now });
            Ok(())
        })
    }

    async fn sign_report(&self, text: Vec<u8>) -> Result<(PublicKey, Signature), LedgerError> {
        let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        Ok((key.public(), key.sign(&text)))
    }
}
