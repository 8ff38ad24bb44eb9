//! Which provision of which consent decided, as data and in words.

use super::{
    compile::Consents,
    decision::{Flow, Reason},
    error::Place,
    model::{Kind, Release},
};
use serde::Serialize;
use std::fmt;

/// Why a decision was as it was. It names a consent and a place in it, and no content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// `permit` or `deny`.
    pub decision: &'static str,
    /// `provision`, `obscure_element`, `no_consent`, `no_provision` or `not_covered`.
    pub reason: &'static str,
    /// The consent that decided: its id, or its number from 1 among those given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The place in that consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The same in words.
    pub words: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Consents {
    /// Says which provision decided.
    ///
    /// # Panics
    ///
    /// If the flow was decided by another set of consents.
    pub fn explain(&self, flow: Flow) -> Explanation {
        let decision = match flow.kind {
            Kind::Permit => "permit",
            Kind::Deny => "deny",
        };
        let (reason, consent, place) = match flow.reason {
            Reason::Provision { rule } => {
                let root = self.rules[rule as usize].root;
                ("provision", Some(self.name_of(root)), Some(self.place_of(rule)))
            }
            Reason::Obscure { root } => {
                let consent = &self.given[self.roots[root as usize].consent];
                let place = consent.obscure.clone().unwrap_or_default();
                ("obscure_element", Some(self.name_of(root)), Some(place))
            }
            Reason::NoConsent => ("no_consent", None, None),
            Reason::NoProvision => ("no_provision", None, None),
            Reason::NotCovered => ("not_covered", None, None),
        };
        let words = match (flow.reason, &consent, &place) {
            (Reason::Provision { .. }, Some(consent), Some(place)) => {
                let does = if flow.kind == Kind::Permit { "permits" } else { "denies" };
                format!("consent {consent} {does} it at {place}")
            }
            (Reason::Obscure { .. }, Some(consent), Some(place)) => format!(
                "consent {consent} has an element at {place} that could change its meaning and is \
                 not understood, so it denies everything"
            ),
            (Reason::NoProvision, ..) => {
                "no provision of a consent in force concerns this request, so it is denied"
                    .to_owned()
            }
            (Reason::NotCovered, ..) => {
                "no provision that concerns this request covers this data, so it is denied"
                    .to_owned()
            }
            _ => "the patient has no consent in force, so it is denied".to_owned(),
        };
        let place = place.map(|place| place.0);
        Explanation { decision, reason, consent, place, words }
    }

    fn name_of(&self, root: u32) -> String {
        let at = self.roots[root as usize].consent;
        self.given[at].id().map_or_else(|| format!("number {}", at + 1), str::to_owned)
    }

    /// Where a rule stands in its consent.
    fn place_of(&self, rule: u32) -> Place {
        let one = &self.rules[rule as usize];
        let release = self.given[self.roots[one.root as usize].consent].release;
        let Some(parent) = one.parent else {
            return Place(match release {
                Release::R4 => "provision".to_owned(),
                Release::R5 => "decision".to_owned(),
            });
        };
        let is_under_root = self.rules[parent as usize].parent.is_none();
        let outer = match release {
            Release::R5 if is_under_root => String::new(),
            Release::R4 | Release::R5 => format!("{}.", self.place_of(parent)),
        };
        Place(format!("{outer}provision[{}]", one.ordinal))
    }
}
