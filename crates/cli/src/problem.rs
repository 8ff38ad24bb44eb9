//! How a command ends when it does not end well: what went wrong, as a stable code and a sentence,
//! what to do next, and whether it was refused (exit 1) or failed (exit 2).

use salus_api::client::ClientError;
use salus_node::{NodeError, backup::BackupError};
use std::{borrow::Cow, fmt};

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request was understood and the answer is no: exit code 1.
    Refused,
    /// The command could not do its work: exit code 2.
    Failed,
}

/// An end that the command foresaw.
#[derive(Debug)]
pub(crate) struct Problem {
    /// Refused or failed.
    pub(crate) kind: Kind,
    /// Stable code, such as `consent.grant_revoked` or `cli.file_missing`.
    pub(crate) code: Cow<'static, str>,
    /// One sentence about what went wrong.
    pub(crate) what: String,
    /// What to do next; may be empty.
    pub(crate) next: String,
}

impl Problem {
    /// The answer is no.
    pub(crate) fn refused(
        code: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
        next: impl Into<String>,
    ) -> anyhow::Error {
        Self { kind: Kind::Refused, code: code.into(), what: what.into(), next: next.into() }.into()
    }

    /// The work could not be done.
    pub(crate) fn failed(
        code: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
        next: impl Into<String>,
    ) -> anyhow::Error {
        Self { kind: Kind::Failed, code: code.into(), what: what.into(), next: next.into() }.into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Problem {}

/// What an error means: who has to act, its stable code, what to do next.
pub(crate) fn meaning(error: &anyhow::Error) -> (Kind, String, String) {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return (problem.kind, problem.code.to_string(), problem.next.clone());
    }
    if let Some(error) = error.downcast_ref::<ClientError>() {
        let (kind, next) = of_client(error);
        return (kind, error.code().to_owned(), next.to_owned());
    }
    if let Some(error) = error.downcast_ref::<BackupError>() {
        return (Kind::Failed, error.code().to_owned(), String::new());
    }
    if let Some(error) = error.downcast_ref::<NodeError>() {
        return (Kind::Failed, error.code().to_owned(), String::new());
    }
    (Kind::Failed, "cli.failed".to_owned(), String::new())
}

fn of_client(error: &ClientError) -> (Kind, &'static str) {
    match error {
        ClientError::Refused(problem) => match problem.status {
            401 | 403 => (Kind::Refused, "give the --home of the node, so that its token is used"),
            429 | 503 => (Kind::Refused, "wait a moment and run it again"),
            500.. => (Kind::Failed, "look at the node's log"),
            _ => (Kind::Refused, ""),
        },
        ClientError::Url { .. } => (Kind::Failed, "write for example --api http://127.0.0.1:22000"),
        ClientError::Unreachable { .. } => (
            Kind::Failed,
            "start it with `salus node start --home DIR`, or name another with --api URL",
        ),
        ClientError::NotSettled { .. } => {
            (Kind::Failed, "look at the nodes with `salus node status`")
        }
        ClientError::UnexpectedAnswer { .. } => {
            (Kind::Failed, "name the API of a node of this version with --api URL")
        }
    }
}
