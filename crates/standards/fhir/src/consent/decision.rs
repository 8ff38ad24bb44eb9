//! The answer to a request, before any data is looked at.

use super::{
    compile::Consents,
    evaluate::{Head, Live, Own},
    model::Kind,
};
use std::fmt;

/// What the consents say of a request. The rules that only the data can tell are left in it.
pub struct Decision<'c> {
    pub(crate) set: &'c Consents,
    pub(crate) live: Vec<Live>,
    pub(crate) heads: Vec<Head>,
}

/// Why it was decided so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// By a provision: its number in the compiled consents, which [`Consents::explain`] understands.
    Provision {
        /// The number.
        rule: u32,
    },
    /// A consent has an element that could change its meaning, so it denies everything.
    Obscure {
        /// The number of the consent among those that count.
        root: u32,
    },
    /// The patient has no consent in force.
    NoConsent,
    /// No provision concerns the request.
    NoProvision,
    /// Provisions concern the request, and none covers this data.
    NotCovered,
}

/// Whether a resource may flow, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Flow {
    /// Permit: it may.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
}

impl Flow {
    /// Whether it may flow.
    pub fn is_permitted(self) -> bool {
        self.kind == Kind::Permit
    }
}

/// What could be said of some data.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Possible {
    silent: bool,
    permit: bool,
    deny: bool,
}

impl Possible {
    const NOTHING: Self = Self { silent: true, permit: false, deny: false };

    /// Of siblings together, where a denial wins.
    fn or(self, other: Self) -> Self {
        let denies = |one: Self| one.deny && !one.silent && !one.permit;
        if denies(self) || denies(other) {
            return Self { silent: false, permit: false, deny: true };
        }
        Self {
            silent: self.silent && other.silent,
            permit: self.permit || other.permit,
            deny: self.deny || other.deny,
        }
    }
}

impl Decision<'_> {
    /// Whether any data could flow at all. If not, nothing need be looked at.
    pub fn kind(&self) -> Kind {
        let mut permit = false;
        for head in &self.heads {
            let Some(live) = head.live else { return Kind::Deny };
            let possible = self.possible(live);
            if possible.deny && !possible.permit && !possible.silent {
                return Kind::Deny;
            }
            permit |= possible.permit && head.permits;
        }
        if permit { Kind::Permit } else { Kind::Deny }
    }

    /// The ids of the consents that concern the request; empty for one without an id.
    pub fn consents(&self) -> impl Iterator<Item = &str> {
        self.heads.iter().map(|head| {
            let at = self.set.roots[head.root as usize].consent;
            self.set.given[at].id().unwrap_or_default()
        })
    }

    /// Why, if nothing can flow; the provision that decided where it is one.
    pub fn why_denied(&self) -> Option<Flow> {
        if self.kind() == Kind::Permit {
            return None;
        }
        let reason = self.heads.iter().find_map(|head| {
            let Some(live) = head.live else {
                return Some(Reason::Obscure { root: head.root });
            };
            let possible = self.possible(live);
            let denies = possible.deny && !possible.permit && !possible.silent;
            denies.then(|| Reason::Provision { rule: self.live[live as usize].rule })
        });
        Some(Flow { kind: Kind::Deny, reason: reason.unwrap_or_else(|| self.why_not()) })
    }

    /// Why nothing permits it.
    pub(crate) fn why_not(&self) -> Reason {
        if self.set.roots.is_empty() {
            Reason::NoConsent
        } else if self.heads.iter().any(|head| head.permits) {
            Reason::NotCovered
        } else {
            Reason::NoProvision
        }
    }

    fn possible(&self, at: u32) -> Possible {
        let live = &self.live[at as usize];
        let rule = &self.set.rules[live.rule as usize];
        let mut inner = Possible::NOTHING;
        let mut one = at + 1;
        let mut exceptions = Possible::NOTHING;
        while one < live.end {
            let possible = self.possible(one);
            if one < live.exceptions_at {
                inner = inner.or(possible);
            } else {
                exceptions = exceptions.or(possible);
            }
            one = self.live[one as usize].end;
        }
        let certain = live.own == Own::Yes && rule.data.is_none();
        let own_possible = live.own != Own::No;
        let silent = !certain && inner.silent;
        let all = inner.or(exceptions);
        Possible {
            silent,
            permit: all.permit || (all.silent && own_possible && rule.kind == Kind::Permit),
            deny: all.deny || (all.silent && own_possible && rule.kind == Kind::Deny),
        }
    }
}

impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decision by {} consents([redacted])", self.heads.len())
    }
}
