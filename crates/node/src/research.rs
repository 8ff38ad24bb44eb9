//! Exports for research: this organisation as the one that asks, and as the one that keeps the records.

use crate::{
    keys,
    records::{Gateway, from_vault, malformed, refusal},
};
use bytes::Bytes;
use salus_api::{
    client::Client,
    records::{ExportOrder, RecordsRefusal},
};
use salus_app::consent;
use salus_consent::Basis;
use salus_crypto::random;
use salus_types::{AccountId, Salt, TextMax, decode, encode};
use salus_vault::{
    RecordId, VaultError,
    custodial::{Signed, signed_bytes},
    research::{EXPORT, ExportRequest, ExportResponse},
};

/// Most bytes of one export.
const EXPORT_BYTES_MAX: usize = 1 << 30;

impl Gateway {
    /// Gets all pages of an export.
    pub(crate) async fn export_elsewhere(
        &self,
        order: &ExportOrder,
    ) -> Result<Bytes, RecordsRefusal> {
        let project = TextMax::new(&order.project).ok().filter(|name| !name.is_empty());
        let project = project.ok_or_else(|| malformed("a project has a name of 1 to 64 bytes"))?;
        let found = self.asked(|state| consent::query::grant(state, order.grant)).await?;
        let holder = found.ok_or_else(|| from_vault(VaultError::NoGrant))?.stored.custodian;
        let api = match &order.from {
            Some(api) => api.clone(),
            None => self.api_of_organisation(holder).await?.ok_or_else(|| {
                refusal(
                    "vault.no_gateway",
                    "the ledger names no API of the organisation that keeps the records; give it as `from`",
                )
            })?,
        };
        let client = Client::new(&api).map_err(|error| refusal(error.code(), &error))?;
        let mut lines = String::new();
        let mut after = None;
        loop {
            let request = self.export_request(order, &project, holder, after).await?;
            let signature = keys::sign(&self.signer, signed_bytes(EXPORT, &request)).await;
            let signature = signature.map_err(|error| refusal(error.code(), &error))?;
            let signed = Signed { body: request.clone(), key: self.signer.public(), signature };
            let answer = client.gateway_export(encode(&signed)).await;
            let answer = answer.map_err(|error| refusal(error.code(), &error))?;
            let page: ExportResponse = decode("page of an export", &answer).map_err(malformed)?;
            lines.push_str(&page.open(&request, &self.sealing).map_err(from_vault)?);
            after = page.next;
            if after.is_none() {
                return Ok(lines.into());
            }
            if lines.len() > EXPORT_BYTES_MAX {
                return Err(from_vault(VaultError::Busy {
                    what: "the export is larger than 1 GiB",
                }));
            }
        }
    }

    async fn export_request(
        &self,
        order: &ExportOrder,
        project: &TextMax<64>,
        to: AccountId,
        after: Option<RecordId>,
    ) -> Result<ExportRequest, RecordsRefusal> {
        let status = self.ledger.engine.status().await;
        let basis = Basis::Grant(order.grant);
        Ok(ExportRequest {
            network: self.ledger.network_id,
            requester: self.organisation,
            to,
            grant: order.grant,
            scope: self.vault.scope_opening(basis).await.map_err(from_vault)?,
            purpose: order.purpose,
            project: project.clone(),
            after,
            height: status.applied,
            time: status.time.max(self.ledger.network.genesis_time),
            nonce: Salt(random::<16>()),
        })
    }

    /// Answers another organisation's request for a page.
    pub(crate) async fn export_page(&self, request: &[u8]) -> Result<Bytes, RecordsRefusal> {
        let signed: Signed<ExportRequest> =
            decode("request for an export", request).map_err(malformed)?;
        let page = self.vault.serve_export(&signed).await.map_err(from_vault)?;
        Ok(encode(&page).into())
    }
}
