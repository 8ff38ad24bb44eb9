//! Why a call did not succeed.

use crate::problem::Problem;
use std::time::Duration;

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
        source: reqwest::Error,
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
