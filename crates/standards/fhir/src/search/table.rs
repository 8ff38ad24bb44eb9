//! Which search parameters there are: for each resource type name, kind, and where values stand.

use crate::ResourceType;

/// What kind of values a parameter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A code, an identifier, a truth value: `system|code`.
    Token,
    /// Words.
    Text,
    /// A date, a time or a period.
    Date,
    /// Another resource.
    Reference,
}

impl Kind {
    /// The code of FHIR's `SearchParamType`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Text => "string",
            Self::Date => "date",
            Self::Reference => "reference",
        }
    }
}

/// A search parameter of a resource type.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, such as `birthdate`.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Where values stand: names of elements, joined by dots; lists are walked through.
    pub paths: &'static [&'static str],
    /// For references: the type that a bare id means, and, if it is `Patient` for a parameter called
    /// `patient`, the only type that counts.
    pub target: Option<&'static str>,
}

const fn token(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Kind::Token, paths, target: None }
}

const fn text(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Kind::Text, paths, target: None }
}

const fn date(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Kind::Date, paths, target: None }
}

const fn refers(
    name: &'static str,
    paths: &'static [&'static str],
    target: &'static str,
) -> Parameter {
    Parameter { name, kind: Kind::Reference, paths, target: Some(target) }
}

/// Where the logical id stands for [`super::values`].
pub(super) const ID: &str = "_id";
/// Where the time of the version stands for [`super::values`].
pub(super) const LAST_UPDATED: &str = "_lastUpdated";

/// What every resource type has.
const COMMON: &[Parameter] = &[
    token(ID, &[]),
    date(LAST_UPDATED, &[]),
    token("_tag", &["meta.tag"]),
    token("_security", &["meta.security"]),
];

const IDENTIFIER: Parameter = token("identifier", &["identifier"]);
const STATUS: Parameter = token("status", &["status"]);
const CODE: Parameter = token("code", &["code"]);
const CATEGORY: Parameter = token("category", &["category"]);
const PATIENT: Parameter = refers("patient", &["patient"], "Patient");
const SUBJECT_PATIENT: Parameter = refers("patient", &["subject"], "Patient");
const SUBJECT: Parameter = refers("subject", &["subject"], "Patient");
const ENCOUNTER: Parameter = refers("encounter", &["encounter"], "Encounter");

