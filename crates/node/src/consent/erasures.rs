//! The ledger as erasures need it.

use super::{OrganisationLedger, consent_calls, unavailable};
use crate::keys;
use async_trait::async_trait;
use salus_app::consent;
use salus_consent::{
    ConsentTx, ErasureId, KeyHolder, RecordId,
    state::Erasure,
    tx::{AttestErasure, RefuseErasure},
};
use salus_state::ReadSet;
use salus_types::{AccountId, Height, PublicKey, Signature};
use salus_vault::{
    erasure::{ErasureLedger, Whereabouts},
    port::{LedgerError, Tip},
};

#[async_trait]
impl ErasureLedger for OrganisationLedger {
    async fn erasure(&self, erasure: ErasureId) -> Result<Option<Erasure>, LedgerError> {
        let question =
            |state: &ReadSet| consent::query::erasure(state, erasure).map(|view| view.stored);
        Ok(self.ask(Height(0), question).await?.value)
    }

    async fn erasures_of(
        &self,
        patient: AccountId,
    ) -> Result<Vec<(ErasureId, Erasure)>, LedgerError> {
        let mut all = Vec::new();
        loop {
            let from = all.len() as u64;
            let question =
                |state: &ReadSet| consent::query::erasures_of(state, patient, from, u32::MAX);
            let page = self.ask(Height(0), question).await?.value;
            let (total, read) = (page.total, page.items.len());
            all.extend(page.items.into_iter().map(|view| (view.erasure, view.stored)));
            if read == 0 || all.len() as u64 >= total {
                return Ok(all);
            }
        }
    }

    async fn is_erased(&self, patient: AccountId, holder: AccountId) -> Result<bool, LedgerError> {
        let question = |state: &ReadSet| erased(state, patient, holder);
        Ok(self.ask(Height(0), question).await?.value)
    }

    async fn whereabouts(&self, record: RecordId) -> Result<Option<Whereabouts>, LedgerError> {
        let question = |state: &ReadSet| {
            let found = consent::query::record(state, record)?.stored;
            let (patient, holder) = (found.patient, found.custodian);
            let erased = found.erased_at.is_some() || erased(state, patient, holder);
            Some(Whereabouts { patient, holder, erased })
        };
        Ok(self.ask(Height(0), question).await?.value)
    }

    async fn key_holder(
        &self,
        patient: AccountId,
        holder: AccountId,
    ) -> Result<Option<KeyHolder>, LedgerError> {
        let us = self.organisation;
        if us == holder {
            return Ok(Some(KeyHolder::Holder));
        }
        let question = |state: &ReadSet| custodian(state, patient, holder, us);
        if let Some(role) = self.ask(Height(0), question).await?.value {
            return Ok(Some(role));
        }
        let question = |state: &ReadSet| grantee(state, patient, holder, us);
        Ok(self.ask(Height(0), question).await?.value)
    }

    async fn attest_erasure(&self, call: AttestErasure) -> Result<Tip, LedgerError> {
        self.send(consent_calls([ConsentTx::AttestErasure(call)])?).await
    }

    async fn refuse_erasure(&self, call: RefuseErasure) -> Result<Tip, LedgerError> {
        self.send(consent_calls([ConsentTx::RefuseErasure(call)])?).await
    }

    async fn sign_report(&self, text: Vec<u8>) -> Result<(PublicKey, Signature), LedgerError> {
        let signature = keys::sign(&self.signer, text).await;
        let signature = signature.map_err(|error| unavailable(error.to_string()))?;
        Ok((self.signer.public(), signature))
    }
}

fn erased(state: &ReadSet, patient: AccountId, holder: AccountId) -> bool {
    consent::query::relation(state, patient, holder).is_some_and(|found| found.erased_at.is_some())
}

/// As a custodian of shares, in the first arrangement that names the organisation.
fn custodian(
    state: &ReadSet,
    patient: AccountId,
    holder: AccountId,
    us: AccountId,
) -> Option<KeyHolder> {
    let mut from = 0;
    loop {
        let page = consent::query::arrangements_of(state, patient, from, u32::MAX);
        let ours = page
            .items
            .iter()
            .find(|one| one.stored.holder == holder && one.stored.custodians.contains(&us));
        if let Some(ours) = ours {
            return Some(KeyHolder::Custodian(ours.arrangement));
        }
        from += page.items.len() as u64;
        if page.items.is_empty() || from >= page.total {
            return None;
        }
    }
}

/// As the grantee of the first grant that names the organisation.
fn grantee(
    state: &ReadSet,
    patient: AccountId,
    holder: AccountId,
    us: AccountId,
) -> Option<KeyHolder> {
    let mut from = 0;
    loop {
        let page = consent::query::grants_of(state, patient, from, u32::MAX);
        let ours = page
            .items
            .iter()
            .find(|one| one.stored.custodian == holder && one.stored.grantee == us);
        if let Some(ours) = ours {
            return Some(KeyHolder::Grantee(ours.grant));
        }
        from += page.items.len() as u64;
        if page.items.is_empty() || from >= page.total {
            return None;
        }
    }
}
