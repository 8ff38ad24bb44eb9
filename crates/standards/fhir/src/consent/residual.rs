//! The rules that are left for whoever filters the data, in the form of IHE PCF.
//!
//! Source: IHE PCF 1.1, `ihe_pcf.residual` of the access token. Of the rules in the list the last one
//! that covers the data counts; what none covers flows. A list cannot say all that a tree can; where it
//! cannot, it forbids more. [`Decision::flows`] is exact.

use super::{
    decision::Decision,
    evaluate::{Live, Own},
    model::{Class, Kind, Limits, Meaning},
    vocabulary::{MIME_TYPES, Participation, RESOURCE_TYPES},
};
use crate::{
    Day, DaySpan,
    labels::{ACT_CODE, CONFIDENTIALITY, Coding, Confidentiality},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Forbid or permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResidualKind {
    /// It must not be returned.
    Forbid,
    /// It may, though an earlier rule forbids it.
    Permit,
}

/// Days of data. An absent end is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualPeriod {
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Day>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Day>,
}

/// Data that is meant by a reference.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualData {
    /// `instance`, `related`, `dependents` or `authoredby`.
    pub meaning: String,
    /// The reference.
    pub reference: String,
}

impl fmt::Debug for ResidualData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}([redacted])", self.meaning)
    }
}

/// A rule for whoever filters the data. What is empty is no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ResidualRule {
    /// Forbid or permit.
    pub r#type: ResidualKind,
    /// Labels of the data, any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_label: Vec<Coding>,
    /// Days of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_period: Option<ResidualPeriod>,
    /// References, any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<ResidualData>,
    /// Classes of content, any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<Coding>,
    /// Codes of the data, any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<Coding>,
}

impl ResidualRule {
    fn all(kind: ResidualKind) -> Self {
        Self {
            r#type: kind,
            security_label: Vec::new(),
            data_period: None,
            data: Vec::new(),
            class: Vec::new(),
            code: Vec::new(),
        }
    }

    /// Limited to what meets `other` as well; none if both have a limit of the same kind, of which a
    /// rule can hold one only.
    fn and(mut self, other: &Self) -> Option<Self> {
        fn one<T: Clone>(own: &mut Vec<T>, other: &[T]) -> bool {
            if own.is_empty() {
                own.extend_from_slice(other);
                return true;
            }
            other.is_empty()
        }
        // A level is a highest one in a permit and a lowest one in a denial.
        let leveled = other.security_label.iter().any(|label| *label.system == *CONFIDENTIALITY);
        if leveled && other.r#type == ResidualKind::Forbid {
            return None;
        }
        let period = self.data_period.is_none() || other.data_period.is_none();
        self.data_period = self.data_period.or_else(|| other.data_period.clone());
        let merged = period
            && one(&mut self.security_label, &other.security_label)
            && one(&mut self.data, &other.data)
            && one(&mut self.class, &other.class)
            && one(&mut self.code, &other.code);
        merged.then_some(self)
    }

    fn is_for_all(&self) -> bool {
        *self == Self::all(self.r#type)
    }

    fn new(kind: Kind, own: Own, limits: &Limits) -> Self {
        let mut rule = Self::all(match kind {
            Kind::Permit => ResidualKind::Permit,
            Kind::Deny => ResidualKind::Forbid,
        });
        if let Some(labels) = &limits.labels {
            let mut levels: Vec<Confidentiality> =
                labels.levels.into_iter().flat_map(|(low, high)| [low, high]).collect();
            levels.dedup();
            let levels = levels.iter().map(|level| Coding::new(CONFIDENTIALITY, level.code()));
            let sensitivities = labels.sensitivities.codes();
            rule.security_label.extend(levels);
            rule.security_label.extend(sensitivities.map(|code| Coding::new(ACT_CODE, code)));
            rule.security_label.extend(labels.others.iter().cloned());
        }
        rule.data_period = limits.data_period.map(|period| {
            let DaySpan { first, last } = match kind {
                Kind::Permit => period.within.unwrap_or(period.touched),
                Kind::Deny => period.touched,
            };
            ResidualPeriod {
                start: (first.0 != i32::MIN).then_some(first),
                end: (last.0 != i32::MAX).then_some(last),
            }
        });
        let by_reference = limits.data.iter().map(|data| (data.meaning, &data.reference));
        let authors = limits
            .actors
            .iter()
            .filter(|actor| own == Own::IfByAuthor && actor.participation == Participation::Author);
        let authors =
            authors.filter_map(|actor| Some((Meaning::AuthoredBy, actor.reference.as_ref()?)));
        rule.data.extend(by_reference.chain(authors).map(|(meaning, reference)| ResidualData {
            meaning: meaning.code().to_owned(),
            reference: reference.to_string(),
        }));
        let classes = limits.classes.iter().chain(&limits.documents);
        rule.class.extend(classes.map(|class| match class {
            Class::Type(one) => Coding::new(RESOURCE_TYPES[0], one.name()),
            Class::ContentType(one) => Coding::new(MIME_TYPES, one),
            Class::Code(one) => one.clone(),
        }));
        rule.code.extend(limits.codes.iter().cloned());
        rule
    }
}

