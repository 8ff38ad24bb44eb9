//! What an access was, as an audit event: FHIR R4 `AuditEvent`, shaped by IHE BALP 1.1.
//!
//! | access | pattern |
//! | --- | --- |
//! | the holder's own read | Patient Read |
//! | a read by another organisation, also in an emergency | Privacy Disclosure, source |
//! | a read with shares of custodians, told by its requester | Privacy Disclosure, recipient |
//! | a refused read | Consent Authorization Decision |
//! | an export | Privacy Disclosure, source |
//! | an erasure | Patient Delete |
//!
//! Parties are named by their accounts, a person only by what the organisation calls them. Nothing of
//! a record's content is in an event.

use crate::actor::Actor;
use salus_consent::{AccessKind, AccessLeaf, Basis, RecordId};
use salus_fhir::{ResourceType, search::instant};
use salus_types::AccountId;
use serde_json::{Value, json};

/// System of identifiers that are accounts.
const ACCOUNT: &str = "urn:salus:account";
const RECORD: &str = "urn:salus:record";
/// System of stable error codes.
const ERROR_SYSTEM: &str = "urn:salus:error";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit";
const AUTHORISATION: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType";

/// Where the record stands among the entities of an event.
const RECORD_ENTITY: usize = 1;

/// What of an access is not in its leaf.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beside<'a> {
    /// The patient's own resource, where it is here.
    pub(crate) patient: Option<RecordId>,
    /// The type of the record.
    pub(crate) resource_type: Option<ResourceType>,
    /// Which person or system asked.
    pub(crate) actor: Option<&'a Actor>,
}

/// The pattern of an event.
struct Pattern {
    profile: &'static str,
    kind: (&'static str, &'static str, &'static str),
    subtypes: &'static [(&'static str, &'static str)],
    action: &'static str,
    outcome: &'static str,
}

fn pattern(kind: &AccessKind) -> Pattern {
    let rest = (EVENT_TYPE, "rest", "Restful Operation");
    match kind {
        AccessKind::OwnRead => Pattern {
            profile: "PatientRead",
            kind: rest,
            subtypes: &[(INTERACTION, "read")],
            action: "R",
            outcome: "0",
        },
        AccessKind::GrantedRead | AccessKind::EmergencyRead => Pattern {
            profile: "PrivacyDisclosure.Source",
            kind: (DICOM, "110106", "Export"),
            subtypes: &[(LIFECYCLE, "disclose"), (INTERACTION, "read")],
            action: "R",
            outcome: "0",
        },
        AccessKind::Export => Pattern {
            profile: "PrivacyDisclosure.Source",
            kind: (DICOM, "110106", "Export"),
            subtypes: &[(LIFECYCLE, "disclose"), (INTERACTION, "operation")],
            action: "R",
            outcome: "0",
        },
        AccessKind::CustodialRead { .. } => Pattern {
            profile: "PrivacyDisclosure.Recipient",
            kind: (DICOM, "110107", "Import"),
            subtypes: &[(LIFECYCLE, "disclose"), (INTERACTION, "read")],
            action: "C",
            outcome: "0",
        },
        AccessKind::RefusedRead { .. } => Pattern {
            profile: "AuthZconsent",
            kind: (DICOM, "110113", "Security Alert"),
            subtypes: &[(AUTHORISATION, "AuthZ-Consent")],
            action: "E",
            outcome: "8",
        },
        AccessKind::Search => Pattern {
            profile: "PatientQuery",
            kind: rest,
            subtypes: &[(INTERACTION, "search")],
            action: "E",
            outcome: "0",
        },
        AccessKind::Erasure => Pattern {
            profile: "PatientDelete",
            kind: rest,
            subtypes: &[(INTERACTION, "delete")],
            action: "D",
            outcome: "0",
        },
    }
}

/// The event of an access, under this id, as the exact text whose hash is in the leaf. The leaf's own
/// `audit_event` is not looked at.
pub(crate) fn event(id: &str, leaf: &AccessLeaf, beside: Beside<'_>) -> String {
    value(id, leaf, beside).to_string()
}

/// The event of a request for release whose requester does not tell its accesses: what the ledger has of
/// it, in a leaf without a record, and that nothing was told. The holder says so; no account names it.
pub fn untold_event(id: &str, leaf: &AccessLeaf, count: u32, patient: Option<RecordId>) -> String {
    let mut event = value(id, leaf, Beside { patient, ..Beside::default() });
    if let Some(entities) = event["entity"].as_array_mut() {
        entities.remove(RECORD_ENTITY);
    }
    event["source"]["observer"] = organisation(leaf.custodian);
    event["outcomeDesc"] =
        format!("asked custodians for {count} records, and does not tell which").into();
    event.to_string()
}

fn value(id: &str, leaf: &AccessLeaf, beside: Beside<'_>) -> Value {
    let Pattern { profile, kind, subtypes, action, outcome } = pattern(&leaf.kind);
    let subtypes: Vec<Value> =
        subtypes.iter().map(|(system, code)| json!({ "system": system, "code": code })).collect();
    let purpose = json!([{ "coding": [{ "system": ACT_REASON, "code": leaf.purpose.code() }] }]);
    // Who keeps the log: of a release with shares it is the one who read.
    let observer = match leaf.kind {
        AccessKind::CustodialRead { .. } => leaf.accessor,
        _ => leaf.custodian,
    };
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": id,
        "meta": { "profile": [format!("{PROFILES}.{profile}")] },
        "type": { "system": kind.0, "code": kind.1, "display": kind.2 },
        "subtype": subtypes,
        "action": action,
        "recorded": instant(leaf.time.unix_ms()),
        "outcome": outcome,
        "purposeOfEvent": purpose,
        "agent": agents(leaf, beside.actor),
        "source": {
            "observer": organisation(observer),
            "type": [{
                "system": "http://terminology.hl7.org/CodeSystem/security-source-type",
                "code": "4",
                "display": "Application Server",
            }],
        },
        "entity": entities(leaf, beside),
    });
    if let AccessKind::RefusedRead { code } = &leaf.kind {
        event["outcomeDesc"] = format!("refused: {code}").into();
    }
    event
}

