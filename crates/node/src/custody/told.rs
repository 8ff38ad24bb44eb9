//! The patient's log of releases: what the ledger has of requests, with what requesters tell of them.

use super::body;
use crate::records::{Gateway, from_vault, malformed, refusal};
use bytes::Bytes;
use salus_api::{
    client::Client,
    records::{RecordsRefusal, ReleaseItem, ReleasedAccess},
};
use salus_consent::{RequestId, query::ReleaseView};
use salus_crypto::random;
use salus_types::{AccountId, Salt, VecMax, decode, encode};
use salus_vault::custodial::{Signed, TELL, TELL_MAX, TellRequest, ToldRequest};
use std::collections::{BTreeMap, HashMap};

/// Most of what a requester may answer to one question: so many requests of so many leaves.
type Told = VecMax<ToldRequest, TELL_MAX>;

impl Gateway {
    /// Every request for release of a patient's records here, each with its accesses where its requester
    /// tells them, and they are what the ledger's request commits to; and the number of the next one.
    pub(crate) async fn releases(
        &self,
        patient: AccountId,
    ) -> Result<(Vec<ReleaseItem>, u64), RecordsRefusal> {
        let (releases, next) = self.vault.releases(patient).await.map_err(from_vault)?;
        let mut by_requester: BTreeMap<AccountId, Vec<RequestId>> = BTreeMap::new();
        for release in &releases {
            by_requester.entry(release.stored.requester).or_default().push(release.request);
        }
        let mut told = HashMap::new();
        for (requester, requests) in by_requester {
            for requests in requests.chunks(TELL_MAX) {
                match self.ask_to_tell(patient, requester, requests).await {
                    Ok(answer) => told.extend(answer.into_iter().map(|one| (one.request, one))),
                    // What the ledger has stands without it, and says that nothing was told.
                    Err(error) => {
                        tracing::info!(
                            code = error.code,
                            "a requester tells nothing of its requests"
                        );
                    }
                }
            }
        }
        let item = |release| item(&release, told.get(&release.request));
        Ok((releases.into_iter().map(item).collect(), next))
    }

    async fn ask_to_tell(
        &self,
        patient: AccountId,
        requester: AccountId,
        requests: &[RequestId],
    ) -> Result<Vec<ToldRequest>, RecordsRefusal> {
        if requester == self.organisation {
            let told = self.vault.told(patient, self.organisation, requests).await;
            return told.map_err(from_vault);
        }
        let api = self.api_of_organisation(requester).await?.ok_or_else(|| {
            refusal("vault.no_gateway", format!("the ledger names no API of {requester}"))
        })?;
        let status = self.ledger.engine.status().await;
        let ask = TellRequest {
            network: self.ledger.network_id,
            holder: self.organisation,
            to: requester,
            patient,
            requests: VecMax::new(requests.to_vec()).map_err(malformed)?,
            height: status.applied,
            time: status.time.max(self.ledger.network.genesis_time),
            nonce: Salt(random()),
        };
        let request = self.signed(TELL, ask).await?;
        let client = Client::new(&api).map_err(|error| refusal(error.code(), &error))?;
        let answer = client.gateway_told(request).await;
        let answer = answer.map_err(|error| refusal(error.code(), &error))?;
        let told: Told = decode("leaves of requests", &answer).map_err(malformed)?;
        Ok(told.into_inner())
    }

    /// Tells a holder what this organisation read of it.
    pub(crate) async fn tell_holder(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        let signed: Signed<TellRequest> = body("question for leaves", &request)?;
        let told = self.vault.tell(&signed).await.map_err(from_vault)?;
        Ok(encode(&told).into())
    }
}

fn item(release: &ReleaseView, told: Option<&ToldRequest>) -> ReleaseItem {
    let stored = &release.stored;
    let access = |told: &salus_vault::custodial::ToldLeaf| ReleasedAccess {
        leaf: told.leaf.clone(),
        event: String::from_utf8_lossy(&told.event).into_owned(),
    };
    ReleaseItem {
        request: release.request,
        requester: stored.requester,
        basis: stored.basis,
        purpose: stored.purpose,
        first_sequence: stored.first_sequence,
        count: stored.count,
        leaves_root: stored.leaves_root,
        requested_at: stored.requested_at,
        accesses: told
            .filter(|told| told.holds(release))
            .map(|told| told.leaves.iter().map(access).collect()),
    }
}
