//! Clients of an organisation, as the ledger has them.

use crate::{fhir::Scope, problem::Problem, query::ask_at, state::Shared};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use salus_crypto::jws::JwsKey;
use salus_identity::query;
use salus_types::{Hash, hash};
use serde::{Deserialize, Serialize};

/// Most bytes of a client's id: the name of its entry has 64.
const CLIENT_ID_BYTES_MAX: usize = 51;

/// A public key as JSON. Source: RFC 7517.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `EC` or `RSA`.
    pub kty: String,
    /// What the client calls the key, if it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The curve: `P-256` or `P-384`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// First coordinate, base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Second coordinate, base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Modulus, base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// Exponent, base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

impl Jwk {
    /// The key, if it is one that is taken here.
    pub fn key(&self) -> Option<JwsKey> {
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        match self.kty.as_str() {
            "EC" => JwsKey::ec(self.crv.as_deref()?, &bytes(&self.x)?, &bytes(&self.y)?),
            "RSA" => JwsKey::rsa(&bytes(&self.n)?, &bytes(&self.e)?),
            _ => None,
        }
    }
}

/// What an organisation registers of a client: the value of its entry, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientRegistration {
    /// The keys with which it signs.
    pub keys: Vec<Jwk>,
    /// What it may ask for at most: scopes, with blanks between them.
    pub scope: String,
}

impl ClientRegistration {
    /// The name of a client's entry.
    pub fn entry_name(client: &str) -> Option<String> {
        let fits = (1..=CLIENT_ID_BYTES_MAX).contains(&client.len())
            && client.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| format!("smart-client/{client}"))
    }

    /// The scopes; those that cannot be enforced here allow nothing.
    pub(super) fn scopes(&self) -> Vec<Scope> {
        self.scope.split_ascii_whitespace().filter_map(|scope| scope.parse().ok()).collect()
    }
}

/// The registration of a client in the latest state, with the hash of its entry. None if there is none,
/// or the organisation is not in good standing.
pub(super) async fn registration(
    shared: &Shared,
    client: &str,
) -> Result<Option<(ClientRegistration, Hash)>, Problem> {
    let Some(organisation) = shared.organisation else { return Ok(None) };
    let Some(name) = ClientRegistration::entry_name(client) else { return Ok(None) };
    let question = |state: &dyn salus_state::StateRead| {
        let active = query::is_active_organisation(state, organisation);
        query::entry(state, organisation, &name).filter(|_| active)
    };
    let (_, entry) = ask_at(shared.ledger.as_ref(), None, question).await?;
    let found = entry.and_then(|entry| {
        let registration = serde_json::from_slice(&entry).ok()?;
        Some((registration, hash(&entry)))
    });
    Ok(found)
}