fn organisation(account: AccountId) -> Value {
    json!({ "identifier": { "system": ACCOUNT, "value": account.to_string() } })
}

/// Source and destination, and who asked: a person or system if one is named, else the organisation.
fn agents(leaf: &AccessLeaf, actor: Option<&Actor>) -> Vec<Value> {
    let party = |code: &str, display: &str, account: AccountId, requestor: bool| {
        json!({
            "type": { "coding": [{ "system": DICOM, "code": code, "display": display }] },
            "who": organisation(account),
            "requestor": requestor,
        })
    };
    let mut asker = match actor {
        None => party("110152", "Destination Role ID", leaf.accessor, true),
        Some(actor) => {
            let mut asker = json!({
                "type": { "coding": [{
                    "system": PARTICIPATION,
                    "code": "IRCP",
                    "display": "information recipient",
                }] },
                "who": { "identifier": {
                    "system": format!("{ACCOUNT}:{}", leaf.accessor),
                    "value": actor.person.as_str(),
                } },
                "requestor": true,
            });
            let roles = actor.roles.iter().map(|role| json!({ "text": role.as_str() }));
            let roles: Vec<Value> = roles.collect();
            if !roles.is_empty() {
                asker["role"] = roles.into();
            }
            asker
        }
    };
    asker["purposeOfUse"] =
        json!([{ "coding": [{ "system": ACT_REASON, "code": leaf.purpose.code() }] }]);
    if let Some(basis) = leaf.basis {
        asker["policy"] = json!([policy(basis)]);
    }
    let mut agents = vec![asker, party("110153", "Source Role ID", leaf.custodian, false)];
    if actor.is_some() {
        agents.push(party("110152", "Destination Role ID", leaf.accessor, false));
    }
    agents
}

fn policy(basis: Basis) -> String {
    match basis {
        Basis::Grant(grant) => format!("urn:salus:grant:{grant}"),
        Basis::Episode(episode) => format!("urn:salus:episode:{episode}"),
        Basis::Emergency(emergency) => format!("urn:salus:emergency:{emergency}"),
    }
}

/// The patient, the record, on what the access rested, and why it was refused.
fn entities(leaf: &AccessLeaf, beside: Beside<'_>) -> Vec<Value> {
    let patient = match beside.patient {
        Some(record) => json!({ "reference": format!("Patient/{record}") }),
        None => organisation(leaf.patient),
    };
    let record = match beside.resource_type {
        Some(of) if leaf.version > 0 => {
            json!({ "reference": format!("{of}/{}/_history/{}", leaf.record, leaf.version) })
        }
        _ => json!({ "identifier": { "system": RECORD, "value": leaf.record.to_string() } }),
    };
    let object = |kind: &str, role: &str, display: &str, what: Value| {
        json!({
            "what": what,
            "type": { "system": ENTITY_TYPE, "code": kind },
            "role": { "system": OBJECT_ROLE, "code": role, "display": display },
        })
    };
    let mut record = object("2", "4", "Domain Resource", record);
    if let AccessKind::RefusedRead { code } = &leaf.kind {
        record["detail"] = json!([{ "type": ERROR_SYSTEM, "valueString": code.to_string() }]);
    }
    let mut entities = vec![object("1", "1", "Patient", patient), record];
    if let Some(basis) = leaf.basis {
        entities.push(json!({
            "what": { "identifier": { "value": policy(basis) } },
            "type": { "system": "http://hl7.org/fhir/resource-types", "code": "Consent" },
        }));
    }
    if let AccessKind::CustodialRead { request } = leaf.kind {
        entities.push(json!({
            "what": { "identifier": { "value": request.to_string() } },
            "type": {
                "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
                "code": "XrequestId",
            },
        }));
    }
    entities
}
