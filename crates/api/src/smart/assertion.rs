//! What a client signs to show who it is, and every way in which it is not good enough.

use super::registration::ClientRegistration;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// How far ahead an assertion may expire, in seconds.
pub const ASSERTION_LIFE_MAX_S: u64 = 300;
/// How far a client's clock may be from this node's, in seconds.
pub const CLOCK_SKEW_S: u64 = 60;
/// Most bytes of an assertion.
const ASSERTION_BYTES_MAX: usize = 8 * 1024;

/// Why a client gets no token. The codes are stable, and stand beside those of OAuth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmartError {
    /// The request is not as RFC 6749 has it. Code: `smart.request`.
    #[error("send grant_type, scope, client_assertion_type and client_assertion as a form")]
    Request,
    /// Another grant than `client_credentials`. Code: `smart.grant_type`.
    #[error("only client_credentials with a signed assertion is offered")]
    GrantType,
    /// The assertion is no JWT, or says too little. Code: `smart.assertion`.
    #[error("the assertion is no JWT with iss, sub, aud, exp and jti")]
    Assertion,
    /// The client is not registered, or is another one than signs. Code: `smart.client`.
    #[error("no such client is registered by this organisation")]
    Client,
    /// The signature is not by a registered key. Code: `smart.signature`.
    #[error("the assertion is not signed by a key that is registered for this client")]
    Signature,
    /// It is meant for somebody else. Code: `smart.audience`.
    #[error("the assertion is meant for another server; aud is the address of this token endpoint")]
    Audience,
    /// It has expired. Code: `smart.expired`.
    #[error("the assertion has expired; sign a new one, and check the clock")]
    Expired,
    /// It counts for too long, or is not valid yet. Code: `smart.lifetime`.
    #[error("the assertion must be valid now, and for five minutes at most; check the clock")]
    Lifetime,
    /// It may have been used before this node started. Code: `smart.too_old`.
    #[error("the assertion is from before this node's start; sign a new one, with iat")]
    TooOld,
    /// It was used before. Code: `smart.replayed`.
    #[error("this very assertion was used before; sign a new one")]
    Replayed,
    /// No scope that is asked for is registered. Code: `smart.scope`.
    #[error("none of these scopes is registered for this client, or none can be enforced here")]
    Scope,
    /// Too many tokens are in use. Code: `smart.busy`.
    #[error("too many access tokens are in use; try again shortly")]
    Busy,
}

impl SmartError {
    /// Every code, in the order of the variants.
    pub const CODES: &'static [&'static str] = &[
        "smart.request",
        "smart.grant_type",
        "smart.assertion",
        "smart.client",
        "smart.signature",
        "smart.audience",
        "smart.expired",
        "smart.lifetime",
        "smart.too_old",
        "smart.replayed",
        "smart.scope",
        "smart.busy",
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Request => "smart.request",
            Self::GrantType => "smart.grant_type",
            Self::Assertion => "smart.assertion",
            Self::Client => "smart.client",
            Self::Signature => "smart.signature",
            Self::Audience => "smart.audience",
            Self::Expired => "smart.expired",
            Self::Lifetime => "smart.lifetime",
            Self::TooOld => "smart.too_old",
            Self::Replayed => "smart.replayed",
            Self::Scope => "smart.scope",
            Self::Busy => "smart.busy",
        }
    }

    /// The error of RFC 6749.
    pub fn oauth(self) -> &'static str {
        match self {
            Self::Request => "invalid_request",
            Self::GrantType => "unsupported_grant_type",
            Self::Scope => "invalid_scope",
            Self::Busy => "temporarily_unavailable",
            Self::Assertion
            | Self::Client
            | Self::Signature
            | Self::Audience
            | Self::Expired
            | Self::Lifetime
            | Self::TooOld
            | Self::Replayed => "invalid_client",
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood: none is.
    crit: Option<serde::de::IgnoredAny>,
}

/// Who an assertion is for: one, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What an assertion says. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it: the client.
    pub iss: String,
    /// Who it is about: the client.
    pub sub: String,
    aud: Audience,
    /// Until when it counts.
    pub exp: u64,
    /// Since when it counts.
    pub nbf: Option<u64>,
    /// When it was made.
    pub iat: Option<u64>,
    /// Its name, which no other one has.
    pub jti: String,
}

/// An assertion that was cut into its parts, and not checked.
pub(super) struct Assertion<'a> {
    header: Header,
    pub(super) claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Assertion<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, SmartError> {
        let bad = || SmartError::Assertion;
        if text.len() > ASSERTION_BYTES_MAX {
            return Err(bad());
        }
        let (signed, signature) = text.rsplit_once('.').ok_or_else(bad)?;
        let (header, claims) = signed.split_once('.').ok_or_else(bad)?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| bad());
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| bad())?;
        let claims: Claims = serde_json::from_slice(&decoded(claims)?).map_err(|_| bad())?;
        if header.crit.is_some() || claims.jti.is_empty() || claims.jti.len() > 256 {
            return Err(bad());
        }
        Ok(Self { header, claims, signed, signature: decoded(signature)? })
    }

    /// Checks the signature by the registered keys. The algorithm is that of the key.
    pub(super) fn verify(&self, registration: &ClientRegistration) -> Result<(), SmartError> {
        let signs = registration.keys.iter().any(|jwk| {
            let meant =
                self.header.kid.is_none() || jwk.kid.is_none() || self.header.kid == jwk.kid;
            meant
                && jwk.key().is_some_and(|key| {
                    key.algorithm() == self.header.alg
                        && key.verify(self.signed.as_bytes(), &self.signature).is_ok()
                })
        });
        if signs { Ok(()) } else { Err(SmartError::Signature) }
    }
}

impl Claims {
    /// Checks everything but the signature and whether it was used before. `audience` is the address of
    /// the token endpoint, `now` and `started` are seconds since 1970 on this node's clock.
    ///
    /// # Errors
    ///
    /// The first that applies: [`SmartError::Client`], [`SmartError::Audience`],
    /// [`SmartError::Expired`], [`SmartError::Lifetime`], [`SmartError::TooOld`].
    pub fn check(&self, audience: &str, now: u64, started: u64) -> Result<(), SmartError> {
        if self.iss != self.sub {
            return Err(SmartError::Client);
        }
        let meant = match &self.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        };
        if !meant {
            return Err(SmartError::Audience);
        }
        if self.exp.saturating_add(CLOCK_SKEW_S) <= now {
            return Err(SmartError::Expired);
        }
        let ahead = now.saturating_add(CLOCK_SKEW_S);
        let too_long = self.exp > ahead.saturating_add(ASSERTION_LIFE_MAX_S);
        if too_long || [self.nbf, self.iat].into_iter().flatten().any(|from| from > ahead) {
            return Err(SmartError::Lifetime);
        }
        // What was used before a start is not remembered: it must be seen to be from after it.
        let made = self.iat.unwrap_or_else(|| self.exp.saturating_sub(ASSERTION_LIFE_MAX_S));
        if made < started { Err(SmartError::TooOld) } else { Ok(()) }
    }
}
