//! Reading one record: here, from the organisation that keeps it, or with shares of custodians.
//!
//! What this node knows of the ledger only says whom to ask: holder and custodians decide by theirs, at
//! this node's height or later, and another node may know more than this one.

use crate::{
    keys,
    records::{Gateway, api_in, asking_of, from_vault, malformed, refusal},
};
use salus_api::{
    client::Client,
    records::{ReadOrder, RecordsRefusal},
};
use salus_app::consent;
use salus_consent::{ArrangementKind, Ask, Basis, RecordId, ReleaseMode};
use salus_crypto::random;
use salus_state::ReadSet;
use salus_types::{AccountId, Salt, decode, encode};
use salus_vault::{
    AnchoredVersion, VaultError,
    remote::{self, OnLedger, OpenedRecord, ReadRequest, ReadResponse, SignedReadRequest},
};

/// Blocks after which a basis that another node knows is known here, at the latest.
const KNOWN_AFTER_BLOCKS_MAX: u32 = 64;

/// Who is asked for the key of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The organisation that holds the record: keys are wrapped.
    Wrapped,
    /// The same first, as no custodians are known here.
    Holder,
    /// Custodians, in shares, for a request on the ledger.
    Custodians,
}

/// How keys are released on a basis; none for one that is not known here.
fn mode_of(state: &ReadSet, basis: Basis) -> Option<ReleaseMode> {
    match basis {
        Basis::Grant(id) => consent::query::grant(state, id).map(|found| found.stored.mode),
        Basis::Episode(id) => consent::query::episode(state, id).map(|found| found.stored.mode),
        Basis::Emergency(id) => {
            consent::query::emergency(state, id).map(|_| ReleaseMode::Custodial)
        }
    }
}

/// Whether custodians are appointed for what is asked on a basis.
fn has_custodians(state: &ReadSet, basis: Basis, patient: AccountId, holder: AccountId) -> bool {
    let kind = ArrangementKind::of(basis);
    consent::query::latest_arrangement(state, patient, holder, kind).is_some()
}

impl Gateway {
    /// Reads a record as it is ordered.
    pub(crate) async fn read_order(
        &self,
        order: &ReadOrder,
    ) -> Result<OpenedRecord, RecordsRefusal> {
        let (patient, custodian, api) = self.api_of(order.record).await?;
        let here = custodian == self.organisation;
        let basis = match order.basis {
            // No grant is for an organisation's own records: it has no need of one.
            None | Some(Basis::Grant(_)) if here => {
                let opened = self.vault.read_own(order.record, asking_of(order)).await;
                return opened.map_err(from_vault);
            }
            None => return Err(from_vault(VaultError::NoGrant)),
            Some(basis) => basis,
        };
        let api = order.from.clone().or(api).or(here.then(String::new)).ok_or_else(|| {
            refusal(
                "vault.no_gateway",
                "the ledger names no API of the organisation that keeps the record; give it as `from`",
            )
        })?;
        let opened = self.read_on(order, basis, custodian, &api).await?;
        if !here {
            // What it is shows only now. The access is accounted for, and nothing is shown.
            let emergency = matches!(basis, Basis::Emergency(_));
            let shown = self.vault.may_show(&asking_of(order), emergency, patient, &opened).await;
            shown.map_err(from_vault)?;
        }
        Ok(opened)
    }

    /// Whose a record is, which organisation keeps it, and where its gateway is, by the ledger.
    async fn api_of(
        &self,
        record: RecordId,
    ) -> Result<(AccountId, AccountId, Option<String>), RecordsRefusal> {
        let question = |state: &salus_state::ReadSet| {
            let found = consent::query::record(state, record)?.stored;
            Some((found.patient, found.custodian, api_in(state, found.custodian)))
        };
        let found = self.ledger.ask(None, question).await;
        let (_, found) = found.map_err(|refused| refusal(refused.code, refused.detail))?;
        found.ok_or_else(|| from_vault(VaultError::UnknownRecord))
    }

    async fn read_on(
        &self,
        order: &ReadOrder,
        basis: Basis,
        holder: AccountId,
        api: &str,
    ) -> Result<OpenedRecord, RecordsRefusal> {
        let way = self.way_of(order, basis, holder).await?;
        if way == Some(Way::Custodians) {
            match self.read_custodial(order, basis, holder, api).await {
                // The patient has given the keys of some categories to custodians, and not this one.
                Err(error) if error.code == VaultError::NotCustodial.code() => {}
                answer => return answer,
            }
        }
        match self.read_wrapped(order, basis, holder, api).await {
            // The holder knows a basis or custodians that this node does not know yet.
            Err(error)
                if way != Some(Way::Wrapped) && error.code == VaultError::Custodial.code() =>
            {
                self.until_known(basis).await?;
                self.read_custodial(order, basis, holder, api).await
            }
            answer => answer,
        }
    }

