//! What decides over a resource, without its content.

use super::{Labels, lists, vocabulary::Coding};
use crate::{DaySpan, ResourceType};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most codes, and most references, that are taken from one resource.
pub const FACTS_MAX: usize = 1024;

/// What rules of consent look at. Nothing here is shown in `Debug`, for codes tell diagnoses.
///
/// Lists are sorted and without repetition.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The type of the resource.
    pub resource_type: ResourceType,
    /// The names under which others refer to it, such as `Observation/7`.
    #[serde(default)]
    pub names: Vec<Box<str>>,
    /// The codes of what it is about: `code`, `type`, `category`, the medicine, the vaccine.
    #[serde(default)]
    pub codes: Vec<Coding>,
    /// All its other codes.
    #[serde(default)]
    pub mentioned: Vec<Coding>,
    /// Content types of what is attached to it.
    #[serde(default)]
    pub content_types: Vec<Box<str>>,
    /// The days that it speaks of.
    #[serde(default)]
    pub dates: Option<DaySpan>,
    /// Who wrote, recorded, performed or asserted it.
    #[serde(default)]
    pub authors: Vec<Box<str>>,
    /// The encounters that it belongs to.
    #[serde(default)]
    pub encounters: Vec<Box<str>>,
    /// Everything that it refers to, authors and encounters included.
    #[serde(default)]
    pub references: Vec<Box<str>>,
    /// What is known to refer to it. Nothing in the resource says so: whoever keeps an index fills it.
    #[serde(default)]
    pub referred_by: Vec<Box<str>>,
    /// Its security labels.
    #[serde(default)]
    pub labels: Labels,
    /// Whether all of the above is all there is. If not, nothing is permitted by codes or references,
    /// and everything is denied by them.
    #[serde(default = "whole")]
    pub complete: bool,
    /// Whether the labels are all that it has. They may be where the rest is not.
    #[serde(default = "whole")]
    pub labelled: bool,
}

fn whole() -> bool {
    true
}

/// Where the labels of a resource come from, before people set any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelFacts {
    /// Of `meta.security`.
    pub own: Labels,
    /// By the lists.
    pub derived: Vec<lists::DerivedLabel>,
}

impl Facts {
    /// A resource of this type of which nothing else is known; without a label it is `N`.
    pub fn of_type(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            names: Vec::new(),
            codes: Vec::new(),
            mentioned: Vec::new(),
            content_types: Vec::new(),
            dates: None,
            authors: Vec::new(),
            encounters: Vec::new(),
            references: Vec::new(),
            referred_by: Vec::new(),
            labels: Labels {
                confidentiality: Some(super::Confidentiality::N),
                ..Labels::default()
            },
            complete: true,
            labelled: true,
        }
    }

    /// Of a resource of which nothing could be read: nothing is permitted by what limits data, and
    /// everything is denied by it.
    pub fn unknown(resource_type: ResourceType) -> Self {
        let nothing = Self::of_type(resource_type);
        Self { labels: Labels::default(), complete: false, labelled: false, ..nothing }
    }

    /// The same without what tells content: names, days and labels only. By codes and references it
    /// is then permitted nothing, and denied everything.
    #[must_use]
    pub fn labels_only(self) -> Self {
        Self {
            names: self.names,
            dates: self.dates,
            labels: self.labels,
            labelled: self.labelled,
            complete: false,
            ..Self::of_type(self.resource_type)
        }
    }

    /// Adds a name under which others refer to it, such as its `fullUrl`.
    pub fn add_name(&mut self, name: &str) {
        if let Err(at) = self.names.binary_search_by(|known| (**known).cmp(name)) {
            self.names.insert(at, name.into());
        }
    }

    /// Why its codes make it sensitive.
    pub fn derived_labels(&self) -> Vec<lists::DerivedLabel> {
        lists::derive(self.codes.iter().chain(&self.mentioned).map(Coding::by_ref))
    }

    /// Sorts the lists and removes repetitions.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        fn tidy<T: Ord>(list: &mut Vec<T>) {
            list.sort_unstable();
            list.dedup();
        }
        tidy(&mut self.names);
        tidy(&mut self.codes);
        tidy(&mut self.mentioned);
        tidy(&mut self.content_types);
        tidy(&mut self.authors);
        tidy(&mut self.encounters);
        tidy(&mut self.references);
        tidy(&mut self.referred_by);
        tidy(&mut self.labels.others);
        self
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facts of {}([redacted])", self.resource_type)
    }
}
