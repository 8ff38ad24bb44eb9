//! Finds, among many siblings, the rules that may concern those who ask.

use super::request::Asked;

/// With fewer siblings than this, looking at each is as fast.
const SIBLINGS_MIN: usize = 12;

/// Siblings by whom they name.
pub(crate) struct Index {
    /// Reference and sibling, in order.
    named: Vec<(u32, u32)>,
    /// Siblings that are not limited to those they name.
    open: Vec<u32>,
}

impl Index {
    /// An index of these siblings, each with all references that it is limited to; none if there are
    /// too few to gain anything.
    pub(crate) fn new(siblings: Vec<(u32, Option<Vec<u32>>)>) -> Option<Self> {
        if siblings.len() < SIBLINGS_MIN {
            return None;
        }
        let mut index = Self { named: Vec::new(), open: Vec::new() };
        for (sibling, named) in siblings {
            match named {
                Some(named) => index.named.extend(named.into_iter().map(|name| (name, sibling))),
                None => index.open.push(sibling),
            }
        }
        index.named.sort_unstable();
        Some(index)
    }

    /// The siblings that may match, in order.
    pub(crate) fn candidates(&self, asked: &Asked) -> Vec<u32> {
        let mut found = self.open.clone();
        for party in &asked.parties {
            let from = self.named.partition_point(|(name, _)| name < party);
            let same = self.named[from..].iter().take_while(|(name, _)| name == party);
            found.extend(same.map(|(_, sibling)| *sibling));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
