//! The nodes that a client may ask, and which of them it asks now.

use super::ClientError;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Addresses of nodes of one ledger. Clones agree on which is asked.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    bases: Arc<[String]>,
    current: Arc<AtomicUsize>,
}

impl Nodes {
    pub(super) fn new(base: &str) -> Result<Self, ClientError> {
        Ok(Self { bases: Arc::new([address(base)?]), current: Arc::default() })
    }

    /// These and others, asked from the first on.
    pub(super) fn with<'a>(
        &self,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ClientError> {
        let mut bases = self.bases.to_vec();
        for other in others {
            let other = address(other)?;
            if !bases.contains(&other) {
                bases.push(other);
            }
        }
        Ok(Self { bases: bases.into(), current: Arc::default() })
    }

    /// Without the others.
    pub(super) fn first_only(&self) -> Self {
        Self { bases: Arc::new([self.bases[0].clone()]), current: Arc::default() }
    }

    /// How many there are, at least one.
    pub(super) fn count(&self) -> usize {
        self.bases.len()
    }

    /// The one to ask.
    pub(super) fn current(&self) -> &str {
        &self.bases[self.current.load(Ordering::Relaxed) % self.bases.len()]
    }

    /// Asks the next one from now on, unless somebody else has moved on from this one already.
    pub(super) fn leave(&self, left: &str) {
        let number = self.current.load(Ordering::Relaxed);
        if self.bases[number % self.bases.len()] == left {
            let next = number.wrapping_add(1);
            let order = Ordering::Relaxed;
            // Whoever was faster has moved on for both.
            let _ = self.current.compare_exchange(number, next, order, order);
        }
    }
}

fn address(base: &str) -> Result<String, ClientError> {
    let base = base.trim_end_matches('/');
    let url = reqwest::Url::parse(base)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .filter(|url| url.has_host() && url.query().is_none());
    match url {
        Some(_) => Ok(base.to_owned()),
        None => Err(ClientError::Url { found: base.to_owned() }),
    }
}
