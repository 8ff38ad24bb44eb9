//! Why a call did not succeed.

use crate::problem::Problem;
use std::{fmt, time::Duration};

/// What happened to a connection.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Over plain HTTP.
    #[error(transparent)]
    Http(reqwest::Error),
    /// Over TLS.
    #[error("{reason}")]
    Tls {
        /// What happened.
        reason: String,
        /// Whether there was no connection yet, so that nothing can have arrived.
        unconnected: bool,
    },
}

impl TransportError {
    pub(super) fn unconnected(reason: impl fmt::Display) -> Self {
        Self::Tls { reason: reason.to_string(), unconnected: true }
    }

    pub(super) fn broken(reason: impl fmt::Display) -> Self {
        Self::Tls { reason: reason.to_string(), unconnected: false }
    }

    /// Whether there was no connection, so that nothing can have arrived.
    pub fn is_connect(&self) -> bool {
        match self {
            Self::Http(error) => error.is_connect(),
            Self::Tls { unconnected, .. } => *unconnected,
        }
    }

    /// The same without the address, which may name an account.
    pub(super) fn without_url(self) -> Self {
        match self {
            Self::Http(error) => Self::Http(error.without_url()),
            Self::Tls { .. } => self,
        }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is not one. Code: `client.url`.
    #[error("{found} is not an address of a node; expected one such as http://127.0.0.1:22000")]
    Url {
        /// What was given.
        found: String,
    },
    /// The node could not be reached, or the connection broke. Code: `client.unreachable`.
    #[error("the node at {url} could not be reached; is it running, and is the address right?")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What happened.
        #[source]
        source: TransportError,
    },
    /// The node refused. Code: the problem's.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The answer is not what this client expects. Code: `client.unexpected_answer`.
    #[error(
        "the answer of {url} is not what was expected: {reason}; is it a node of this version?"
    )]
    UnexpectedAnswer {
        /// Which route answered.
        url: String,
        /// What was wrong.
        reason: String,
    },
    /// Nobody knows yet what became of a transaction. Code: `client.not_settled`.
    #[error("the transaction is neither in a block nor expired after {} s; send it again", within.as_secs())]
    NotSettled {
        /// How long it was tried.
        within: Duration,
    },
}

impl ClientError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Url { .. } => "client.url",
            Self::Unreachable { .. } => "client.unreachable",
            Self::Refused(problem) => &problem.code,
            Self::UnexpectedAnswer { .. } => "client.unexpected_answer",
            Self::NotSettled { .. } => "client.not_settled",
        }
    }

    /// The problem document, where the node refused.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            Self::Url { .. }
            | Self::Unreachable { .. }
            | Self::UnexpectedAnswer { .. }
            | Self::NotSettled { .. } => None,
        }
    }
}
