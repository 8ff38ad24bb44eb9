//! Calls about the organisation's records, and between gateways.

use super::{
    Client, ClientError,
    send::{Call, Repeat, part},
};
use crate::{
    records::{
        AccessesAnswer, HistoryAnswer, ImportAnswer, ImportOrder, PatientsAnswer, ReadOrder,
        ReadRecord, RecordFilter, RecordsAnswer, ScopeRegistration,
    },
    routes::{
        gateway::{READ_REQUEST, SCOPE_OPENING},
        vault::{
            ACCESS_HEADER, FHIR_JSON, HEIGHT_HEADER, RECORD_HEADER, TYPE_HEADER, VERSION_HEADER,
        },
    },
    rules::{ExplainOrder, RulesAnswer},
};
use bytes::Bytes;
use reqwest::{Body, Response, header};
use salus_consent::{Basis, RecordId};
use salus_types::{AccountId, Height, TransactionBody, TransactionSignature};
use salus_vault::rules::{Explained, LabelOrder};
use serde::Serialize;
use std::{str::FromStr, time::Duration};

/// Longest time for a read: its account must be final before it is answered.
const READ_MAX: Duration = Duration::from_mins(1);

impl Client {
    /// Imports a FHIR R4 bundle, JSON or gzip, from bytes or a stream. Not sent again when it fails;
    /// doing so is harmless.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn import(
        &self,
        order: &ImportOrder,
        bundle: impl Into<Body>,
    ) -> Result<ImportAnswer, ClientError> {
        let whose = match order.patient {
            Some(patient) => format!("patient={patient}"),
            None => "assisted=true".to_owned(),
        };
        let path = format!("/v1/vault/import?{whose}&source={}", part(&order.source));
        let mut request = self
            .http
            .post(format!("{}{path}", self.base()))
            .header(header::CONTENT_TYPE, FHIR_JSON)
            .body(bundle);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, token.header());
        }
        let response =
            self.dispatch(request).await.map_err(|source| self.unreachable(&path, source))?;
        let response = self.checked(&path, response).await?;
        let bytes = response.bytes().await.map_err(|source| self.unreachable(&path, source))?;
        serde_json::from_slice(&bytes).map_err(|error| self.unexpected(&path, error.to_string()))
    }

    /// A page of the organisation's records.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn records(&self, filter: &RecordFilter) -> Result<RecordsAnswer, ClientError> {
        let parts = [
            filter.patient.map(|patient| format!("patient={patient}")),
            filter.resource_type.as_deref().map(|name| format!("type={}", part(name))),
            filter.category.as_deref().map(|name| format!("category={}", part(name))),
            filter.after.map(|after| format!("after={after}")),
            filter.limit.map(|limit| format!("limit={limit}")),
        ];
        let query = parts.into_iter().flatten().collect::<Vec<_>>().join("&");
        self.json(Call::get(format!("/v1/vault/records?{query}"))).await
    }

    /// A page of the organisation's patients.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn patients(&self, after: Option<AccountId>) -> Result<PatientsAnswer, ClientError> {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        self.json(Call::get(format!("/v1/vault/patients{query}"))).await
    }

    /// Every access to a patient's records at the organisation.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn accesses(&self, patient: AccountId) -> Result<AccessesAnswer, ClientError> {
        self.json(Call::get(format!("/v1/vault/patients/{patient}/accesses"))).await
    }

    /// Lets the organisation sign for an assisted patient, the sender of `body`.
    ///
    /// # Errors
    ///
    /// `api.not_found`: the organisation keeps no key of the patient; or the node cannot be reached.
    pub async fn sign_for_patient(
        &self,
        body: &TransactionBody,
    ) -> Result<TransactionSignature, ClientError> {
        let path = format!("/v1/vault/patients/{}/signatures", body.sender);
        self.json(self.post_json(&path, body, Repeat::Harmless)?).await
    }

    /// The versions of a record.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn history(&self, record: RecordId) -> Result<HistoryAnswer, ClientError> {
        self.json(Call::get(format!("/v1/vault/records/{record}/history"))).await
    }

    /// Reads a record through the organisation's gateway. Sent again only where the first request
    /// cannot have been taken, because each read is accounted for.
    ///
    /// # Errors
    ///
    /// Why the read is refused; or the node cannot be reached.
    pub async fn read(&self, order: &ReadOrder) -> Result<ReadRecord, ClientError> {
        let path = "/v1/vault/read";
        let call = self.post_json(path, order, Repeat::IfNotTaken)?.waiting(READ_MAX);
        let response = self.send(call).await?;
        let record = self.told(path, &response, RECORD_HEADER)?;
        let version = self.told(path, &response, VERSION_HEADER)?;
        let resource_type = self.told(path, &response, TYPE_HEADER)?;
        let sequence = self.told(path, &response, ACCESS_HEADER)?;
        let accounted = Height(self.told(path, &response, HEIGHT_HEADER)?);
        let bytes = response.bytes().await.map_err(|source| self.unreachable(path, source))?;
        Ok(ReadRecord { record, version, resource_type, sequence, accounted, bytes })
    }

    /// Sets labels of a record. Not sent again when it fails: each time is kept.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn set_labels(
        &self,
        record: RecordId,
        order: &LabelOrder,
    ) -> Result<(), ClientError> {
        let path = format!("/v1/vault/records/{record}/labels");
        self.bytes(self.post_json(&path, order, Repeat::IfNotTaken)?).await.map(drop)
    }

    /// Asks how a read would be decided, and by what.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn explain(&self, order: &ExplainOrder) -> Result<Explained, ClientError> {
        self.json(self.post_json("/v1/vault/explain", order, Repeat::Harmless)?).await
    }

    /// Lets the node read the rules of the organisation again.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn reload_rules(&self) -> Result<RulesAnswer, ClientError> {
        let call = Call::post("/v1/vault/rules/reload", "application/json", "", Repeat::Harmless);
        self.json(call).await
    }

    /// Registers the opening of a scope with an organisation that keeps the records.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn register_scope(&self, opening: &ScopeRegistration) -> Result<(), ClientError> {
        let call = self.post_json("/v1/vault/scopes", opening, Repeat::Harmless)?;
        self.bytes(call.waiting(READ_MAX)).await.map(drop)
    }

    /// The opening of a scope that the organisation keeps.
    ///
    /// # Errors
    ///
    /// `vault.scope`: it keeps none; or the node cannot be reached.
    pub async fn scope(&self, basis: Basis) -> Result<serde_json::Value, ClientError> {
        let path = match basis {
            Basis::Grant(id) => format!("/v1/vault/scopes/grant/{id}"),
            Basis::Episode(id) => format!("/v1/vault/scopes/episode/{id}"),
            Basis::Emergency(id) => format!("/v1/vault/scopes/emergency/{id}"),
        };
        self.json(Call::get(path)).await
    }

    /// Asks another organisation's gateway for a record: a signed request in canonical bytes.
    ///
    /// # Errors
    ///
    /// Why the read is refused; or the gateway cannot be reached.
    pub async fn gateway_read(&self, request: impl Into<Bytes>) -> Result<Bytes, ClientError> {
        let call = Call::post("/v1/gateway/read", READ_REQUEST, request, Repeat::IfNotTaken);
        self.bytes(call.waiting(READ_MAX)).await
    }

    /// Hands the opening of a scope to another organisation's gateway: signed, in canonical
    /// bytes.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the gateway cannot be reached.
    pub async fn gateway_scope(&self, opening: impl Into<Bytes>) -> Result<(), ClientError> {
        let call = Call::post("/v1/gateway/scopes", SCOPE_OPENING, opening, Repeat::Harmless);
        self.bytes(call).await.map(drop)
    }

    pub(super) fn post_json(
        &self,
        path: &str,
        body: &impl Serialize,
        repeat: Repeat,
    ) -> Result<Call, ClientError> {
        let body =
            serde_json::to_vec(body).map_err(|error| self.unexpected(path, error.to_string()))?;
        Ok(Call::post(path, "application/json", body, repeat))
    }

    /// What a header of an answer says.
    fn told<T: FromStr>(
        &self,
        path: &str,
        response: &Response,
        name: &str,
    ) -> Result<T, ClientError> {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| self.unexpected(path, format!("the header {name} is missing or wrong")))
    }
}
