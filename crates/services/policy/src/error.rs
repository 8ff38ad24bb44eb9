//! Why rules are not loaded.

use std::fmt;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.reason)
    }
}

/// Why rules are not loaded. Rules hold no personal data, so that they may be quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is too long. Code: `policy.too_large`.
    #[error("the rules are {bytes} bytes long, at most 1 MiB is read")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// The text is not Cedar. Code: `policy.not_cedar`.
    #[error("this is not Cedar: {reason}")]
    NotCedar {
        /// What was found.
        reason: String,
    },
    /// There is no rule in it. Code: `policy.empty`.
    #[error("there is no rule in it, so nothing would be permitted")]
    Empty,
    /// It has templates, for which nothing would be filled in. Code: `policy.template`.
    #[error("the rule {rule} is a template; write it out")]
    Template {
        /// Its id.
        rule: String,
    },
    /// Two rules have the same id. Code: `policy.duplicate_id`.
    #[error("two rules have the id {rule}; give each its own")]
    DuplicateId {
        /// The id.
        rule: String,
    },
    /// Rules speak of what the schema does not have, or could fail. Code: `policy.invalid`.
    #[error("rules do not fit the schema: {}", list(findings))]
    Invalid {
        /// Each rule and what is wrong with it.
        findings: Vec<Finding>,
    },
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl PolicyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "policy.too_large",
            Self::NotCedar { .. } => "policy.not_cedar",
            Self::Empty => "policy.empty",
            Self::Template { .. } => "policy.template",
            Self::DuplicateId { .. } => "policy.duplicate_id",
            Self::Invalid { .. } => "policy.invalid",
        }
    }
}
