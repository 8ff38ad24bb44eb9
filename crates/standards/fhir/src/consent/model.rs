//! A consent as it was read: R4 and R5 in one form.

use super::{
    error::Place,
    moment::Moment,
    vocabulary::{Action, Participation},
};
use crate::{
    DaySpan, ResourceType,
    labels::{Coding, Confidentiality, Sensitivities},
};
use std::fmt;

/// Permit or deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It may flow.
    Permit,
    /// It must not.
    Deny,
}

impl Kind {
    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::Permit => Self::Deny,
            Self::Deny => Self::Permit,
        }
    }
}

/// The release of FHIR that a consent is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// R4 (4.0.1).
    R4,
    /// R5 (5.0.0).
    R5,
}

/// Whether a consent takes part in decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Active,
    /// Its status is another than `active`, or its scope is not the use of data.
    NotInForce,
}

/// A consent that was read and is understood.
#[derive(Clone)]
pub struct Consent {
    pub(crate) id: Option<Box<str>>,
    pub(crate) release: Release,
    pub(crate) standing: Standing,
    pub(crate) patient: Box<str>,
    pub(crate) replaces: Vec<Box<str>>,
    /// Where an element stands that could change the meaning in a way that nobody here knows: such a
    /// consent denies everything.
    pub(crate) obscure: Option<Place>,
    /// R5: those to whom it permits; empty: no such limit.
    pub(crate) grantees: Vec<Box<str>>,
    pub(crate) root: Provision,
    pub(crate) provisions: usize,
}

impl Consent {
    /// Its id, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The release that it is written in.
    pub fn release(&self) -> Release {
        self.release
    }

    /// The reference to its patient.
    pub fn patient(&self) -> &str {
        &self.patient
    }

    /// Whether it takes part in decisions at all.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// References to the consents that it replaces.
    pub fn replaces(&self) -> impl Iterator<Item = &str> {
        self.replaces.iter().map(AsRef::as_ref)
    }

    /// Says that it replaces another one, as known from elsewhere than its own text.
    #[must_use]
    pub fn replacing(mut self, reference: &str) -> Self {
        self.replaces.push(reference.into());
        self
    }

    /// Where an element stands that nobody here understands and that could change the meaning; such a
    /// consent denies everything.
    pub fn obscure(&self) -> Option<&Place> {
        self.obscure.as_ref()
    }

    /// How many provisions it has.
    pub fn provisions(&self) -> usize {
        self.provisions
    }
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Consent of {} provisions([redacted])", self.provisions)
    }
}

/// A rule with its exceptions. An empty list is no limit.
#[derive(Clone)]
pub(crate) struct Provision {
    pub(crate) kind: Kind,
    /// Its number among its siblings.
    pub(crate) ordinal: u32,
    pub(crate) limits: Limits,
    pub(crate) nested: Vec<Provision>,
}

/// What a rule is limited to: all that are given must hold, of each any one.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) period: (Moment, Moment),
    pub(crate) actors: Vec<Actor>,
    pub(crate) actions: Vec<Action>,
    pub(crate) purposes: Vec<Coding>,
    pub(crate) labels: Option<LabelLimits>,
    /// R4 `class` and R5 `resourceType`.
    pub(crate) classes: Vec<Class>,
    /// R5 `documentType`.
    pub(crate) documents: Vec<Class>,
    pub(crate) codes: Vec<Coding>,
    pub(crate) data_period: Option<DataPeriod>,
    pub(crate) data: Vec<Data>,
}

impl Limits {
    pub(crate) fn none() -> Self {
        Self {
            period: (Moment::FIRST, Moment::LAST),
            actors: Vec::new(),
            actions: Vec::new(),
            purposes: Vec::new(),
            labels: None,
            classes: Vec::new(),
            documents: Vec::new(),
            codes: Vec::new(),
            data_period: None,
            data: Vec::new(),
        }
    }

    /// Whether each kind of limit but the period is given, in a fixed order.
    pub(crate) fn given(&self) -> [bool; 9] {
        [
            !self.actors.is_empty(),
            !self.actions.is_empty(),
            !self.purposes.is_empty(),
            self.labels.is_some(),
            !self.classes.is_empty(),
            !self.documents.is_empty(),
            !self.codes.is_empty(),
            self.data_period.is_some(),
            !self.data.is_empty(),
        ]
    }

    /// With the limits of `outer` where it has none of its own.
    pub(crate) fn or_inherited(&self, outer: &Self) -> Self {
        fn or<T: Clone>(own: &[T], outer: &[T]) -> Vec<T> {
            if own.is_empty() { outer.to_vec() } else { own.to_vec() }
        }
        Self {
            period: (self.period.0.max(outer.period.0), self.period.1.min(outer.period.1)),
            actors: or(&self.actors, &outer.actors),
            actions: or(&self.actions, &outer.actions),
            purposes: or(&self.purposes, &outer.purposes),
            labels: self.labels.clone().or_else(|| outer.labels.clone()),
            classes: or(&self.classes, &outer.classes),
            documents: or(&self.documents, &outer.documents),
            codes: or(&self.codes, &outer.codes),
            data_period: self.data_period.or(outer.data_period),
            data: or(&self.data, &outer.data),
        }
    }
}

/// Who is meant: by reference, by role, or both.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) participation: Participation,
    pub(crate) role: Option<Coding>,
    pub(crate) reference: Option<Box<str>>,
}

/// Which labels are meant.
#[derive(Clone, Default)]
pub(crate) struct LabelLimits {
    /// The levels, lowest and highest.
    pub(crate) levels: Option<(Confidentiality, Confidentiality)>,
    pub(crate) sensitivities: Sensitivities,
    pub(crate) others: Vec<Coding>,
}

/// A class of content.
#[derive(Clone)]
pub(crate) enum Class {
    Type(ResourceType),
    ContentType(Box<str>),
    Code(Coding),
}

/// Days that are wholly within, and days that are touched.
#[derive(Clone, Copy)]
pub(crate) struct DataPeriod {
    /// None if no day is wholly within.
    pub(crate) within: Option<DaySpan>,
    pub(crate) touched: DaySpan,
}

/// In what way data is meant by a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Instance,
    Related,
    Dependents,
    AuthoredBy,
}

impl Meaning {
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        match code {
            "instance" => Some(Self::Instance),
            "related" => Some(Self::Related),
            "dependents" => Some(Self::Dependents),
            "authoredby" => Some(Self::AuthoredBy),
            _ => None,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Related => "related",
            Self::Dependents => "dependents",
            Self::AuthoredBy => "authoredby",
        }
    }
}

/// Data that is meant by a reference.
#[derive(Clone)]
pub(crate) struct Data {
    pub(crate) meaning: Meaning,
    pub(crate) reference: Box<str>,
}
