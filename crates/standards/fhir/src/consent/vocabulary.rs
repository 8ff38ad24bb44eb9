//! The words of consents: purposes, which lie within one another, actions, and who takes part how.
//!
//! Source: HL7 v3 `ActReason` (`PurposeOfUse`), FHIR R4 consentaction, v3 `ParticipationType`.

use crate::labels::CodingRef;
use serde::{Deserialize, Serialize};

/// System of purposes of use.
pub const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
/// System of actions.
pub const CONSENT_ACTION: &str = "http://terminology.hl7.org/CodeSystem/consentaction";
/// System of the roles in which actors take part.
pub const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
/// System of FHIR's resource types, in R4 and R5.
pub(crate) const RESOURCE_TYPES: [&str; 2] =
    ["http://hl7.org/fhir/resource-types", "http://hl7.org/fhir/fhir-types"];
/// System of content types.
pub(crate) const MIME_TYPES: &str = "urn:ietf:bcp:13";

/// To break the glass: never within another purpose when it is permitted.
pub const BREAK_GLASS: &str = "BTG";

/// The purposes that are emergencies.
pub(crate) const EMERGENCIES: [&str; 3] = ["ETREAT", "ERTREAT", BREAK_GLASS];

/// Each purpose of use and the purposes directly within it.
const PURPOSES: &[(&str, &[&str])] = &[
    ("HMARKT", &[]),
    (
        "HOPERAT",
        &[
            "CAREMGT",
            "DONAT",
            "FRAUD",
            "GOV",
            "HACCRED",
            "HCOMPL",
            "HDECD",
            "HDIRECT",
            "HDM",
            "HLEGAL",
            "HOUTCOMS",
            "HPRGRP",
            "HQUALIMP",
            "HSYSADMIN",
            "LABELING",
            "METAMGT",
            "MEMADMIN",
            "MILCDM",
            "PATADMIN",
            "PATSFTY",
            "PERFMSR",
            "RECORDMGT",
            "SYSDEV",
            "TRAIN",
        ],
    ),
    ("CAREMGT", &[]),
    ("DONAT", &[]),
    ("FRAUD", &[]),
    ("GOV", &[]),
    ("HACCRED", &[]),
    ("HCOMPL", &[]),
    ("HDECD", &[]),
    ("HDIRECT", &[]),
    ("HDM", &[]),
    ("HLEGAL", &[]),
    ("HOUTCOMS", &[]),
    ("HPRGRP", &[]),
    ("HQUALIMP", &[]),
    ("HSYSADMIN", &[]),
    ("LABELING", &[]),
    ("METAMGT", &[]),
    ("MEMADMIN", &[]),
    ("MILCDM", &[]),
    ("PATADMIN", &[]),
    ("PATSFTY", &[]),
    ("PERFMSR", &[]),
    ("RECORDMGT", &[]),
    ("SYSDEV", &["HTEST"]),
    ("HTEST", &[]),
    ("TRAIN", &[]),
    ("HPAYMT", &["CLMATTCH", "COVAUTH", "COVERAGE", "REMITADV"]),
    ("CLMATTCH", &[]),
    ("COVAUTH", &[]),
    ("COVERAGE", &["ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG"]),
    ("ELIGDTRM", &[]),
    ("ELIGVER", &[]),
    ("ENROLLM", &[]),
    ("MILDCRG", &[]),
    ("REMITADV", &[]),
    ("HRESCH", &["BIORCH", "CLINTRCH", "DSRCH", "POARCH", "TRANSRCH"]),
    ("BIORCH", &[]),
    ("CLINTRCH", &["CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH"]),
    ("CLINTRCHNPC", &[]),
    ("CLINTRCHPC", &[]),
    ("PRECLINTRCH", &[]),
    ("DSRCH", &[]),
    ("POARCH", &[]),
    ("TRANSRCH", &[]),
    ("PATRQT", &["FAMRQT", "PWATRNY", "SUPNWK"]),
    ("FAMRQT", &[]),
    ("PWATRNY", &[]),
    ("SUPNWK", &[]),
    ("PUBHLTH", &["DISASTER", "THREAT"]),
    ("DISASTER", &[]),
    ("THREAT", &[]),
    ("TREAT", &["COC", "ETREAT", "POPHLTH"]),
    ("COC", &[]),
    ("ETREAT", &["BTG", "ERTREAT"]),
    ("BTG", &[]),
    ("ERTREAT", &[]),
    ("POPHLTH", &[]),
];

/// The bit of a purpose of [`ACT_REASON`]; none if it has no such purpose.
pub(crate) fn purpose_bit(code: &str) -> Option<u64> {
    PURPOSES.iter().position(|(known, _)| *known == code).map(|at| 1 << at)
}

/// A purpose with all that lie within it.
fn purpose_and_narrower(code: &str) -> u64 {
    let within = PURPOSES.iter().find(|(known, _)| *known == code);
    within
        .into_iter()
        .flat_map(|(_, codes)| codes.iter())
        .fold(purpose_bit(code).unwrap_or_default(), |bits, narrow| {
            bits | purpose_and_narrower(narrow)
        })
}

/// The purposes for which a permit of `code` holds: it and all within it, but to break the glass must
/// be named.
pub(crate) fn purposes_permitted(code: &str) -> u64 {
    let all = purpose_and_narrower(code);
    if code == BREAK_GLASS { all } else { all & !purpose_bit(BREAK_GLASS).unwrap_or_default() }
}

/// The purposes for which a denial of `code` holds: it and all within it.
pub(crate) fn purposes_denied(code: &str) -> u64 {
    purpose_and_narrower(code)
}

/// What is to be done with the data.
///
/// Source: FHIR R4, code system `consentaction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Gather and store it.
    Collect,
    /// Read it.
    Access,
    /// Do something with it.
    Use,
    /// Give it to others.
    Disclose,
    /// Change it.
    Correct,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Collect, Self::Access, Self::Use, Self::Disclose, Self::Correct];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Access => "access",
            Self::Use => "use",
            Self::Disclose => "disclose",
            Self::Correct => "correct",
        }
    }

    /// The one with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    pub(crate) fn bit(self) -> u8 {
        match self {
            Self::Collect => 1,
            Self::Access => 2,
            Self::Use => 4,
            Self::Disclose => 8,
            Self::Correct => 16,
        }
    }
}

/// In what way an actor is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Participation {
    /// The one who asks.
    Recipient,
    /// Who wrote the data.
    Author,
    /// Who holds the data.
    Custodian,
    /// The one who asks, and has this role.
    InRole,
}

impl Participation {
    /// What a role means.
    pub(crate) fn of(role: CodingRef<'_>) -> Self {
        match (role.system, role.code) {
            (PARTICIPATION, "PRCP" | "IRCP" | "RCT" | "REFT" | "TRC") => Self::Recipient,
            (PARTICIPATION, "AUT") => Self::Author,
            (PARTICIPATION, "CST") => Self::Custodian,
            _ => Self::InRole,
        }
    }
}
