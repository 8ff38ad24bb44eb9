//! What the vault asks of the organisation's own rules, and of its directory.
//!
//! The rules themselves are written in another language and evaluated elsewhere: the node gives the
//! vault something that answers.

use crate::actor::Actor;
use salus_consent::{PurposeOfUse, RecordId};
use salus_fhir::{Category, labels::Labels};
use salus_types::{AccountId, BlockTime};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody wants to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Read it.
    Read,
    /// Find it in a search.
    Search,
    /// Change it.
    Write,
    /// Take it out of the system, with many others.
    Export,
    /// Have it given out by the organisation that keeps it: somebody of another organisation asks.
    Disclose,
}

/// A question to the rules of the organisation.
#[derive(Clone, Copy)]
pub struct HouseAsk<'a> {
    /// The organisation that asks.
    pub accessor: AccountId,
    /// Who in it asks, where that is said.
    pub actor: Option<&'a Actor>,
    /// What they want to do.
    pub act: Act,
    /// Whether it is an emergency by the ledger.
    pub emergency: bool,
    /// The record.
    pub record: RecordId,
    /// Whose it is.
    pub patient: AccountId,
    /// Its category.
    pub category: Category,
    /// Its labels.
    pub labels: &'a Labels,
    /// What for.
    pub purpose: PurposeOfUse,
    /// When what it rests on ends, if it rests on an episode.
    pub episode_ends: Option<BlockTime>,
    /// Now.
    pub time: BlockTime,
}

impl fmt::Debug for HouseAsk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HouseAsk to {:?}([redacted])", self.act)
    }
}

/// What the rules of the organisation say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseDecision {
    /// Whether they permit it.
    pub permitted: bool,
    /// The rules that decided, in order; none if no rule permits it.
    pub rules: Vec<String>,
    /// The rules that failed, in order. If there is any, it is denied.
    pub failed: Vec<String>,
}

/// The organisation's own rules and directory.
pub trait HouseRules: Send + Sync + 'static {
    /// What the rules say; none where the organisation has none, so that its people are its own
    /// affair.
    fn decide(&self, ask: &HouseAsk<'_>) -> Option<HouseDecision>;

    /// What FHIR resources call an organisation of the network, such as `Organization/7` or
    /// `system|value`, as far as this organisation's directory says.
    fn names_of(&self, organisation: AccountId) -> Vec<String>;

    /// Whether the directory says whom a name means, even if it is nobody of the network.
    fn knows(&self, name: &str) -> bool;
}
