//! What of the consents concerns a request, and what that says of a resource.
//!
//! First, all that the request alone can tell: a rule whose period, action, purpose or actor does not
//! fit is left out. What remains are *live* rules, in a tree that is flattened depth first. Then, for
//! each resource, what the data can tell.

use super::{
    compile::{Consents, Rule},
    data::Known,
    decision::{Decision, Flow, Reason},
    model::Kind,
    request::{Asked, Request},
    vocabulary::{self, Participation},
};
use crate::labels::Facts;

/// Whether a rule itself fits the request; its widenings may where it does not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    No,
    Yes,
    /// If one of its actors wrote the data.
    IfByAuthor,
}

/// A rule that concerns the request, itself or by a widening.
pub(crate) struct Live {
    pub(crate) rule: u32,
    pub(crate) own: Own,
    /// Where, in the list of live rules, its widenings end and its exceptions begin.
    pub(crate) exceptions_at: u32,
    /// Where they end.
    pub(crate) end: u32,
}

/// A consent that concerns the request.
pub(crate) struct Head {
    pub(crate) root: u32,
    /// Its first live rule; none if it denies everything because it is obscure.
    pub(crate) live: Option<u32>,
    /// Whether it permits anything to those who ask (R5: they are grantees).
    pub(crate) permits: bool,
}

/// What a rule says of a resource, with the rule that decided.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Silent,
    Says(Kind, u32),
}

impl Consents {
    /// Decides on a request as far as the request alone can tell.
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        self.decide_asked(&Asked::new(request, &self.names))
    }

    /// The same when the glass is broken: denials that do not name emergencies are left out, and
    /// consents that are not understood as well.
    pub fn decide_in_emergency(&self, request: &Request<'_>) -> Decision<'_> {
        self.decide_asked(&Asked { emergency: true, ..Asked::new(request, &self.names) })
    }

    fn decide_asked(&self, asked: &Asked) -> Decision<'_> {
        let mut decision = Decision { set: self, live: Vec::new(), heads: Vec::new() };
        let Some(patient) = asked.patient else { return decision };
        let mut consider = |number: u32| {
            let root = &self.roots[number as usize];
            if root.patient != patient {
                return;
            }
            if root.obscure {
                if asked.emergency {
                    return;
                }
                decision.heads.push(Head { root: number, live: None, permits: false });
                return;
            }
            let live = next(&decision.live);
            if self.visit(number, asked, &mut decision.live) {
                let permits = root.grantees.is_empty()
                    || root.grantees.iter().any(|grantee| asked.is_party(*grantee));
                decision.heads.push(Head { root: number, live: Some(live), permits });
            }
        };
        match &self.index {
            Some(index) => index.candidates(asked).into_iter().for_each(&mut consider),
            None => (0..next(&self.roots)).for_each(&mut consider),
        }
        decision
    }

    /// Decides on a request for one resource.
    pub fn decide_for(&self, request: &Request<'_>, facts: &Facts) -> Flow {
        self.decide(request).flows(facts)
    }

    /// Adds the rule and what is nested in it to `live` where they fit; whether anything did.
    fn visit(&self, number: u32, asked: &Asked, live: &mut Vec<Live>) -> bool {
        let rule = &self.rules[number as usize];
        if asked.now < rule.from || asked.now > rule.until {
            return false;
        }
        if asked.emergency && rule.kind == Kind::Deny && !rule.names_emergencies() {
            return false;
        }
        let own = rule.fits(asked);
        if own == Own::No && rule.widenings.is_empty() {
            return false;
        }
        let at = live.len();
        live.push(Live { rule: number, own, exceptions_at: 0, end: 0 });
        let mut fits = own != Own::No;
        for widening in rule.widenings.clone() {
            fits |= self.visit(widening, asked, live);
        }
        if !fits {
            live.truncate(at);
            return false;
        }
        live[at].exceptions_at = next(live);
        match &rule.index {
            Some(index) => {
                for exception in index.candidates(asked) {
                    self.visit(exception, asked, live);
                }
            }
            None => {
                for exception in rule.exceptions.clone() {
                    self.visit(exception, asked, live);
                }
            }
        }
        live[at].end = next(live);
        true
    }
}

