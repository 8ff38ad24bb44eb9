//! The words of security labels: confidentiality, which is an order, and sensitivity, which is a set.
//!
//! Source: HL7 v3 Confidentiality and v3 `ActCode` (`InformationSensitivityPolicy`); IHE PCF 1.1,
//! Advanced, for what lies within `ETH`.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

/// System of [`Confidentiality`].
pub const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// System of [`Sensitivities`].
pub const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

/// A code of a system, borrowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodingRef<'a> {
    /// The system's address.
    pub system: &'a str,
    /// The code.
    pub code: &'a str,
}

impl<'a> CodingRef<'a> {
    /// The code of that system.
    pub fn new(system: &'a str, code: &'a str) -> Self {
        Self { system, code }
    }
}

impl fmt::Debug for CodingRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodingRef([redacted])")
    }
}

/// A code of a system.
#[derive(
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Coding {
    /// The system's address.
    pub system: Box<str>,
    /// The code.
    pub code: Box<str>,
}

impl Coding {
    /// The code of that system.
    pub fn new(system: &str, code: &str) -> Self {
        Self { system: system.into(), code: code.into() }
    }

    /// The same, borrowed.
    pub fn by_ref(&self) -> CodingRef<'_> {
        CodingRef { system: &self.system, code: &self.code }
    }
}

impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Coding([redacted])")
    }
}

/// How confidential data is, in rising order.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub enum Confidentiality {
    /// Unrestricted.
    U,
    /// Low.
    L,
    /// Moderate.
    M,
    /// Normal: health data as such.
    N,
    /// Restricted: stigmatising if disclosed.
    R,
    /// Very restricted.
    V,
}

impl Confidentiality {
    /// All, in rising order.
    pub const ALL: [Self; 6] = [Self::U, Self::L, Self::M, Self::N, Self::R, Self::V];

    /// The code of HL7 v3 Confidentiality.
    pub fn code(self) -> &'static str {
        match self {
            Self::U => "U",
            Self::L => "L",
            Self::M => "M",
            Self::N => "N",
            Self::R => "R",
            Self::V => "V",
        }
    }

    /// The one with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// Each code of sensitivity, and the codes that lie directly within it.
const SENSITIVITIES: &[(&str, &[&str])] = &[
    ("ETH", &["ETHUD", "OPIOIDUD", "SUD"]),
    ("ETHUD", &[]),
    ("OPIOIDUD", &[]),
    ("SUD", &["ETHUD", "OPIOIDUD"]),
    ("PSY", &[]),
    ("PSYTHPN", &[]),
    ("MH", &["PSY", "PSYTHPN", "EMOTDIS", "COGN"]),
    ("BH", &["MH", "PSY", "PSYTHPN", "EMOTDIS", "COGN", "DVD", "SUD", "ETH"]),
    ("COGN", &[]),
    ("DVD", &[]),
    ("EMOTDIS", &[]),
    ("SPI", &["BH"]),
    ("HIV", &[]),
    ("STD", &[]),
    ("SEX", &["STD", "PREGNANT"]),
    ("PREGNANT", &[]),
    ("VIO", &["SDV", "MST"]),
    ("SDV", &[]),
    ("MST", &[]),
    ("GDIS", &[]),
    ("SCA", &[]),
    ("SICKLE", &[]),
    ("TBOO", &[]),
    ("ADOL", &[]),
    ("CEL", &[]),
    ("DIA", &[]),
    ("DRGIS", &[]),
    ("EMP", &[]),
    ("PDS", &[]),
    ("PHY", &[]),
    ("PRS", &[]),
    ("DEMO", &[]),
    ("DOB", &[]),
    ("GENDER", &[]),
    ("LIVARG", &[]),
    ("MARST", &[]),
    ("RACE", &[]),
    ("REL", &[]),
    ("B", &[]),
    ("EMPL", &[]),
    ("LOCIS", &[]),
    ("SSP", &[]),
];

