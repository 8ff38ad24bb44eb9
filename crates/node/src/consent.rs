//! The ledger as the vault needs it: submits as the organisation, waits, and asks the state.

mod erasures;

use crate::{keys, ledger::LocalLedger};
use async_trait::async_trait;
use salus_api::port::{Ledger as _, Submitted, TransactionStatus};
use salus_app::{consent, identity};
use salus_consent::{
    ArrangementId, Ask, Basis, ConsentError, ConsentTx, RecordId, RequestId, Standing, Terms,
    query::ReleaseView,
    state::{AccessBatch, Arrangement, EmergencyRules, Release},
    tx::{AccountAccess, AnchorRecord, RequestRelease},
};
use salus_crypto::{random, signer::Signer};
use salus_identity::tx::{IdentityTx, RegisterAccount};
use salus_state::ReadSet;
use salus_types::{
    AccountId, AccountKind, BlockTime, Call, Height, KeyPurpose, ModuleId, NetworkId, Outcome,
    Salt, TransactionBody, TransactionHash, UnsignedTransaction, VecMax, encode,
};
use salus_vault::port::{
    AnchoredVersion, AssistedPatient, At, ConsentLedger, LedgerError, OrganisationView, Tip,
};
use std::{sync::Arc, time::Duration};

/// Blocks for which the organisation's own transactions are valid, at most.
const VALID_BLOCKS_MAX: u64 = 200;
/// Longest wait for a transaction to be settled, beyond which it is not known.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Times that a transaction is submitted again while there is no room.
const ATTEMPTS_MAX: u32 = 100;

/// The ledger for one organisation's vault.
pub(crate) struct OrganisationLedger {
    pub(crate) ledger: LocalLedger,
    pub(crate) organisation: AccountId,
    pub(crate) signer: Arc<dyn Signer>,
}

impl OrganisationLedger {
    async fn ask<T>(
        &self,
        at_least: Height,
        question: impl Fn(&ReadSet) -> T,
    ) -> Result<At<T>, LedgerError> {
        self.ask_at_time(at_least, |state, _| question(state)).await
    }

    /// The same, of a question that depends on the time of the block.
    async fn ask_at_time<T>(
        &self,
        at_least: Height,
        question: impl Fn(&ReadSet, BlockTime) -> T,
    ) -> Result<At<T>, LedgerError> {
        let tip = self.tip_at(at_least).await?;
        let answer = self.ledger.ask(Some(tip.height), |state| question(state, tip.time)).await;
        let (_, value) = answer.map_err(|refusal| unavailable(refusal.detail))?;
        Ok(At { tip, value })
    }

    /// The latest block, once it is at `at_least`.
    async fn tip_at(&self, at_least: Height) -> Result<Tip, LedgerError> {
        let late = || unavailable(format!("height {at_least} is not reached here in time"));
        let status = self.ledger.reach(at_least).await.ok_or_else(late)?;
        Ok(Tip { height: status.applied, time: status.time })
    }

    /// Submits calls as one transaction of the organisation and waits until it is final.
    async fn send(&self, calls: Vec<Call>) -> Result<Tip, LedgerError> {
        let validity = self.ledger.network.parameters.validity_blocks;
        let height = self.ledger.engine.status().await.applied;
        let body = TransactionBody {
            network: self.ledger.network_id,
            sender: self.organisation,
            cosigners: VecMax::default(),
            valid_until: height.after(validity.min(VALID_BLOCKS_MAX)),
            salt: Salt(random::<16>()),
            calls: VecMax::new(calls).map_err(|error| unavailable(error.reason))?,
        };
        let hash = body.hash();
        let unsigned = UnsignedTransaction::new(body);
        let signature = keys::sign(&self.signer, unsigned.signed_bytes())
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let transaction = unsigned
            .with_signature(self.organisation, self.signer.public(), signature)
            .finish()
            .map_err(|error| unavailable(error.reason))?;
        self.submit(transaction.to_bytes().into()).await?;
        self.settled(hash).await
    }