impl Decision<'_> {
    /// The rules that are left for whoever filters the data; empty if nothing need be filtered.
    pub fn residual(&self) -> Vec<ResidualRule> {
        let mut lists: Vec<(bool, Vec<ResidualRule>)> = Vec::new();
        for head in &self.heads {
            let forbid_all = ResidualRule::all(ResidualKind::Forbid);
            let Some(live) = head.live else { return vec![forbid_all] };
            let mut list = vec![forbid_all];
            list.extend(self.list_of(live));
            if !head.permits {
                list.retain(|rule| rule.r#type == ResidualKind::Forbid);
            }
            let root = &self.set.rules[head.root as usize];
            let own = self.live[live as usize].own;
            let by_root = root.kind == Kind::Deny && own == Own::Yes && root.data.is_none();
            // The first rule is what silence means; a later one for all is a denial that is said.
            let said = list[1..].iter().rfind(|rule| rule.is_for_all());
            let by_rule = said.is_some_and(|rule| rule.r#type == ResidualKind::Forbid);
            lists.push((by_root || by_rule, simplified(list)));
        }
        if lists.len() == 1 {
            return lists.remove(0).1;
        }
        together(lists)
    }

    /// The rules of one consent.
    fn list_of(&self, at: u32) -> Vec<ResidualRule> {
        let end = self.live[at as usize].end;
        let kind = |live: &Live| self.set.rules[live.rule as usize].kind;
        let excepted = |live: &&Live| kind(live) == Kind::Deny && live.exceptions_at < live.end;
        let span = &self.live[at as usize..end as usize];
        let mut listing = Listing {
            rules: Vec::new(),
            // Of two denials with exceptions each may deny what the other excepts.
            may_except: span.iter().filter(excepted).count() <= 1,
            excepted: false,
        };
        self.add(at, None, &mut listing);
        if listing.excepted {
            // What is denied without exception is denied whatever was excepted before.
            let denied = span.iter().filter(|live| {
                kind(live) == Kind::Deny && live.exceptions_at == live.end && live.own != Own::No
            });
            listing.rules.extend(denied.map(|live| self.rule_of(live)));
        }
        listing.rules
    }

    fn rule_of(&self, live: &Live) -> ResidualRule {
        let rule = &self.set.rules[live.rule as usize];
        ResidualRule::new(rule.kind, live.own, &rule.limits)
    }

    /// Adds a rule and what is nested in it. `within` is what data must meet as well, below a denial.
    fn add(&self, at: u32, within: Option<&ResidualRule>, listing: &mut Listing) {
        let live = &self.live[at as usize];
        let rule = &self.set.rules[live.rule as usize];
        let own = (live.own != Own::No).then(|| self.rule_of(live));
        let mut own_within = own.clone();
        if rule.kind == Kind::Permit {
            // A permit for a part of a day only covers no data, which has whole days.
            let never = rule.limits.data_period.is_some_and(|period| period.within.is_none());
            let permit = match within {
                None => own,
                Some(within) => own.filter(|_| listing.may_except).and_then(|own| own.and(within)),
            };
            if let Some(permit) = permit.filter(|_| !never) {
                own_within = Some(permit.clone());
                listing.excepted |= within.is_some();
                listing.rules.push(permit);
            }
        } else if let Some(deny) = own {
            own_within = match within {
                None => Some(deny.clone()),
                Some(within) => deny.clone().and(within),
            };
            listing.rules.push(deny);
        }
        let mut nested = Vec::new();
        let mut one = at + 1;
        while one < live.end {
            nested.push(one);
            one = self.live[one as usize].end;
        }
        // A denial among siblings wins, so it comes last.
        nested.sort_by_key(|one| self.set.rules[self.live[*one as usize].rule as usize].kind);
        for one in nested {
            if one < live.exceptions_at {
                self.add(one, within, listing);
            } else if let Some(within) = &own_within {
                self.add(one, Some(within), listing);
            } else {
                // What is around it cannot be said in a rule, so only its denials are.
                let may_except = std::mem::replace(&mut listing.may_except, false);
                self.add(one, Some(&ResidualRule::all(ResidualKind::Forbid)), listing);
                listing.may_except = may_except;
            }
        }
    }
}

/// The list of a consent while it is made.
struct Listing {
    rules: Vec<ResidualRule>,
    /// Whether permits within denials are listed.
    may_except: bool,
    /// Whether one is.
    excepted: bool,
}

/// Without the rules that a later one for all data makes idle.
fn simplified(mut list: Vec<ResidualRule>) -> Vec<ResidualRule> {
    if let Some(last) = list.iter().rposition(ResidualRule::is_for_all) {
        let keep = if list[last].r#type == ResidualKind::Permit { last + 1 } else { last };
        list.drain(..keep);
    }
    list
}

/// Several consents: what one permits, without what any forbids. Where one denies all but its
/// exceptions, only these are left; where several do, nothing is.
fn together(lists: Vec<(bool, Vec<ResidualRule>)>) -> Vec<ResidualRule> {
    let denying = lists.iter().filter(|(denies_all, _)| *denies_all).count();
    let mut all = vec![ResidualRule::all(ResidualKind::Forbid)];
    let mut forbidden = Vec::new();
    for (denies_all, list) in lists {
        let permits = denying == 0 || (denying == 1 && denies_all);
        // A list that does not begin by forbidding all permits all.
        if permits && !list.first().is_some_and(ResidualRule::is_for_all) {
            all.push(ResidualRule::all(ResidualKind::Permit));
        }
        for rule in list {
            match rule.r#type {
                ResidualKind::Permit if permits => all.push(rule),
                ResidualKind::Forbid if !rule.is_for_all() => forbidden.push(rule),
                ResidualKind::Permit | ResidualKind::Forbid => {}
            }
        }
    }
    all.extend(forbidden);
    simplified(all)
}