/// The types with parameters of their own.
const TABLE: &[(&str, &[Parameter])] = &[
    (
        "Patient",
        &[
            IDENTIFIER,
            text("name", &["name.family", "name.given", "name.prefix", "name.suffix", "name.text"]),
            text("family", &["name.family"]),
            text("given", &["name.given"]),
            date("birthdate", &["birthDate"]),
            date("death-date", &["deceasedDateTime"]),
            token("gender", &["gender"]),
            token("active", &["active"]),
            token("telecom", &["telecom"]),
            text(
                "address",
                &[
                    "address.line",
                    "address.city",
                    "address.district",
                    "address.state",
                    "address.postalCode",
                    "address.country",
                    "address.text",
                ],
            ),
            text("address-city", &["address.city"]),
            text("address-state", &["address.state"]),
            text("address-postalcode", &["address.postalCode"]),
            text("address-country", &["address.country"]),
            token("language", &["communication.language"]),
            refers("general-practitioner", &["generalPractitioner"], "Practitioner"),
            refers("organization", &["managingOrganization"], "Organization"),
        ],
    ),
    (
        "Observation",
        &[
            IDENTIFIER,
            SUBJECT_PATIENT,
            SUBJECT,
            ENCOUNTER,
            CODE,
            token("combo-code", &["code", "component.code"]),
            token("component-code", &["component.code"]),
            CATEGORY,
            STATUS,
            date("date", &["effectiveDateTime", "effectivePeriod", "effectiveInstant"]),
            token("value-concept", &["valueCodeableConcept"]),
            text("value-string", &["valueString"]),
            refers("performer", &["performer"], "Practitioner"),
            refers("based-on", &["basedOn"], "ServiceRequest"),
            refers("derived-from", &["derivedFrom"], "Observation"),
            refers("has-member", &["hasMember"], "Observation"),
            refers("specimen", &["specimen"], "Specimen"),
        ],
    ),
    (
        "Condition",
        &[
            IDENTIFIER,
            SUBJECT_PATIENT,
            SUBJECT,
            ENCOUNTER,
            CODE,
            CATEGORY,
            token("clinical-status", &["clinicalStatus"]),
            token("verification-status", &["verificationStatus"]),
            token("severity", &["severity"]),
            token("body-site", &["bodySite"]),
            date("onset-date", &["onsetDateTime", "onsetPeriod"]),
            date("abatement-date", &["abatementDateTime", "abatementPeriod"]),
            date("recorded-date", &["recordedDate"]),
            refers("asserter", &["asserter"], "Practitioner"),
        ],
    ),
    (
        "MedicationRequest",
        &[
            IDENTIFIER,
            SUBJECT_PATIENT,
            SUBJECT,
            ENCOUNTER,
            token("code", &["medicationCodeableConcept"]),
            refers("medication", &["medicationReference"], "Medication"),
            CATEGORY,
            STATUS,
            token("intent", &["intent"]),
            token("priority", &["priority"]),
            date("authoredon", &["authoredOn"]),
            date("date", &["dosageInstruction.timing.event"]),
            refers("requester", &["requester"], "Practitioner"),
            refers("intended-performer", &["performer"], "Practitioner"),
        ],
    ),
    (
        "Encounter",
        &[
            IDENTIFIER,
            SUBJECT_PATIENT,
            SUBJECT,
            token("class", &["class"]),
            token("type", &["type"]),
            STATUS,
            date("date", &["period"]),
            token("reason-code", &["reasonCode"]),
            refers("participant", &["participant.individual"], "Practitioner"),
            refers("practitioner", &["participant.individual"], "Practitioner"),
            refers("location", &["location.location"], "Location"),
            refers("service-provider", &["serviceProvider"], "Organization"),
            refers("part-of", &["partOf"], "Encounter"),
        ],
    ),
    (
        "Immunization",
        &[
            IDENTIFIER,
            PATIENT,
            ENCOUNTER,
            token("vaccine-code", &["vaccineCode"]),
            STATUS,
            token("status-reason", &["statusReason"]),
            date("date", &["occurrenceDateTime"]),
            date("reaction-date", &["reaction.date"]),
            text("lot-number", &["lotNumber"]),
            refers("performer", &["performer.actor"], "Practitioner"),
            refers("location", &["location"], "Location"),
            refers("manufacturer", &["manufacturer"], "Organization"),
        ],
    ),
    (
        "AllergyIntolerance",
        &[
            IDENTIFIER,
            PATIENT,
            token("code", &["code", "reaction.substance"]),
            CATEGORY,
            token("clinical-status", &["clinicalStatus"]),
            token("verification-status", &["verificationStatus"]),
            token("criticality", &["criticality"]),
            token("type", &["type"]),
            token("severity", &["reaction.severity"]),
            token("manifestation", &["reaction.manifestation"]),
            date("date", &["recordedDate"]),
            date("onset", &["reaction.onset"]),
            date("last-date", &["lastOccurrence"]),
            refers("asserter", &["asserter"], "Practitioner"),
            refers("recorder", &["recorder"], "Practitioner"),
        ],
    ),
    (
        "Procedure",
        &[
            IDENTIFIER,
            SUBJECT_PATIENT,
            SUBJECT,
            ENCOUNTER,
            CODE,
            CATEGORY,
            STATUS,
            date("date", &["performedDateTime", "performedPeriod"]),
            token("reason-code", &["reasonCode"]),
            refers("performer", &["performer.actor"], "Practitioner"),
            refers("location", &["location"], "Location"),
            refers("based-on", &["basedOn"], "ServiceRequest"),
            refers("part-of", &["partOf"], "Procedure"),
        ],
    ),
    (
        "DiagnosticReport",
        &[
            IDENTIFIER,
            SUBJECT_PATIENT,
            SUBJECT,
            ENCOUNTER,
            CODE,
            CATEGORY,
            STATUS,
            date("date", &["effectiveDateTime", "effectivePeriod"]),
            date("issued", &["issued"]),
            token("conclusion", &["conclusionCode"]),
            refers("result", &["result"], "Observation"),
            refers("performer", &["performer"], "Practitioner"),
            refers("specimen", &["specimen"], "Specimen"),
            refers("based-on", &["basedOn"], "ServiceRequest"),
        ],
    ),
    (
        "DocumentReference",
        &[
            token("identifier", &["masterIdentifier", "identifier"]),
            SUBJECT_PATIENT,
            SUBJECT,
            refers("encounter", &["context.encounter"], "Encounter"),
            token("type", &["type"]),
            CATEGORY,
            STATUS,
            date("date", &["date"]),
            date("period", &["context.period"]),
            token("contenttype", &["content.attachment.contentType"]),
            token("format", &["content.format"]),
            token("security-label", &["securityLabel"]),
            token("facility", &["context.facilityType"]),
            token("setting", &["context.practiceSetting"]),
            text("description", &["description"]),
            refers("author", &["author"], "Practitioner"),
            refers("custodian", &["custodian"], "Organization"),
            refers("relatesto", &["relatesTo.target"], "DocumentReference"),
        ],
    ),
    (
        "AuditEvent",
        &[
            refers("patient", &["entity.what"], "Patient"),
            date("date", &["recorded"]),
            token("action", &["action"]),
            token("outcome", &["outcome"]),
            token("type", &["type"]),
            token("subtype", &["subtype"]),
            refers("entity", &["entity.what"], "Patient"),
        ],
    ),
    (
        "Consent",
        &[
            IDENTIFIER,
            PATIENT,
            token("scope", &["scope"]),
            CATEGORY,
            STATUS,
            date("date", &["dateTime"]),
            date("period", &["provision.period"]),
            token("action", &["provision.action"]),
            token("purpose", &["provision.purpose"]),
            token("security-label", &["provision.securityLabel"]),
            refers("actor", &["provision.actor.reference"], "Organization"),
            refers("consentor", &["performer"], "Patient"),
            refers("data", &["provision.data.reference"], "DocumentReference"),
            refers("organization", &["organization"], "Organization"),
        ],
    ),
];

/// What a type without parameters of its own has: who it is about, where it says so.
const OTHERS: &[Parameter] = &[IDENTIFIER, refers("patient", &["patient", "subject"], "Patient")];

/// The parameters of a resource type: those of every type, and its own.
pub fn parameters(resource_type: ResourceType) -> impl Iterator<Item = &'static Parameter> {
    let own = TABLE.iter().find(|(name, _)| *name == resource_type.name());
    COMMON.iter().chain(own.map_or(OTHERS, |(_, own)| own))
}

/// The resource types that have parameters of their own.
pub fn searchable() -> impl Iterator<Item = ResourceType> {
    TABLE.iter().filter_map(|(name, _)| name.parse().ok())
}

/// The parameter of this name.
pub(super) fn parameter(resource_type: ResourceType, name: &str) -> Option<&'static Parameter> {
    parameters(resource_type).find(|parameter| parameter.name == name)
}
