//! `/oauth/token`, and what clients look up before they ask.

use super::{
    SmartError,
    assertion::Assertion,
    registration::registration,
    tokens::{TOKEN_LIFE, now},
};
use crate::{
    body::{media_type, read},
    fhir::Scope,
    problem::Problem,
    state::Shared,
};
use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

const FORM: &str = "application/x-www-form-urlencoded";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn token_endpoint(shared: &Shared) -> String {
    format!("{}/oauth/token", shared.base_url)
}

impl IntoResponse for SmartError {
    fn into_response(self) -> Response {
        let status = match self.oauth() {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({
            "error": self.oauth(),
            "error_description": self.to_string(),
            "code": self.code(),
        });
        (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

fn configuration(shared: &Shared) -> Value {
    json!({
        "token_endpoint": token_endpoint(shared),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384", "ES256"],
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": ["system/*.rs", "system/*.cruds"],
        "capabilities": [
            "client-confidential-asymmetric", "permission-v1", "permission-v2",
        ],
    })
}

/// Where and how clients get access tokens.
#[utoipa::path(
    get, path = "/fhir/.well-known/smart-configuration", tag = "fhir",
    responses((status = 200, description = "The configuration.", body = Object))
)]
pub(crate) async fn smart_configuration(State(shared): State<Shared>) -> Json<Value> {
    Json(configuration(&shared))
}

/// The same at the root, where some clients look.
#[utoipa::path(
    get, path = "/.well-known/smart-configuration", tag = "fhir",
    responses((status = 200, description = "The configuration.", body = Object))
)]
pub(crate) async fn root_configuration(State(shared): State<Shared>) -> Json<Value> {
    Json(configuration(&shared))
}

/// The scopes that are asked for and registered. Those that are not are left out, as RFC 6749 allows:
/// the answer says which ones were given.
fn given(asked: &str, registered: &[Scope]) -> Vec<Scope> {
    let asked = asked.split_ascii_whitespace().filter_map(|one| one.parse::<Scope>().ok());
    asked.filter(|one| registered.iter().any(|scope| scope.covers(one))).collect()
}

async fn authenticated(
    shared: &Shared,
    form: &[(String, String)],
) -> Result<Result<Value, SmartError>, Problem> {
    let field = |name: &str| {
        let mut values = form.iter().filter(|(one, _)| one == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    };
    let Some(grant_type) = field("grant_type") else { return Ok(Err(SmartError::Request)) };
    if grant_type != "client_credentials" {
        return Ok(Err(SmartError::GrantType));
    }
    let kind = field("client_assertion_type").map(String::as_str);
    let (Some(scope), Some(assertion), Some(JWT_BEARER)) =
        (field("scope"), field("client_assertion"), kind)
    else {
        return Ok(Err(SmartError::Request));
    };
    let assertion = match Assertion::parse(assertion) {
        Ok(assertion) => assertion,
        Err(error) => return Ok(Err(error)),
    };
    let claims = &assertion.claims;
    let now = now();
    let checked = claims.check(&token_endpoint(shared), now, shared.clients.started);
    if let Err(error) = checked {
        return Ok(Err(error));
    }
    let Some((registration, hash)) = registration(shared, &claims.sub).await? else {
        return Ok(Err(SmartError::Client));
    };
    let token = assertion
        .verify(&registration)
        .and_then(|()| {
            let until = claims.exp.saturating_add(super::CLOCK_SKEW_S);
            shared.clients.use_once(&claims.sub, &claims.jti, until, now)
        })
        .and_then(|()| {
            let scopes = given(scope, &registration.scopes());
            if scopes.is_empty() {
                return Err(SmartError::Scope);
            }
            let said: Vec<String> = scopes.iter().map(Scope::to_string).collect();
            let token = shared.clients.give(&claims.sub, scopes, hash)?;
            Ok(json!({
                "access_token": token,
                "token_type": "bearer",
                "expires_in": TOKEN_LIFE.as_secs(),
                "scope": said.join(" "),
            }))
        });
    Ok(token)
}

/// Gives a registered client an access token for five minutes.
///
/// The client signs an assertion (ES384, RS384 or ES256) with a key that the organisation has
/// registered on the ledger. Errors are those of RFC 6749, with `code` beside them.
#[utoipa::path(
    post, path = "/oauth/token", tag = "fhir",
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token.", body = Object),
        (status = "default", description = "Refused, as RFC 6749 says.", body = Object),
    )
)]
pub(crate) async fn token(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if media_type(&parts.headers).as_deref() != Some(FORM) {
        return Ok(SmartError::Request.into_response());
    }
    let bytes = read(body, shared.limits.body_bytes_max, &shared.limits).await?;
    let form: Vec<(String, String)> = form_urlencoded::parse(&bytes)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    Ok(match authenticated(&shared, &form).await? {
        Ok(token) => ([(header::CACHE_CONTROL, "no-store")], Json(token)).into_response(),
        Err(error) => error.into_response(),
    })
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(smart_configuration))
        .routes(routes!(root_configuration))
        .routes(routes!(token))
}