    async fn submit(&self, bytes: bytes::Bytes) -> Result<(), LedgerError> {
        for _ in 0..ATTEMPTS_MAX {
            let answer = self.ledger.submit(vec![bytes.clone()]).await.pop();
            match answer {
                Some(Ok(Submitted::Accepted(_) | Submitted::Pending(_) | Submitted::Final(_))) => {
                    return Ok(());
                }
                Some(Err(refusal)) => match refusal.retry_after {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(unavailable(refusal.detail)),
                },
                None => return Err(unavailable("the node gave no answer")),
            }
        }
        Err(unavailable("there was no room for it; ask again later"))
    }

    async fn settled(&self, hash: TransactionHash) -> Result<Tip, LedgerError> {
        match self.ledger.transaction(hash, SETTLE_TIMEOUT).await {
            TransactionStatus::Final(found) => match found.receipt.outcome {
                Outcome::Ok => Ok(Tip { height: found.receipt.height, time: found.time }),
                Outcome::Refused { code, message, .. } => Err(LedgerError::Refused {
                    code: code.to_string(),
                    detail: message.to_string(),
                }),
            },
            TransactionStatus::Expired => {
                Err(unavailable("it expired before it was in a block; ask again"))
            }
            TransactionStatus::Pending | TransactionStatus::Unknown => Err(LedgerError::Unknown {
                detail: "it waits for a block for longer than expected".to_owned(),
            }),
        }
    }
}

fn unavailable(detail: impl Into<String>) -> LedgerError {
    LedgerError::Unavailable { detail: detail.into() }
}

fn call(module: ModuleId, message: &impl borsh::BorshSerialize) -> Result<Call, LedgerError> {
    let payload = salus_types::BytesMax::new(encode(message));
    Ok(Call { module, payload: payload.map_err(|error| unavailable(error.reason))? })
}

fn consent_calls(messages: impl IntoIterator<Item = ConsentTx>) -> Result<Vec<Call>, LedgerError> {
    messages.into_iter().map(|message| call(ModuleId::CONSENT, &message)).collect()
}

#[async_trait]
impl ConsentLedger for OrganisationLedger {
    fn network(&self) -> NetworkId {
        self.ledger.network_id
    }

    async fn tip(&self) -> Result<Tip, LedgerError> {
        let status = self.ledger.engine.status().await;
        let time = status.time.max(self.ledger.network.genesis_time);
        Ok(Tip { height: status.applied, time })
    }

    async fn register_patients(&self, patients: Vec<AssistedPatient>) -> Result<Tip, LedgerError> {
        let calls = patients
            .into_iter()
            .map(|patient| {
                let message = IdentityTx::RegisterAccount(RegisterAccount {
                    account: patient.account,
                    kind: AccountKind::Person,
                    key: patient.key,
                    salt: patient.salt,
                });
                call(ModuleId::IDENTITY, &message)
            })
            .collect::<Result<_, _>>()?;
        self.send(calls).await
    }

    async fn is_registered(&self, patient: AccountId) -> Result<bool, LedgerError> {
        let found = self.ask(Height(0), |state| identity::query::exists(state, patient)).await?;
        Ok(found.value)
    }

    async fn anchor_records(&self, anchors: Vec<AnchorRecord>) -> Result<Tip, LedgerError> {
        self.send(consent_calls(anchors.into_iter().map(ConsentTx::AnchorRecord))?).await
    }

    async fn record_version(
        &self,
        record: RecordId,
        version: u32,
        at_least: Height,
    ) -> Result<At<Option<AnchoredVersion>>, LedgerError> {
        self.ask(at_least, |state| {
            let found = consent::query::record(state, record)?.stored;
            let version = consent::query::record_version(state, record, version)?;
            Some(AnchoredVersion { patient: found.patient, custodian: found.custodian, version })
        })
        .await
    }

