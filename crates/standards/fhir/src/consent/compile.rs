//! The consents of a patient in the form in which they are asked.

use super::{
    data::{self, DataLimits},
    error::ConsentError,
    index::Index,
    model::{Consent, Kind, Limits, Provision},
    moment::Moment,
    names::Names,
    set,
    vocabulary::{self, Participation},
};
use std::{fmt, ops::Range};

/// The consents of a patient, compiled.
pub struct Consents {
    /// As they were given; not all of them count.
    pub(crate) given: Vec<Consent>,
    pub(crate) names: Names,
    /// Rules breadth first: siblings stand together. Those of the roots come first.
    pub(crate) rules: Vec<Rule>,
    pub(crate) roots: Vec<Root>,
    /// Over the roots.
    pub(crate) index: Option<Index>,
}

/// A consent that counts.
pub(crate) struct Root {
    /// Its place among those given.
    pub(crate) consent: usize,
    pub(crate) patient: u32,
    pub(crate) grantees: Vec<u32>,
    pub(crate) obscure: bool,
}

/// A provision in numbers.
pub(crate) struct Rule {
    pub(crate) kind: Kind,
    /// Which root it belongs to.
    pub(crate) root: u32,
    pub(crate) parent: Option<u32>,
    pub(crate) ordinal: u32,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
    pub(crate) actions: u8,
    pub(crate) purposes: Option<Purposes>,
    /// None: no such limit.
    pub(crate) actors: Option<Vec<ActorRow>>,
    /// Those among the actors who are meant as authors.
    pub(crate) authors: Vec<u32>,
    pub(crate) data: Option<Box<DataLimits>>,
    /// Nested rules of the same kind: each widens this one.
    pub(crate) widenings: Range<u32>,
    /// Nested rules of the other kind: each is an exception to this one.
    pub(crate) exceptions: Range<u32>,
    pub(crate) index: Option<Index>,
    /// As they were read, for words.
    pub(crate) limits: Box<Limits>,
}

pub(crate) struct Purposes {
    pub(crate) bits: u64,
    pub(crate) others: Vec<u32>,
}

pub(crate) struct ActorRow {
    pub(crate) participation: Participation,
    pub(crate) role: Option<u32>,
    pub(crate) reference: Option<u32>,
}

fn number_of(count: usize) -> u32 {
    u32::try_from(count).expect("consents are bounded in bytes")
}

impl Consents {
    /// Compiles consents, of which each counts that is in force and not replaced by another.
    ///
    /// # Errors
    ///
    /// [`ConsentError`] with, in this order, [`super::Refusal::DuplicateId`],
    /// [`super::Refusal::ReplacesOtherPatient`], [`super::Refusal::ReplacesCycle`].
    pub fn new(consents: Vec<Consent>) -> Result<Self, ConsentError> {
        let counts = set::in_force(&consents)?;
        let mut set = Self {
            given: Vec::new(),
            names: Names::default(),
            rules: Vec::new(),
            roots: Vec::new(),
            index: None,
        };
        let mut queue: Vec<(&Provision, Box<Limits>)> = Vec::new();
        for (at, consent) in consents.iter().enumerate().filter(|(at, _)| counts[*at]) {
            let root = Root {
                consent: at,
                patient: set.names.add_reference(&consent.patient),
                grantees: consent.grantees.iter().map(|one| set.names.add_reference(one)).collect(),
                obscure: consent.obscure.is_some(),
            };
            let number = number_of(set.roots.len());
            set.roots.push(root);
            queue.push((&consent.root, Box::new(consent.root.limits.clone())));
            set.add(&consent.root, &consent.root.limits, number, None);
        }
        let mut at = 0;
        while at < queue.len() {
            let provision = queue[at].0;
            let outer = queue[at].1.clone();
            let number = number_of(at);
            let root = set.rules[at].root;
            let (widening, exceptions): (Vec<&Provision>, Vec<&Provision>) =
                provision.nested.iter().partition(|nested| nested.kind == provision.kind);
            let start = set.next();
            for nested in widening {
                let limits = nested.limits.or_inherited(&outer);
                set.add(nested, &limits, root, Some(number));
                queue.push((nested, Box::new(limits)));
            }
            let middle = set.next();
            for nested in exceptions {
                set.add(nested, &nested.limits, root, Some(number));
                queue.push((nested, Box::new(nested.limits.clone())));
            }
            let end = set.next();
            set.rules[at].widenings = start..middle;
            set.rules[at].exceptions = middle..end;
            at += 1;
        }
        drop(queue);
        set.build_indexes();
        set.given = consents;
        Ok(set)
    }

