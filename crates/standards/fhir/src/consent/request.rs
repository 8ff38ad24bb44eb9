//! Who asks for what, as a decision sees it.

use super::{moment::Moment, names::Names, vocabulary};
use crate::labels::CodingRef;
use std::fmt;

/// A question: may this person, for this purpose, do this with data of this patient, now?
///
/// Memberships are resolved by whoever asks: all groups and organisations of the person, and of those
/// in turn, are in `member_of`. References are compared as they stand, but for a version.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The patient whose data it is.
    pub patient: &'a str,
    /// The person who asks, if it is one.
    pub person: Option<&'a str>,
    /// The organisation that asks, or for which the person acts.
    pub organisation: Option<&'a str>,
    /// Groups and organisations to which they belong.
    pub member_of: &'a [&'a str],
    /// Roles and relationships that the person has.
    pub roles: &'a [CodingRef<'a>],
    /// Who holds the data: the organisation and those to which it belongs.
    pub custodians: &'a [&'a str],
    /// The purpose of use.
    pub purpose: CodingRef<'a>,
    /// What is to be done.
    pub action: vocabulary::Action,
    /// The time at which it is asked.
    pub now: Moment,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request to {}([redacted])", self.action.code())
    }
}

/// A request in the numbers of a set of consents. What no consent names has no number and is left out.
pub(crate) struct Asked {
    pub(crate) patient: Option<u32>,
    /// In order.
    pub(crate) parties: Vec<u32>,
    pub(crate) roles: Vec<u32>,
    pub(crate) custodians: Vec<u32>,
    pub(crate) purpose_bit: u64,
    pub(crate) purpose: Option<u32>,
    pub(crate) action: u8,
    pub(crate) now: Moment,
    /// Whether only denials that name emergencies count.
    pub(crate) emergency: bool,
}

impl Asked {
    pub(crate) fn new(request: &Request<'_>, names: &Names) -> Self {
        let one = |name: &&str| names.reference(crate::labels::without_version(name));
        let mut parties = Vec::with_capacity(request.member_of.len() + 2);
        parties.extend(request.person.iter().filter_map(one));
        parties.extend(request.organisation.iter().filter_map(one));
        parties.extend(request.member_of.iter().filter_map(one));
        parties.sort_unstable();
        parties.dedup();
        let purpose_bit = if request.purpose.system == vocabulary::ACT_REASON {
            vocabulary::purpose_bit(request.purpose.code).unwrap_or_default()
        } else {
            0
        };
        Self {
            patient: one(&request.patient),
            parties,
            roles: request.roles.iter().filter_map(|role| names.coding(*role)).collect(),
            custodians: request.custodians.iter().filter_map(one).collect(),
            purpose_bit,
            purpose: names.coding(request.purpose),
            action: request.action.bit(),
            now: request.now,
            emergency: false,
        }
    }

    pub(crate) fn is_party(&self, reference: u32) -> bool {
        self.parties.contains(&reference)
    }
}
