//! Who asks, and what the scopes of a client allow. A scope never widens what consent allows.
//!
//! Source: SMART App Launch 2.2, scopes of version 2 and, mapped, of version 1.

use super::FhirApiError;
use crate::{auth, error::ApiError, problem::Problem, smart, state::Shared};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use salus_fhir::ResourceType;
use std::{fmt, str::FromStr};

/// On whose behalf a scope counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeContext {
    /// Of the patient in context.
    Patient,
    /// Of a person who is signed in.
    User,
    /// Of a system that acts by itself.
    System,
}

/// What may be done with resources: letters of `cruds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// Create.
    pub const CREATE: Self = Self(1);
    /// Read, a version too.
    pub const READ: Self = Self(2);
    /// Update.
    pub const UPDATE: Self = Self(4);
    /// Delete; nothing here uses it.
    pub const DELETE: Self = Self(8);
    /// Search, and histories.
    pub const SEARCH: Self = Self(16);

    const LETTERS: [(char, Self); 5] = [
        ('c', Self::CREATE),
        ('r', Self::READ),
        ('u', Self::UPDATE),
        ('d', Self::DELETE),
        ('s', Self::SEARCH),
    ];

    /// Whether these hold all of `wanted`.
    pub fn hold(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// The rights of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The letters, each once and in order; or the words of version 1.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => return Some(Self::READ.and(Self::SEARCH)),
            "write" => return Some(Self::CREATE.and(Self::UPDATE).and(Self::DELETE)),
            "*" => return Some(Self(31)),
            _ => {}
        }
        let mut rights = Self(0);
        let mut letters = Self::LETTERS.iter();
        for one in text.chars() {
            // Letters stand in the order of `cruds`.
            let (_, right) = letters.find(|(letter, _)| *letter == one)?;
            rights = rights.and(*right);
        }
        (rights.0 != 0).then_some(rights)
    }
}

/// A scope, such as `system/Observation.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// On whose behalf.
    pub context: ScopeContext,
    /// Of which type; none for all.
    pub resource_type: Option<ResourceType>,
    /// What may be done.
    pub rights: Rights,
}

/// The text is no scope that can be enforced here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scope that is enforced here, such as system/Observation.rs")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    /// A scope with a search parameter (`?category=…`) is not understood: granting it without
    /// enforcing the parameter would be wider than what was asked for.
    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let (context, rest) = text.split_once('/').ok_or(UnknownScope)?;
        let (resource_type, rights) = rest.split_once('.').ok_or(UnknownScope)?;
        let context = match context {
            "patient" => ScopeContext::Patient,
            "user" => ScopeContext::User,
            "system" => ScopeContext::System,
            _ => return Err(UnknownScope),
        };
        let resource_type = match resource_type {
            "*" => None,
            name => Some(name.parse().map_err(|_| UnknownScope)?),
        };
        let rights = Rights::parse(rights).ok_or(UnknownScope)?;
        Ok(Self { context, resource_type, rights })
    }
}

impl Scope {
    /// Whether everything that `other` allows is allowed by this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.context == other.context
            && (self.resource_type.is_none() || self.resource_type == other.resource_type)
            && self.rights.hold(other.rights)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = match self.context {
            ScopeContext::Patient => "patient",
            ScopeContext::User => "user",
            ScopeContext::System => "system",
        };
        write!(f, "{context}/{}.", self.resource_type.map_or("*", ResourceType::name))?;
        for (letter, right) in Rights::LETTERS {
            if self.rights.hold(right) {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A system that shows the organisation's own token.
    Organisation,
    /// A registered client with an access token.
    Client {
        /// The client.
        id: String,
        /// What the token allows.
        scopes: Vec<Scope>,
    },
}

impl Caller {
    /// Whether the caller may do this with resources of a type.
    pub(crate) fn may(&self, resource_type: ResourceType, wanted: Rights) -> bool {
        match self {
            Self::Organisation => true,
            Self::Client { scopes, .. } => scopes.iter().any(|scope| {
                scope.context == ScopeContext::System
                    && scope.resource_type.is_none_or(|of| of == resource_type)
                    && scope.rights.hold(wanted)
            }),
        }
    }

    /// The same, as a refusal.
    pub(crate) fn must(
        &self,
        resource_type: ResourceType,
        wanted: Rights,
    ) -> Result<(), FhirApiError> {
        if self.may(resource_type, wanted) { Ok(()) } else { Err(FhirApiError::InsufficientScope) }
    }

    /// The client's id; none for the organisation itself.
    pub(crate) fn client(&self) -> Option<&str> {
        match self {
            Self::Organisation => None,
            Self::Client { id, .. } => Some(id),
        }
    }
}

/// Lets only requests through that show the organisation's token, or a client's access token.
pub(crate) async fn require_caller(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match auth::shown_token(&request) {
        Some(shown) if auth::is_token(&shared, shown) => Some(Caller::Organisation),
        Some(shown) => match smart::client_of(&shared, shown).await {
            Ok(found) => found.map(|(id, scopes)| Caller::Client { id, scopes }),
            Err(problem) => return problem.into_response(),
        },
        None => None,
    };
    let Some(caller) = caller else {
        return Problem::from(ApiError::Unauthorised).into_response();
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}
