//! Which codes make a resource sensitive: the lists in `lists/`, one line for each code.
//!
//! A line is `LABEL SYSTEM CODE`, a comment follows `#`; a code that ends in `*` stands for all that
//! begin so. The header of each file names its source.

use super::vocabulary::{Coding, CodingRef, Confidentiality, Labels, Sensitivities};
use std::sync::LazyLock;

const FILES: &[(&str, &str)] = &[
    ("psy", include_str!("lists/psy.txt")),
    ("eth", include_str!("lists/eth.txt")),
    ("hiv", include_str!("lists/hiv.txt")),
    ("sdv", include_str!("lists/sdv.txt")),
    ("sex", include_str!("lists/sex.txt")),
];

/// A system of codes for which there are lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum System {
    Snomed,
    Icd10,
    Loinc,
    RxNorm,
}

impl System {
    fn of_url(url: &str) -> Option<Self> {
        match url {
            "http://snomed.info/sct" => Some(Self::Snomed),
            "http://hl7.org/fhir/sid/icd-10-cm"
            | "http://hl7.org/fhir/sid/icd-10"
            | "http://fhir.de/CodeSystem/bfarm/icd-10-gm" => Some(Self::Icd10),
            "http://loinc.org" => Some(Self::Loinc),
            "http://www.nlm.nih.gov/research/umls/rxnorm" => Some(Self::RxNorm),
            _ => None,
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        match name {
            "snomed" => Some(Self::Snomed),
            "icd10" => Some(Self::Icd10),
            "loinc" => Some(Self::Loinc),
            "rxnorm" => Some(Self::RxNorm),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Line {
    system: System,
    /// Without the dot of ICD-10, which some leave out.
    code: String,
    is_prefix: bool,
    label: Sensitivities,
    list: &'static str,
}

/// All lines, in order of system and code.
static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let mut lines: Vec<Line> = FILES
        .iter()
        .flat_map(|(list, text)| text.lines().filter_map(|line| parse(list, line)))
        .collect();
    lines.sort_by(|a, b| (a.system, &a.code).cmp(&(b.system, &b.code)));
    lines
});

fn parse(list: &'static str, line: &str) -> Option<Line> {
    let line = line.split('#').next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let label = words.next()?;
    let (Some(system), Some(code), None) =
        (words.next().and_then(System::of_name), words.next(), words.next())
    else {
        unreachable!("a line of {list} is no label, system and code: {line}")
    };
    let (code, is_prefix) = match code.strip_suffix('*') {
        Some(prefix) => (prefix, true),
        None => (code, false),
    };
    Some(Line {
        system,
        code: code.chars().filter(|c| *c != '.').collect(),
        is_prefix,
        label: Sensitivities::from_code(label).expect("the lists name labels of HL7"),
        list,
    })
}

/// A label that a code brings with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedLabel {
    /// The label.
    pub label: Sensitivities,
    /// The list that has the code.
    pub list: &'static str,
    /// The code.
    pub because: Coding,
}

/// The labels of these codes, each with the code that brought it.
pub fn derive<'a>(codes: impl Iterator<Item = CodingRef<'a>>) -> Vec<DerivedLabel> {
    let mut found = Vec::new();
    for coding in codes {
        each(coding, |line| {
            found.push(DerivedLabel {
                label: line.label,
                list: line.list,
                because: Coding::new(coding.system, coding.code),
            });
        });
    }
    found
}

/// The labels of these codes together: restricted if any is sensitive.
pub(crate) fn labels_of<'a>(codes: impl Iterator<Item = CodingRef<'a>>) -> Labels {
    let mut sensitivities = Sensitivities::NONE;
    for coding in codes {
        each(coding, |line| sensitivities = sensitivities.with(line.label));
    }
    let confidentiality = (!sensitivities.is_empty()).then_some(Confidentiality::R);
    Labels { confidentiality, sensitivities, others: Vec::new() }
}

/// Calls `found` for every line that has the code.
fn each(coding: CodingRef<'_>, mut found: impl FnMut(&'static Line)) {
    let Some(system) = System::of_url(coding.system) else { return };
    let mut bytes = [0; 16];
    let mut len = 0;
    for byte in coding.code.bytes().filter(|byte| *byte != b'.') {
        let Some(place) = bytes.get_mut(len) else { return };
        *place = byte;
        len += 1;
    }
    let lines = LINES.as_slice();
    let shortest = if system == System::Icd10 { 1 } else { len };
    for end in shortest..=len {
        let key = &bytes[..end];
        let from =
            lines.partition_point(|line| (line.system, line.code.as_bytes()) < (system, key));
        let same = lines[from..]
            .iter()
            .take_while(|line| line.system == system && line.code.as_bytes() == key);
        for line in same.filter(|line| line.is_prefix || end == len) {
            found(line);
        }
    }
}

#[cfg(test)]
pub(super) fn count() -> usize {
    LINES.len()
}
