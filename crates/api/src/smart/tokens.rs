//! Access tokens, and assertions that were used, in memory.

use super::{SmartError, registration::registration};
use crate::{fhir::Scope, problem::Problem, state::Shared};
use salus_crypto::random;
use salus_types::{Hash, hash};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::Instant;

/// How long a token counts.
pub(super) const TOKEN_LIFE: Duration = Duration::from_mins(5);
/// Tokens, and assertions, that are remembered at a time.
const REMEMBERED_MAX: usize = 100_000;

/// What a token stands for.
#[derive(Clone)]
struct Token {
    client: String,
    scopes: Vec<Scope>,
    /// Hash of the registration under which it was given.
    registration: Hash,
    until: Instant,
}

/// Clients that have shown who they are.
pub(crate) struct Clients {
    /// When this began to remember, in seconds since 1970.
    pub(super) started: u64,
    tokens: Mutex<HashMap<Hash, Token>>,
    /// Assertions by hash of client and name, with their ends.
    used: Mutex<HashMap<Hash, u64>>,
}

/// The clock of this node, in seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Clients {
    pub(crate) fn new() -> Self {
        Self { started: now(), tokens: Mutex::default(), used: Mutex::default() }
    }

    /// Notes that an assertion is used; it counts until `until`, in seconds since 1970.
    pub(super) fn use_once(
        &self,
        client: &str,
        name: &str,
        until: u64,
        now: u64,
    ) -> Result<(), SmartError> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= REMEMBERED_MAX {
            used.retain(|_, until| *until > now);
        }
        if used.len() >= REMEMBERED_MAX {
            return Err(SmartError::Busy);
        }
        let key = hash(&[client.as_bytes(), b"\n", name.as_bytes()].concat());
        if used.insert(key, until).is_some() { Err(SmartError::Replayed) } else { Ok(()) }
    }

    /// A new token; only its hash is kept.
    pub(super) fn give(
        &self,
        client: &str,
        scopes: Vec<Scope>,
        registration: Hash,
    ) -> Result<String, SmartError> {
        let secret = hex::encode(random::<32>());
        let until = Instant::now() + TOKEN_LIFE;
        let token = Token { client: client.to_owned(), scopes, registration, until };
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= REMEMBERED_MAX {
            tokens.retain(|_, token| token.until > Instant::now());
        }
        if tokens.len() >= REMEMBERED_MAX {
            return Err(SmartError::Busy);
        }
        tokens.insert(hash(secret.as_bytes()), token);
        Ok(secret)
    }

    fn token(&self, shown: &str) -> Option<Token> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&hash(shown.as_bytes())).filter(|token| token.until > Instant::now()).cloned()
    }
}

/// The client that an access token stands for, with its scopes; none if it counts no longer, or the
/// client's registration has changed since.
pub(crate) async fn client_of(
    shared: &Shared,
    shown: &str,
) -> Result<Option<(String, Vec<Scope>)>, Problem> {
    let Some(token) = shared.clients.token(shown) else { return Ok(None) };
    let registered = registration(shared, &token.client).await?;
    let stands = registered.is_some_and(|(_, hash)| hash == token.registration);
    Ok(stands.then_some((token.client, token.scopes)))
}