    /// Who is asked for a record, by what this node knows of the basis; none for one that it does not
    /// know, or not yet. What is asked of custodians must be allowed here already; where keys are
    /// wrapped, the holder decides, and accounts for the refusal.
    async fn way_of(
        &self,
        order: &ReadOrder,
        basis: Basis,
        holder: AccountId,
    ) -> Result<Option<Way>, RecordsRefusal> {
        let now = self.ledger.engine.status().await.time;
        let (record, purpose, accessor) = (order.record, order.purpose, self.organisation);
        let found = self
            .asked(|state| {
                let patient = consent::query::record(state, record)?.stored.patient;
                let mode = mode_of(state, basis)?;
                let ask = Ask { patient, holder, accessor, basis, purpose };
                let allowed = consent::access_allowed(state, &ask, now);
                Some((mode, allowed, has_custodians(state, basis, patient, holder)))
            })
            .await?;
        match found {
            None => Ok(None),
            Some((ReleaseMode::Wrapped, ..)) => Ok(Some(Way::Wrapped)),
            Some((ReleaseMode::Custodial, allowed, custodians)) => {
                allowed.map_err(|error| from_vault(error.into()))?;
                Ok(Some(if custodians { Way::Custodians } else { Way::Holder }))
            }
        }
    }

    /// Waits until this node knows a basis that another node knows already.
    async fn until_known(&self, basis: Basis) -> Result<(), RecordsRefusal> {
        for _ in 0..KNOWN_AFTER_BLOCKS_MAX {
            let height = self.ledger.engine.status().await.applied;
            if self.asked(|state| mode_of(state, basis)).await?.is_some() {
                return Ok(());
            }
            self.ledger.reach(height.next()).await;
        }
        Err(from_vault(VaultError::unknown(basis)))
    }

    /// Asks the holder for a record and its key.
    async fn read_wrapped(
        &self,
        order: &ReadOrder,
        basis: Basis,
        custodian: AccountId,
        api: &str,
    ) -> Result<OpenedRecord, RecordsRefusal> {
        if custodian == self.organisation {
            let read = self.vault.read_here(order.record, basis, asking_of(order)).await;
            return read.map_err(from_vault);
        }
        let status = self.ledger.engine.status().await;
        let request = ReadRequest {
            network: self.ledger.network_id,
            requester: self.organisation,
            custodian,
            record: order.record,
            basis,
            scope: self.opening_of(basis).await?,
            purpose: order.purpose,
            actor: order.actor.clone(),
            height: status.applied,
            time: status.time.max(self.ledger.network.genesis_time),
            nonce: Salt(random::<16>()),
        };
        let signature = keys::sign(&self.signer, request.signed_bytes()).await;
        let signature = signature.map_err(|error| refusal(error.code(), &error))?;
        let signed =
            SignedReadRequest { request: request.clone(), key: self.signer.public(), signature };
        let client = Client::new(api).map_err(|error| refusal(error.code(), &error))?;
        let answer = client.gateway_read(encode(&signed)).await;
        let answer = answer.map_err(|error| refusal(error.code(), &error))?;
        let response: ReadResponse = decode("read response", &answer).map_err(malformed)?;
        let on_ledger = self.on_ledger(&response).await?;
        let opened = remote::open(&response, &request, &self.sealing, &on_ledger);
        if let Err(error @ VaultError::Unaccounted { .. }) = &opened {
            tracing::warn!(code = error.code(), %custodian, "a record came without an account");
        }
        opened.map_err(from_vault)
    }

    /// What the ledger says about an answer, once this node is where the holder was: it may be a block
    /// ahead, with the anchor of what it gives and the account of the access.
    async fn on_ledger(&self, response: &ReadResponse) -> Result<OnLedger, RecordsRefusal> {
        if self.ledger.reach(response.accounted).await.is_none() {
            let detail = "this node has not reached the height at which the access is accounted for; try again";
            return Err(refusal("vault.ledger", detail));
        }
        let question = |state: &salus_state::ReadSet| {
            let stored = consent::query::record(state, response.record)?.stored;
            let version = consent::query::record_version(state, response.record, response.version)?;
            let (patient, custodian) = (stored.patient, stored.custodian);
            let account = consent::query::access_with(state, patient, custodian, response.sequence);
            Some(OnLedger {
                record: AnchoredVersion { patient, custodian, version },
                account: account.map(|view| view.stored),
            })
        };
        let (_, found) = self
            .ledger
            .ask(None, question)
            .await
            .map_err(|refused| refusal(refused.code, refused.detail))?;
        found.ok_or_else(|| from_vault(VaultError::NotAnchored))
    }
}
