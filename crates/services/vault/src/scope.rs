//! Which records a grant covers.
//!
//! The ledger holds only a salted commitment to a scope. Its opening (scope and salt) goes to the
//! custodian and the grantee off the ledger.

use crate::VaultError;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_consent::RecordId;
use salus_fhir::{Category, DaySpan, ResourceType};
use salus_types::{Hash, VecMax, encode};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Domain of the commitment to a scope.
pub const SCOPE_DOMAIN: &str = "salus/scope/1";

/// Most records that a scope may name one by one.
pub const SCOPE_RECORDS_MAX: usize = 256;

/// Which records of a patient a grant covers.
///
/// A record is covered if it meets every condition that is not empty; an empty list or an absent
/// span is no condition. A scope with no condition at all covers all records of the patient.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// The record's category is one of these.
    pub categories: VecMax<Category, 16>,
    /// The record's resource type is one of these.
    pub resource_types: VecMax<ResourceType, 64>,
    /// The record is one of these.
    pub records: VecMax<RecordId, SCOPE_RECORDS_MAX>,
    /// All days of the record lie in this span. A record without a date is then not covered.
    pub dates: Option<DaySpan>,
}

/// What of a record decides whether a scope covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The record.
    pub record: RecordId,
    /// Its resource type.
    pub resource_type: ResourceType,
    /// Its category.
    pub category: Category,
    /// The days it speaks of, where it names any.
    pub dates: Option<DaySpan>,
}

impl Scope {
    /// Whether the scope covers this record.
    pub fn covers(&self, facts: &RecordFacts) -> bool {
        let any = |empty: bool, found: bool| empty || found;
        any(self.categories.is_empty(), self.categories.contains(&facts.category))
            && any(
                self.resource_types.is_empty(),
                self.resource_types.contains(&facts.resource_type),
            )
            && any(self.records.is_empty(), self.records.contains(&facts.record))
            && self.dates.is_none_or(|span| facts.dates.is_some_and(|dates| span.contains(dates)))
    }

    /// Whether it may cover records of this category.
    pub fn covers_category(&self, category: Category) -> bool {
        self.categories.is_empty() || self.categories.contains(&category)
    }

    /// Whether nothing but categories limits it, so that category keys protect what it leaves out.
    /// Narrower scopes are kept by the custodian, who releases the key of one record at a time.
    pub fn is_by_category(&self) -> bool {
        self.resource_types.is_empty() && self.records.is_empty() && self.dates.is_none()
    }

    /// The same scope with its lists sorted and without repetition: two scopes that say the same in
    /// the same conditions have the same canonical bytes.
    ///
    /// # Panics
    ///
    /// Never: sorting and removing keeps a list within its bound.
    #[must_use]
    pub fn canonical(&self) -> Self {
        fn tidy<T: Ord + Clone, const N: usize>(list: &VecMax<T, N>) -> VecMax<T, N> {
            let mut items = list.to_vec();
            items.sort_unstable();
            items.dedup();
            VecMax::new(items).expect("fewer items are within the bound")
        }
        Self {
            categories: tidy(&self.categories),
            resource_types: tidy(&self.resource_types),
            records: tidy(&self.records),
            dates: self.dates,
        }
    }

    /// The commitment that stands on the ledger: over the bytes of [`Self::canonical`].
    pub fn commitment(&self, salt: &[u8; 32]) -> Hash {
        salus_crypto::commit::commitment(SCOPE_DOMAIN, salt, &encode(&self.canonical()))
    }
}

/// What opens the commitment of a grant: its scope and the salt.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeOpening {
    /// The scope.
    pub scope: Scope,
    /// The salt of its commitment.
    pub salt: Hash,
}

impl ScopeOpening {
    /// An opening of `scope` with a fresh salt.
    pub fn new(scope: &Scope) -> Self {
        Self { scope: scope.canonical(), salt: Hash(salus_crypto::random::<32>()) }
    }

    /// The commitment that it opens.
    pub fn commitment(&self) -> Hash {
        self.scope.commitment(&self.salt.0)
    }

    /// Checks that it opens `commitment`.
    ///
    /// # Errors
    ///
    /// [`VaultError::ScopeMismatch`]: it opens another.
    pub fn opens(&self, commitment: Hash) -> Result<(), VaultError> {
        if self.commitment() == commitment { Ok(()) } else { Err(VaultError::ScopeMismatch) }
    }
}

impl fmt::Debug for ScopeOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopeOpening([redacted])")
    }
}
