//! What a rule asks of the data, in numbers, and whether a resource meets it.
//!
//! A permit covers only what is known to meet it; a denial covers all that may meet it.

use super::{
    model::{Actor, Class, Kind, Limits, Meaning},
    names::Names,
    vocabulary::Participation,
};
use crate::{
    DaySpan, ResourceType,
    labels::{Coding, Confidentiality, Facts, Sensitivities},
};
use std::cell::OnceCell;

/// Limits of a rule that only the data can tell.
pub(crate) struct DataLimits {
    kind: Kind,
    labels: Option<LabelRow>,
    period: Option<PeriodRow>,
    classes: Option<ClassRow>,
    documents: Option<ClassRow>,
    codes: Option<Vec<u32>>,
    data: Option<Vec<(Meaning, u32)>>,
}

struct LabelRow {
    levels: Option<(Confidentiality, Confidentiality)>,
    sensitivities: Sensitivities,
    others: Vec<u32>,
}

/// Days that meet it: for a permit those wholly within, if there are any.
struct PeriodRow(Option<DaySpan>);

struct ClassRow {
    types: Vec<ResourceType>,
    content_types: Vec<u32>,
    codes: Vec<u32>,
}

impl DataLimits {
    /// The limits for the data among `limits`; none if there are none.
    pub(crate) fn new(kind: Kind, limits: &Limits, names: &mut Names) -> Option<Box<Self>> {
        let labels = limits.labels.as_ref().map(|labels| {
            let narrower = labels.sensitivities.with_narrower();
            LabelRow {
                levels: labels.levels,
                sensitivities: match kind {
                    Kind::Permit => narrower,
                    Kind::Deny => narrower.with(labels.sensitivities.with_broader()),
                },
                others: labels.others.iter().map(|label| names.add_coding(label)).collect(),
            }
        });
        let period = limits.data_period.map(|period| {
            PeriodRow(match kind {
                Kind::Permit => period.within,
                Kind::Deny => Some(period.touched),
            })
        });
        let some = |list: Vec<u32>| (!list.is_empty()).then_some(list);
        let row = Self {
            kind,
            labels,
            period,
            classes: ClassRow::new(&limits.classes, names),
            documents: ClassRow::new(&limits.documents, names),
            codes: some(limits.codes.iter().map(|code| names.add_coding(code)).collect()),
            data: (!limits.data.is_empty()).then(|| {
                let one = |names: &mut Names, reference: &str| names.add_reference(reference);
                limits.data.iter().map(|data| (data.meaning, one(names, &data.reference))).collect()
            }),
        };
        let limited = row.labels.is_some()
            || row.period.is_some()
            || row.classes.is_some()
            || row.documents.is_some()
            || row.codes.is_some()
            || row.data.is_some();
        limited.then(|| Box::new(row))
    }

    /// Whether a resource meets all of them.
    pub(crate) fn covers(&self, known: &Known<'_>) -> bool {
        let denies = self.kind == Kind::Deny;
        self.labels.as_ref().is_none_or(|labels| labels.covers(denies, known))
            && self.period.as_ref().is_none_or(|period| match (known.facts.dates, &period.0) {
                (Some(dates), Some(span)) if denies => {
                    dates.first <= span.last && span.first <= dates.last
                }
                (Some(dates), Some(span)) => span.contains(dates),
                (None, _) => denies,
                (_, None) => false,
            })
            && self.classes.as_ref().is_none_or(|classes| classes.covers(denies, known))
            && self.documents.as_ref().is_none_or(|classes| classes.covers(denies, known))
            && self.codes.as_ref().is_none_or(|codes| known.has_code(denies, codes))
            && self.data.as_ref().is_none_or(|data| {
                known.uncertain(denies)
                    || data.iter().any(|(meaning, name)| known.is_meant(*meaning, *name))
            })
    }
}

impl LabelRow {
    fn covers(&self, denies: bool, known: &Known<'_>) -> bool {
        let labels = &known.facts.labels;
        let level = self.levels.is_some_and(|(low, high)| match labels.confidentiality {
            Some(level) if denies => level >= low,
            Some(level) => level <= high,
            None => denies,
        });
        let sensitive = if denies {
            labels.sensitivities.meets(self.sensitivities)
                || (!known.facts.labelled && !self.sensitivities.is_empty())
        } else {
            known.facts.labelled
                && !labels.sensitivities.is_empty()
                && self.sensitivities.contains(labels.sensitivities)
        };
        let other = || {
            let mut found = labels.others.iter().filter_map(|one| known.names.coding(one.by_ref()));
            found.any(|label| self.others.contains(&label))
        };
        level || sensitive || (!self.others.is_empty() && other())
    }
}