fn next<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).expect("consents are bounded in bytes")
}

impl Rule {
    /// Whether its purposes name emergencies, and not only what they lie within.
    fn names_emergencies(&self) -> bool {
        self.limits.purposes.iter().any(|purpose| {
            *purpose.system == *vocabulary::ACT_REASON
                && vocabulary::EMERGENCIES.contains(&&*purpose.code)
        })
    }

    /// Whether action, purpose and actors fit; the period is looked at before.
    fn fits(&self, asked: &Asked) -> Own {
        if self.actions & asked.action == 0 {
            return Own::No;
        }
        if let Some(purposes) = &self.purposes {
            let other = || asked.purpose.is_some_and(|one| purposes.others.contains(&one));
            if purposes.bits & asked.purpose_bit == 0 && !other() {
                return Own::No;
            }
        }
        let Some(actors) = &self.actors else { return Own::Yes };
        let fits = actors.iter().any(|actor| {
            let party = actor.reference.is_some_and(|reference| asked.is_party(reference));
            match actor.participation {
                Participation::Recipient => party,
                Participation::Author => false,
                Participation::Custodian => {
                    let holds = actor.reference.is_some_and(|one| asked.custodians.contains(&one));
                    party || (self.kind == Kind::Deny && holds)
                }
                Participation::InRole => {
                    (party || actor.reference.is_none())
                        && actor.role.is_some_and(|role| asked.roles.contains(&role))
                }
            }
        });
        if fits {
            Own::Yes
        } else if self.authors.is_empty() {
            Own::No
        } else {
            Own::IfByAuthor
        }
    }

    /// Whether it itself covers the data.
    fn covers(&self, own: Own, known: &Known<'_>) -> bool {
        let by_request = match own {
            Own::No => false,
            Own::Yes => true,
            Own::IfByAuthor => {
                known.is_by(&self.authors) || known.uncertain(self.kind == Kind::Deny)
            }
        };
        by_request && self.data.as_ref().is_none_or(|data| data.covers(known))
    }
}

impl Decision<'_> {
    /// Whether a resource with these facts may flow: some consent permits it and none denies it.
    pub fn flows(&self, facts: &Facts) -> Flow {
        let known = Known::new(facts, &self.set.names);
        let mut permitted = None;
        for head in &self.heads {
            let Some(live) = head.live else {
                return Flow { kind: Kind::Deny, reason: Reason::Obscure { root: head.root } };
            };
            match self.verdict(live, &known) {
                Verdict::Says(Kind::Deny, rule) => {
                    return Flow { kind: Kind::Deny, reason: Reason::Provision { rule } };
                }
                Verdict::Says(Kind::Permit, rule) if head.permits => {
                    permitted.get_or_insert(rule);
                }
                Verdict::Says(Kind::Permit, _) | Verdict::Silent => {}
            }
        }
        match permitted {
            Some(rule) => Flow { kind: Kind::Permit, reason: Reason::Provision { rule } },
            None => Flow { kind: Kind::Deny, reason: self.why_not() },
        }
    }

    /// What the live rule at `at`, with what is nested in it, says of a resource.
    ///
    /// It speaks if it covers the data, itself or by a widening. Then a denial among what is nested
    /// wins over a permit there, and any of them over the rule itself.
    fn verdict(&self, at: u32, known: &Known<'_>) -> Verdict {
        let live = &self.live[at as usize];
        let rule = &self.set.rules[live.rule as usize];
        let mut inner = Verdict::Silent;
        let mut one = at + 1;
        while one < live.exceptions_at {
            inner = inner.or(self.verdict(one, known));
            one = self.live[one as usize].end;
        }
        let covers = rule.covers(live.own, known);
        if !covers && inner == Verdict::Silent {
            return Verdict::Silent;
        }
        while one < live.end {
            inner = inner.or(self.verdict(one, known));
            one = self.live[one as usize].end;
        }
        if inner == Verdict::Silent { Verdict::Says(rule.kind, live.rule) } else { inner }
    }
}

impl Verdict {
    /// Of two siblings: a denial wins, then the first.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Silent, other) => other,
            (Self::Says(Kind::Permit, _), Self::Says(Kind::Deny, _)) => other,
            (one, _) => one,
        }
    }
}
