//! Numbers for the references and codes that consents name.

use crate::labels::{Coding, CodingRef};
use std::collections::HashMap;

/// The names of a set of consents. Only ever looked up, never walked through.
#[derive(Default)]
pub(crate) struct Names {
    references: HashMap<Box<str>, u32>,
    systems: HashMap<Box<str>, u32>,
    /// By code: the systems that have it, and the number of each.
    codes: HashMap<Box<str>, Vec<(u32, u32)>>,
    codings: u32,
}

fn next(count: usize) -> u32 {
    u32::try_from(count).expect("consents are bounded in bytes")
}

impl Names {
    pub(crate) fn add_reference(&mut self, name: &str) -> u32 {
        let number = next(self.references.len());
        *self.references.entry(name.into()).or_insert(number)
    }

    pub(crate) fn reference(&self, name: &str) -> Option<u32> {
        self.references.get(name).copied()
    }

    pub(crate) fn add_coding(&mut self, coding: &Coding) -> u32 {
        let number = next(self.systems.len());
        let system = *self.systems.entry(coding.system.clone()).or_insert(number);
        let same = self.codes.entry(coding.code.clone()).or_default();
        if let Some((_, number)) = same.iter().find(|(other, _)| *other == system) {
            return *number;
        }
        let number = self.codings;
        self.codings += 1;
        same.push((system, number));
        number
    }

    pub(crate) fn coding(&self, coding: CodingRef<'_>) -> Option<u32> {
        let same = self.codes.get(coding.code)?;
        let system = *self.systems.get(coding.system)?;
        same.iter().find(|(other, _)| *other == system).map(|(_, number)| *number)
    }
}