    async fn access_allowed(
        &self,
        ask: Ask,
        at_least: Height,
    ) -> Result<At<Result<Terms, ConsentError>>, LedgerError> {
        self.ask_at_time(at_least, |state, now| consent::access_allowed(state, &ask, now)).await
    }

    async fn standing(
        &self,
        basis: Basis,
        at_least: Height,
    ) -> Result<At<Option<Standing>>, LedgerError> {
        self.ask_at_time(at_least, |state, now| consent::standing(state, basis, now)).await
    }

    async fn emergency_rules(
        &self,
        patient: AccountId,
        at_least: Height,
    ) -> Result<At<Option<EmergencyRules>>, LedgerError> {
        self.ask(at_least, |state| consent::query::emergency_rules(state, patient)).await
    }

    async fn arrangement(
        &self,
        arrangement: ArrangementId,
        at_least: Height,
    ) -> Result<At<Option<Arrangement>>, LedgerError> {
        self.ask(at_least, |state| {
            consent::query::arrangement(state, arrangement).map(|view| view.stored)
        })
        .await
    }

    async fn release(
        &self,
        request: RequestId,
        at_least: Height,
    ) -> Result<At<Result<(Release, Terms), ConsentError>>, LedgerError> {
        self.ask_at_time(at_least, |state, now| {
            let release = consent::release_allowed(state, request, now)?;
            let terms = consent::access_allowed(state, &release.ask(), now)?;
            Ok((release, terms))
        })
        .await
    }

    async fn releases(
        &self,
        patient: AccountId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<ReleaseView>, LedgerError> {
        let holder = self.organisation;
        let question = |state: &ReadSet| {
            consent::query::releases_of(state, patient, holder, from, limit).items
        };
        self.ask(Height(0), question).await.map(|found| found.value)
    }

    async fn request_release(&self, call: RequestRelease) -> Result<Tip, LedgerError> {
        self.send(consent_calls([ConsentTx::RequestRelease(call)])?).await
    }

    async fn next_access(&self, patient: AccountId) -> Result<At<u64>, LedgerError> {
        let custodian = self.organisation;
        self.ask(Height(0), |state| consent::query::next_sequence(state, patient, custodian)).await
    }

    async fn account_accesses(&self, accounts: Vec<AccountAccess>) -> Result<Tip, LedgerError> {
        self.send(consent_calls(accounts.into_iter().map(ConsentTx::AccountAccess))?).await
    }

    async fn access_batches(
        &self,
        patient: AccountId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<AccessBatch>, LedgerError> {
        let custodian = self.organisation;
        let question = |state: &ReadSet| {
            let page = consent::query::accesses_of(state, patient, custodian, from, limit);
            page.items.into_iter().map(|view| view.stored).collect()
        };
        Ok(self.ask(Height(0), question).await?.value)
    }

    async fn access_batch_with(
        &self,
        patient: AccountId,
        sequence: u64,
    ) -> Result<Option<AccessBatch>, LedgerError> {
        let custodian = self.organisation;
        let question = |state: &ReadSet| {
            consent::query::access_with(state, patient, custodian, sequence).map(|view| view.stored)
        };
        Ok(self.ask(Height(0), question).await?.value)
    }

    async fn organisation(
        &self,
        organisation: AccountId,
    ) -> Result<Option<OrganisationView>, LedgerError> {
        let question = |state: &ReadSet| {
            let account = identity::query::account_view(state, organisation)?;
            account.organisation.as_ref()?;
            let attests = account
                .keys
                .iter()
                .filter(|key| key.purposes.contains(KeyPurpose::Attest))
                .map(|key| key.key)
                .collect();
            Some(OrganisationView {
                account: organisation,
                active: identity::query::is_active_organisation(state, organisation),
                attest_keys: attests,
                sealing_key: account.sealing_key.map(|key| key.to_vec()).unwrap_or_default(),
            })
        };
        Ok(self.ask(Height(0), question).await?.value)
    }
}
