//! Keys with custodians: this organisation as holder, as custodian and as requester.

mod told;

use crate::{
    keys,
    records::{Gateway, from_vault, malformed, named, refusal},
};
use async_trait::async_trait;
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use futures::{StreamExt as _, stream::FuturesUnordered};
use salus_api::{
    client::Client,
    custody::{Custody, CustodyOffer, CustodyOrder},
    records::{ReadOrder, RecordsRefusal},
};
use salus_app::{consent, identity};
use salus_consent::{ArrangementId, ArrangementKind, Basis, state::RecordVersion};
use salus_crypto::wrap::SealingPublic;
use salus_state::ReadSet;
use salus_types::{AccountId, Hash, Height, decode, encode};
use salus_vault::{
    RecordId, VaultError,
    custodial::{
        CustodialResponse, FETCH, Recipient, SHARE, Session, ShareBundle, ShareRequest,
        SharesRequest, Signed, Wanted, signed_bytes,
    },
    remote::OpenedRecord,
};

/// Most offers that wait for a patient's signature; the oldest go first.
const OFFERS_MAX: usize = 256;

/// What the ledger says about a record that is asked for of custodians.
struct Place {
    patient: AccountId,
    root: Hash,
    custodians: Vec<AccountId>,
    anchor: RecordVersion,
}

impl Gateway {
    pub(crate) async fn asked<T>(
        &self,
        question: impl Fn(&ReadSet) -> T,
    ) -> Result<T, RecordsRefusal> {
        let answer = self.ledger.ask(None, question).await;
        answer.map(|(_, found)| found).map_err(|refused| refusal(refused.code, refused.detail))
    }

    async fn signed<T: BorshSerialize>(
        &self,
        kind: &'static str,
        body: T,
    ) -> Result<Bytes, RecordsRefusal> {
        let signature = keys::sign(&self.signer, signed_bytes(kind, &body)).await;
        let signature = signature.map_err(|error| refusal(error.code(), &error))?;
        Ok(encode(&Signed { body, key: self.signer.public(), signature }).into())
    }

    /// Asks another gateway, or this vault where it is the one that is asked.
    async fn sealed_of(
        &self,
        api: &str,
        fetch: ShareRequest,
    ) -> Result<CustodialResponse, RecordsRefusal> {
        let here = fetch.to == self.organisation;
        let request = self.signed(FETCH, fetch).await?;
        let answer = if here {
            self.release_sealed(request).await?
        } else {
            let client = Client::new(api).map_err(|error| refusal(error.code(), &error))?;
            let answer = client.gateway_sealed(request).await;
            answer.map_err(|error| refusal(error.code(), &error))?
        };
        decode("sealed record", &answer).map_err(malformed)
    }

    async fn share_of(
        &self,
        custodian: AccountId,
        ask: SharesRequest,
    ) -> Result<(AccountId, Vec<u8>), RecordsRefusal> {
        let request = self.signed(SHARE, ask).await?;
        if custodian == self.organisation {
            return Ok((custodian, self.release_share(request).await?.to_vec()));
        }
        let api =
            self.api_of_organisation(custodian).await?.ok_or_else(|| no_gateway(custodian))?;
        let client = Client::new(&api).map_err(|error| refusal(error.code(), &error))?;
        let answer = client.gateway_share(request).await;
        Ok((custodian, answer.map_err(|error| refusal(error.code(), &error))?.to_vec()))
    }

    /// Reads a record whose key is with custodians: a request on the ledger, the sealed record, and as
    /// many shares as are needed.
    pub(crate) async fn read_custodial(
        &self,
        order: &ReadOrder,
        basis: Basis,
        holder: AccountId,
        api: &str,
    ) -> Result<OpenedRecord, RecordsRefusal> {
        let scope = self.opening_of(basis).await?;
        let patient = self.asked(|state| consent::query::record(state, order.record)).await?;
        let patient = patient.ok_or_else(|| from_vault(VaultError::UnknownRecord))?.stored.patient;
        let wanted = Wanted {
            patient,
            holder,
            basis,
            scope,
            purpose: order.purpose,
            records: vec![order.record],
            actor: order.actor.clone(),
        };
        let session = self.vault.request_release(wanted).await.map_err(from_vault)?;
        let (sequence, accounted) = self.vault.send_release(&session).await.map_err(from_vault)?;
        let status = self.ledger.engine.status().await;
        let fetch = session.fetch(order.record, status.applied, status.time);
        let response = self.sealed_of(api, fetch).await?;
        // The holder may be a block ahead, with the anchor of what it gives.
        self.ledger.reach(response.height).await;
        let place = self.place(&response, order.record).await?;
        if place.patient != patient {
            return Err(from_vault(VaultError::NotOpenable));
        }
        let bytes = self.gather(&session, &response, &place, status.applied).await?;
        Ok(OpenedRecord {
            record: order.record,
            version: response.version,
            resource_type: response.resource_type,
            category: response.resource_type.category(),
            bytes,
            sequence,
            accounted,
        })
    }

    /// What the ledger says about a record and the custodians of its key.
    async fn place(
        &self,
        response: &CustodialResponse,
        record: RecordId,
    ) -> Result<Place, RecordsRefusal> {
        let (arrangement, version) = (response.arrangement, response.version);
        let found = self
            .asked(|state| {
                let arrangement = consent::query::arrangement(state, arrangement)?.stored;
                let anchor = consent::query::record_version(state, record, version)?;
                Some(Place {
                    patient: arrangement.patient,
                    root: arrangement.commitments_root,
                    custodians: arrangement.custodians.to_vec(),
                    anchor,
                })
            })
            .await?;
        found.ok_or_else(|| from_vault(VaultError::Custodians))
    }