    /// The consents, in the order in which they were given.
    pub fn consents(&self) -> &[Consent] {
        &self.given
    }

    fn next(&self) -> u32 {
        number_of(self.rules.len())
    }

    fn add(&mut self, provision: &Provision, limits: &Limits, root: u32, parent: Option<u32>) {
        let names = &mut self.names;
        let kind = provision.kind;
        let purposes = (!limits.purposes.is_empty()).then(|| {
            let mut purposes = Purposes { bits: 0, others: Vec::new() };
            for purpose in &limits.purposes {
                if *purpose.system == *vocabulary::ACT_REASON {
                    purposes.bits |= match kind {
                        Kind::Permit => vocabulary::purposes_permitted(&purpose.code),
                        Kind::Deny => vocabulary::purposes_denied(&purpose.code),
                    };
                } else {
                    purposes.others.push(names.add_coding(purpose));
                }
            }
            purposes
        });
        let row = |names: &mut Names, actor: &super::model::Actor| ActorRow {
            participation: actor.participation,
            role: actor.role.as_ref().map(|role| names.add_coding(role)),
            reference: actor.reference.as_ref().map(|name| names.add_reference(name)),
        };
        let actors = (!limits.actors.is_empty())
            .then(|| limits.actors.iter().map(|actor| row(names, actor)).collect());
        let actions = limits.actions.iter().fold(0, |bits, action| bits | action.bit());
        self.rules.push(Rule {
            kind,
            root,
            parent,
            ordinal: provision.ordinal,
            from: limits.period.0,
            until: limits.period.1,
            actions: if actions == 0 { u8::MAX } else { actions },
            purposes,
            actors,
            authors: data::authors(&limits.actors, names),
            data: DataLimits::new(kind, limits, names),
            widenings: 0..0,
            exceptions: 0..0,
            index: None,
            limits: Box::new(limits.clone()),
        });
    }

    fn build_indexes(&mut self) {
        for at in 0..self.rules.len() {
            let exceptions = self.rules[at].exceptions.clone();
            self.rules[at].index =
                Index::new(exceptions.map(|one| (one, self.named(one))).collect());
        }
        let roots = 0..number_of(self.roots.len());
        let named = |one: u32| {
            let open = self.roots[one as usize].obscure;
            if open { None } else { self.named(one) }
        };
        self.index = Index::new(roots.map(|one| (one, named(one))).collect());
    }

    /// All references of which the one who asks must have one for the rule or a widening of it to
    /// match; none if it may match others as well.
    fn named(&self, at: u32) -> Option<Vec<u32>> {
        let rule = &self.rules[at as usize];
        let mut named = Vec::new();
        for actor in rule.actors.as_ref()? {
            let by_request = match actor.participation {
                Participation::Recipient | Participation::InRole => true,
                Participation::Custodian => rule.kind == Kind::Permit,
                Participation::Author => false,
            };
            named.push(actor.reference.filter(|_| by_request)?);
        }
        for widening in rule.widenings.clone() {
            named.extend(self.named(widening)?);
        }
        named.sort_unstable();
        named.dedup();
        Some(named)
    }
}

impl fmt::Debug for Consents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Consents of {} rules([redacted])", self.rules.len())
    }
}
