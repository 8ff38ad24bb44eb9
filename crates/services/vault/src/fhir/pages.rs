//! Pages of what was found: a list of records in memory, under a random name.

use crate::{Result, VaultError, rules::Asking};
use salus_consent::RecordId;
use salus_crypto::random;
use salus_fhir::search::Include;
use salus_types::{encode, hash};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Records of all lists that are remembered together; the oldest lists are forgotten first.
const RECORDS_MAX: usize = 1_000_000;

/// What was found, in its order.
pub(super) struct Listing {
    /// What was asked, so that a page is not taken for another question's.
    pub(super) asked: String,
    pub(super) records: Vec<RecordId>,
    pub(super) includes: Vec<Include>,
    pub(super) count: usize,
}

/// The lists that are remembered.
#[derive(Default)]
pub(super) struct Pages(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    listings: HashMap<[u8; 16], Arc<Listing>>,
    oldest_first: VecDeque<[u8; 16]>,
    records: usize,
}

impl Pages {
    /// Remembers a list; gives its name.
    pub(super) fn keep(&self, listing: &Arc<Listing>) -> [u8; 16] {
        let name = random();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.records += listing.records.len();
        kept.listings.insert(name, Arc::clone(listing));
        kept.oldest_first.push_back(name);
        while kept.records > RECORDS_MAX
            && kept.listings.len() > 1
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            if let Some(listing) = kept.listings.remove(&oldest) {
                kept.records -= listing.records.len();
            }
        }
        name
    }

    /// Forgets the lists that name one of these records.
    pub(super) fn forget(&self, records: &HashSet<RecordId>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.listings.retain(|_, listing| !listing.records.iter().any(|one| records.contains(one)));
        let Kept { listings, oldest_first, records } = &mut *kept;
        oldest_first.retain(|name| listings.contains_key(name));
        *records = listings.values().map(|listing| listing.records.len()).sum();
    }

    /// The list and the position that a cursor names.
    pub(super) fn find(
        &self,
        asked: &str,
        cursor: &str,
    ) -> Result<(Arc<Listing>, [u8; 16], usize)> {
        let parts = cursor.split_once('.').and_then(|(name, position)| {
            let name = u128::from_str_radix(name, 16).ok()?.to_be_bytes();
            Some((name, position.parse().ok()?))
        });
        let (name, position) = parts.ok_or(VaultError::SearchForgotten)?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listing = kept.listings.get(&name).filter(|listing| listing.asked == asked);
        Ok((listing.cloned().ok_or(VaultError::SearchForgotten)?, name, position))
    }
}

/// The question that a list answers: what was asked, what for, and by whom.
pub(super) fn question(asked: &str, asking: &Asking) -> String {
    let who = asking.actor.as_deref().map(|actor| hash(&encode(actor)).to_string());
    format!("{asked} {} {}", asking.purpose, who.unwrap_or_default())
}

/// What asks for the page that begins here.
pub(super) fn cursor(name: [u8; 16], position: usize) -> String {
    format!("{:032x}.{position}", u128::from_be_bytes(name))
}
