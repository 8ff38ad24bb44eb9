//! Lists: what belongs to an account, under numbers from 0, so that it can be read and proved.

use borsh::BorshDeserialize;
use borsh::BorshSerialize;
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::AccountId;

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Delegations that a patient gave: `consent/delegation-count`, `consent/delegation-at`.
    Delegations,
    /// Episodes of a patient: `consent/episode-count`, `consent/episode-at`.
    Episodes,
    /// Arrangements of a patient: `consent/arrangement-count`, `consent/arrangement-at`.
    Arrangements,
    /// Emergencies of a patient: `consent/emergency-count`, `consent/emergency-at`.
    Emergencies,
    /// Emergencies that a service opened: `consent/service-emergency-count`,
    /// `consent/service-emergency-at`.
    ServiceEmergencies,
    /// Documents of an owner: `consent/document-count`, `consent/document-at`.
    Documents,
    /// Erasures of a patient: `consent/erasure-count`, `consent/erasure-at`.
    Erasures,
}

impl List {
    fn prefixes(self) -> (&'static str, &'static str) {
        match self {
            Self::Delegations => ("consent/delegation-count", "consent/delegation-at"),
            Self::Episodes => ("consent/episode-count", "consent/episode-at"),
            Self::Arrangements => ("consent/arrangement-count", "consent/arrangement-at"),
            Self::Emergencies => ("consent/emergency-count", "consent/emergency-at"),
            Self::Documents => ("consent/document-count", "consent/document-at"),
            Self::Erasures => ("consent/erasure-count", "consent/erasure-at"),
            Self::ServiceEmergencies => {
                ("consent/service-emergency-count", "consent/service-emergency-at")
            }
        }
    }

    /// `consent/<what>-count/<owner>`
    pub fn count_path(self, owner: AccountId) -> KeyPath {
        KeyPath::new(self.prefixes().0).id(owner)
    }

    /// `consent/<what>-at/<owner>/<number>`
    pub fn at_path(self, owner: AccountId, number: u64) -> KeyPath {
        KeyPath::new(self.prefixes().1).id(owner).number(number)
    }

    pub(crate) fn count(self, state: &dyn StateRead, owner: AccountId) -> u64 {
        get(state, self.count_path(owner).key()).unwrap_or(0)
    }

    pub(crate) fn at<T: BorshDeserialize>(
        self,
        state: &dyn StateRead,
        owner: AccountId,
        number: u64,
    ) -> Option<T> {
        get(state, self.at_path(owner, number).key())
    }

    /// Adds at the end; `number` is the count before.
    pub(crate) fn push(
        self,
        state: &mut dyn StateWrite,
        owner: AccountId,
        number: u64,
        item: &impl BorshSerialize,
    ) {
        put(state, self.count_path(owner).key(), &number.saturating_add(1));
        put(state, self.at_path(owner, number).key(), item);
    }
}
