//! Signing for patients whose keys the organisation keeps: what assistance is for, and nothing else.

use super::vault::records_of;
use crate::{
    body::read_json_within, error::ApiError, extract::Path, problem::Problem, schema, state::Shared,
};
use axum::{
    Json,
    extract::{Request, State},
};
use metrics::counter;
use salus_consent::ConsentTx;
use salus_types::{
    AccountId, Call, ModuleId, Transaction, TransactionBody, TransactionSignature, decode,
    transaction::TRANSACTION_BYTES_MAX,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Metric: transactions signed for assisted patients.
pub(crate) const SIGNED_TOTAL: &str = "api_assisted_signatures_total";

/// Whether a call is the patient's own decision about who may read their records.
fn is_for_assistance(call: &Call) -> bool {
    if call.module != ModuleId::CONSENT {
        return false;
    }
    match decode::<ConsentTx>("consent call", &call.payload) {
        Ok(
            ConsentTx::GrantAccess(_)
            | ConsentTx::RevokeGrant(_)
            | ConsentTx::Delegate(_)
            | ConsentTx::EndDelegation(_)
            | ConsentTx::OpenEpisode(_)
            | ConsentTx::CloseEpisode(_)
            | ConsentTx::TransferEpisode(_)
            | ConsentTx::AppointCustodians(_)
            | ConsentTx::RetireArrangement(_)
            | ConsentTx::SetEmergencyRules(_)
            | ConsentTx::CloseEmergency(_)
            | ConsentTx::RequestErasure(_),
        ) => true,
        Ok(
            ConsentTx::AnchorRecord(_)
            | ConsentTx::AccountAccess(_)
            | ConsentTx::RequestRelease(_)
            | ConsentTx::AttestRelease(_)
            | ConsentTx::OpenEmergency(_)
            | ConsentTx::CosignEmergency(_)
            | ConsentTx::ReviewEmergency(_)
            | ConsentTx::NotariseDocument(_)
            | ConsentTx::SignDocument(_)
            | ConsentTx::AttestErasure(_)
            | ConsentTx::RefuseErasure(_),
        )
        | Err(_) => false,
    }
}

/// Refuses a transaction that holds anything but such decisions.
fn check_assistance(body: &TransactionBody) -> Result<(), ApiError> {
    match body.calls.iter().position(|call| !is_for_assistance(call)) {
        Some(call) => Err(ApiError::NotForAssistance { call }),
        None => Ok(()),
    }
}

/// Signs a transaction with the key that the organisation keeps for an assisted patient.
///
/// The patient's will is on paper; whoever holds the token answers for it. Only decisions about who
/// may read are signed: grants and their revocation, episodes, delegates, custodians,
/// rules for emergencies, and erasure. The ledger shows each of them with the patient's
/// account, and that the account is assisted, and by whom.
#[utoipa::path(
    post, path = "/v1/vault/patients/{account}/signatures", tag = "vault", security(("token" = [])),
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits.")),
    request_body = schema::TransactionBody,
    responses(
        (status = 200, description = "The signature.", body = schema::TransactionSignature),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_for_patient(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    request: Request,
) -> Result<Json<TransactionSignature>, Problem> {
    let (parts, body) = request.into_parts();
    let body: TransactionBody =
        read_json_within(&parts.headers, body, 2 * TRANSACTION_BYTES_MAX, &shared.limits).await?;
    if body.network != shared.network {
        return Err(ApiError::WrongNetwork.into());
    }
    if body.sender != patient {
        let reason = "the sender is not the patient of the path".to_owned();
        return Err(ApiError::Json { reason }.into());
    }
    check_assistance(&body)?;
    let key = records_of(&shared)?.patient_key(patient).await?;
    let key = key.ok_or(ApiError::NotFound { what: "assisted patient here" })?;
    counter!(SIGNED_TOTAL).increment(1);
    let signature = key.sign(&Transaction::signed_bytes(body.hash()));
    Ok(Json(TransactionSignature { account: patient, key: key.public(), signature }))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(sign_for_patient))
}