/// A set of codes of sensitivity.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Sensitivities(u64);

impl Sensitivities {
    /// No code.
    pub const NONE: Self = Self(0);

    /// The set of this code alone; none if HL7 has no such code of sensitivity.
    pub fn from_code(code: &str) -> Option<Self> {
        let at = SENSITIVITIES.iter().position(|(known, _)| *known == code)?;
        Some(Self(1 << at))
    }

    /// The codes, in the order of the table.
    pub fn codes(self) -> impl Iterator<Item = &'static str> {
        let set = self.0;
        SENSITIVITIES
            .iter()
            .enumerate()
            .filter(move |(at, _)| set & (1 << at) != 0)
            .map(|(_, (code, _))| *code)
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without the codes of the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it has no code.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all codes of `other` are in it.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether they have a code in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// With all codes that lie within its codes: `ETH` has `ETHUD` within it.
    #[must_use]
    pub fn with_narrower(self) -> Self {
        let mut all = self;
        loop {
            let before = all;
            for code in before.codes() {
                let narrower = SENSITIVITIES.iter().find(|(known, _)| *known == code);
                for narrow in narrower.into_iter().flat_map(|(_, within)| within.iter()) {
                    all = all.with(Self::from_code(narrow).unwrap_or_default());
                }
            }
            if all == before {
                return all;
            }
        }
    }

    /// With all codes in which its codes lie: `ETHUD` lies within `ETH`, `SUD`, `BH` and `SPI`.
    #[must_use]
    pub fn with_broader(self) -> Self {
        let broader = SENSITIVITIES.iter().enumerate().map(|(at, _)| Self(1 << at));
        broader.filter(|one| one.with_narrower().meets(self)).fold(self, Self::with)
    }
}

impl fmt::Debug for Sensitivities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitivities([redacted])")
    }
}

impl Serialize for Sensitivities {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.codes())
    }
}

impl<'de> Deserialize<'de> for Sensitivities {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let codes: Vec<String> = Deserialize::deserialize(deserializer)?;
        codes.iter().try_fold(Self::NONE, |set, code| {
            Self::from_code(code)
                .map(|one| set.with(one))
                .ok_or_else(|| serde::de::Error::custom("not a code of sensitivity of HL7"))
        })
    }
}

/// The security labels of a resource.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields, default)]
pub struct Labels {
    /// How confidential it is; none: nobody said, so that nothing is permitted by it.
    pub confidentiality: Option<Confidentiality>,
    /// Why it is sensitive.
    pub sensitivities: Sensitivities,
    /// Labels of other systems, in order.
    pub others: Vec<Coding>,
}

impl Labels {
    /// Both: the higher confidentiality, all sensitivities, all others.
    pub fn raise(&mut self, other: &Self) {
        self.confidentiality = self.confidentiality.max(other.confidentiality);
        self.sensitivities = self.sensitivities.with(other.sensitivities);
        for label in &other.others {
            if let Err(at) = self.others.binary_search(label) {
                self.others.insert(at, label.clone());
            }
        }
    }

    /// Whether it is of a marked class: restricted, very restricted, or sensitive for any reason.
    pub fn is_marked(&self) -> bool {
        self.confidentiality >= Some(Confidentiality::R) || !self.sensitivities.is_empty()
    }

    /// Adds the label that a coding of `meta.security` is.
    pub fn add(&mut self, system: &str, code: &str) {
        let known = match system {
            CONFIDENTIALITY => Confidentiality::from_code(code)
                .map(|level| self.confidentiality = self.confidentiality.max(Some(level))),
            ACT_CODE => Sensitivities::from_code(code)
                .map(|one| self.sensitivities = self.sensitivities.with(one)),
            _ => None,
        };
        if known.is_none() {
            let label = Coding::new(system, code);
            if let Err(at) = self.others.binary_search(&label) {
                self.others.insert(at, label);
            }
        }
    }
}