impl ClassRow {
    fn new(classes: &[Class], names: &mut Names) -> Option<Self> {
        let mut row = Self { types: Vec::new(), content_types: Vec::new(), codes: Vec::new() };
        for class in classes {
            match class {
                Class::Type(one) => row.types.push(*one),
                Class::ContentType(one) => row.content_types.push(names.add_reference(one)),
                Class::Code(one) => row.codes.push(names.add_coding(one)),
            }
        }
        (!classes.is_empty()).then_some(row)
    }

    fn covers(&self, denies: bool, known: &Known<'_>) -> bool {
        self.types.contains(&known.facts.resource_type)
            || (!self.content_types.is_empty()
                && (known.uncertain(denies)
                    || known.content_types().iter().any(|one| self.content_types.contains(one))))
            || (!self.codes.is_empty() && known.has_code(denies, &self.codes))
    }
}

/// Those among the actors who are meant as authors of the data.
pub(crate) fn authors(actors: &[Actor], names: &mut Names) -> Vec<u32> {
    let authors = actors.iter().filter(|actor| actor.participation == Participation::Author);
    authors.filter_map(|actor| Some(names.add_reference(actor.reference.as_ref()?))).collect()
}

/// The facts of a resource in numbers, each list when it is first asked for.
pub(crate) struct Known<'f> {
    pub(crate) facts: &'f Facts,
    names: &'f Names,
    codes: OnceCell<Vec<u32>>,
    mentioned: OnceCell<Vec<u32>>,
    content_types: OnceCell<Vec<u32>>,
    itself: OnceCell<Vec<u32>>,
    authors: OnceCell<Vec<u32>>,
    references: OnceCell<Vec<u32>>,
    referred_by: OnceCell<Vec<u32>>,
}

impl<'f> Known<'f> {
    pub(crate) fn new(facts: &'f Facts, names: &'f Names) -> Self {
        Self {
            facts,
            names,
            codes: OnceCell::new(),
            mentioned: OnceCell::new(),
            content_types: OnceCell::new(),
            itself: OnceCell::new(),
            authors: OnceCell::new(),
            references: OnceCell::new(),
            referred_by: OnceCell::new(),
        }
    }

    /// Whether a denial must assume that there is more than is known.
    pub(crate) fn uncertain(&self, denies: bool) -> bool {
        denies && !self.facts.complete
    }

    fn references<'s>(&self, cell: &'s OnceCell<Vec<u32>>, list: &[Box<str>]) -> &'s [u32] {
        cell.get_or_init(|| list.iter().filter_map(|name| self.names.reference(name)).collect())
    }

    fn codings<'s>(&self, cell: &'s OnceCell<Vec<u32>>, list: &[Coding]) -> &'s [u32] {
        cell.get_or_init(|| {
            list.iter().filter_map(|code| self.names.coding(code.by_ref())).collect()
        })
    }

    fn content_types(&self) -> &[u32] {
        self.references(&self.content_types, &self.facts.content_types)
    }

    /// Whether it has one of the codes: for a permit among those that say what it is about.
    fn has_code(&self, denies: bool, codes: &[u32]) -> bool {
        let about = self.codings(&self.codes, &self.facts.codes);
        let has = |list: &[u32]| list.iter().any(|code| codes.contains(code));
        has(about)
            || self.uncertain(denies)
            || (denies && has(self.codings(&self.mentioned, &self.facts.mentioned)))
    }

    fn is_meant(&self, meaning: Meaning, name: u32) -> bool {
        let itself = || self.references(&self.itself, &self.facts.names).contains(&name);
        let refers = || self.references(&self.references, &self.facts.references).contains(&name);
        let referred =
            || self.references(&self.referred_by, &self.facts.referred_by).contains(&name);
        match meaning {
            Meaning::Instance => itself(),
            Meaning::Dependents => itself() || refers(),
            Meaning::Related => itself() || refers() || referred(),
            Meaning::AuthoredBy => self.is_by(&[name]),
        }
    }

    /// Whether one of these wrote it.
    pub(crate) fn is_by(&self, names: &[u32]) -> bool {
        let authors = self.references(&self.authors, &self.facts.authors);
        authors.iter().any(|author| names.contains(author))
    }
}