    /// Asks all custodians at once and opens the record as soon as enough have answered.
    async fn gather(
        &self,
        session: &Session,
        response: &CustodialResponse,
        place: &Place,
        height: Height,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, RecordsRefusal> {
        let time = self.ledger.engine.status().await.time;
        let ask = |custodian: &AccountId| {
            self.share_of(*custodian, session.share(*custodian, response, height, time))
        };
        let mut asking: FuturesUnordered<_> = place.custodians.iter().map(ask).collect();
        let mut answers = Vec::new();
        let mut last = from_vault(VaultError::TooFewShares { found: 0, needed: 1 });
        let mut over = None;
        while let Some(answer) = asking.next().await {
            match answer {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    tracing::debug!(code = error.code, "a custodian gives no share");
                    over = over.or(VaultError::says_over(&error.code).then_some(error));
                    continue;
                }
            }
            match session.open(response, place.root, &place.anchor, &answers) {
                Ok(bytes) => return Ok(bytes),
                Err(error @ VaultError::TooFewShares { .. }) => last = from_vault(error),
                Err(error) => return Err(from_vault(error)),
            }
        }
        // A custodian that knows of the end before this node says why there are too few.
        Err(over.unwrap_or(last))
    }

    async fn recipients(&self, accounts: &[AccountId]) -> Result<Vec<Recipient>, RecordsRefusal> {
        let mut recipients = Vec::with_capacity(accounts.len());
        for account in accounts {
            let key = self.asked(|state| identity::query::sealing_key(state, *account)).await?;
            let sealing = key.and_then(|key| SealingPublic::from_bytes(&key).ok());
            let sealing = sealing.ok_or_else(|| from_vault(VaultError::Custodians))?;
            recipients.push(Recipient { account: *account, sealing });
        }
        Ok(recipients)
    }

    async fn hand_over(&self, bundle: &ShareBundle) -> Result<(), RecordsRefusal> {
        if bundle.custodian == self.organisation {
            return self.vault.keep_shares(bundle, Height(0)).await.map_err(from_vault);
        }
        let custodian = bundle.custodian;
        let api =
            self.api_of_organisation(custodian).await?.ok_or_else(|| no_gateway(custodian))?;
        let client = Client::new(&api).map_err(|error| refusal(error.code(), &error))?;
        let height = self.ledger.engine.status().await.applied;
        let sent = client.gateway_shares(encode(&(height, bundle))).await;
        sent.map_err(|error| refusal(error.code(), &error))
    }
}

fn no_gateway(custodian: AccountId) -> RecordsRefusal {
    refusal("vault.no_gateway", format!("the ledger names no API of custodian {custodian}"))
}

fn body<T: BorshDeserialize>(what: &'static str, bytes: &[u8]) -> Result<T, RecordsRefusal> {
    decode(what, bytes).map_err(malformed)
}

#[async_trait]
impl Custody for Gateway {
    async fn deal(&self, order: CustodyOrder) -> Result<CustodyOffer, RecordsRefusal> {
        let categories = order.categories.iter().map(|name| named(name, "a category"));
        let categories: Vec<_> = categories.collect::<Result<_, _>>()?;
        let recipients = self.recipients(&order.custodians).await?;
        let (patient, holder) = (order.patient, self.organisation);
        let dealt = self.vault.deal_custody(patient, &categories, &recipients, order.threshold);
        let dealt = dealt.await.map_err(from_vault)?;
        let latest = self
            .asked(|state| {
                let all = consent::query::arrangements_of(state, patient, 0, u32::MAX);
                let ours = all.items.iter().filter(|one| {
                    one.stored.holder == holder && one.stored.kind == ArrangementKind::Ordinary
                });
                ours.map(|one| one.stored.epoch).max()
            })
            .await?;
        let commitments_root = dealt.root();
        let mut offers = self.offers.lock();
        if offers.len() >= OFFERS_MAX {
            offers.remove(0);
        }
        offers.push(dealt);
        Ok(CustodyOffer {
            commitments_root,
            holder,
            epoch: latest.map_or(1, |epoch| epoch.saturating_add(1)),
        })
    }

    async fn begin(&self, arrangement: ArrangementId) -> Result<(), RecordsRefusal> {
        let unknown = || from_vault(VaultError::Custodians);
        let found = self.asked(|state| consent::query::arrangement(state, arrangement)).await?;
        let root = found.ok_or_else(unknown)?.stored.commitments_root;
        let offer = self.offers.lock().iter().find(|one| one.root() == root).cloned();
        let offer = offer.ok_or_else(unknown)?;
        for bundle in offer.bundles(arrangement).map_err(from_vault)? {
            self.hand_over(&bundle).await?;
        }
        self.vault.begin_custody(arrangement, &offer).await.map_err(from_vault)?;
        self.offers.lock().retain(|one| one.root() != root);
        Ok(())
    }

    async fn keep_shares(&self, shares: Bytes) -> Result<(), RecordsRefusal> {
        let (height, bundle): (Height, ShareBundle) = body("shares", &shares)?;
        self.vault.keep_shares(&bundle, height).await.map_err(from_vault)
    }

    async fn release_share(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        let signed: Signed<SharesRequest> = body("request for a share", &request)?;
        let share = self.vault.release_share(&signed).await.map_err(from_vault)?;
        Ok(share.into())
    }

    async fn release_sealed(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        let signed: Signed<ShareRequest> = body("request for a sealed record", &request)?;
        let response = self.vault.serve_custodial(&signed).await.map_err(from_vault)?;
        Ok(encode(&response).into())
    }

    async fn tell(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        self.tell_holder(request).await
    }
}
