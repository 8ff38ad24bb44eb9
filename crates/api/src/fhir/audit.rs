//! Accounts of access as events of audit: each number of the patient's log is one.
//!
//! They are made from the leaves whose roots the ledger holds, after those were checked, so that they
//! cannot say what was not accounted for. Their ids hold account and number.
//!
//! Source: IHE BALP 1.1, Patient Read and Authorization Decision; FHIR R4 `AuditEvent`.

use super::{
    FhirApiError, answer, bundle::Bundle, caller::Rights, outcome::ERROR_SYSTEM, request::Asked,
    resources_of,
};
use crate::{problem::Problem, routes::vault::records_of, state::Shared};
use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use salus_consent::{AccessKind, AccessLeaf, Basis, RecordId};
use salus_fhir::{
    ResourceType,
    search::{Facts, Query, instant, values},
};
use salus_types::AccountId;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::LazyLock};

const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const ACCOUNT: &str = "urn:salus:account";

/// Base 64 in the characters that an id may have.
static IDS: LazyLock<GeneralPurpose> = LazyLock::new(|| {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
    let alphabet = Alphabet::new(digits).expect("64 characters, each once");
    GeneralPurpose::new(&alphabet, NO_PAD)
});

fn id_of(leaf: &AccessLeaf) -> String {
    IDS.encode([&leaf.patient.0[..], &leaf.sequence.to_be_bytes()].concat())
}

fn parse_id(id: &str) -> Option<(AccountId, u64)> {
    let bytes = IDS.decode(id).ok()?;
    let (account, sequence) = bytes.split_at_checked(32)?;
    let account = AccountId(account.try_into().ok()?);
    Some((account, u64::from_be_bytes(sequence.try_into().ok()?)))
}

/// Whose log it is, and what its records are.
struct Log {
    patient: Option<String>,
    types: HashMap<RecordId, ResourceType>,
}

/// An organisation as an agent.
fn agent(code: &str, display: &str, account: AccountId, requestor: bool) -> Value {
    json!({
        "type": { "coding": [{ "system": DICOM, "code": code, "display": display }] },
        "who": { "identifier": { "system": ACCOUNT, "value": account.to_string() } },
        "requestor": requestor,
    })
}

impl Log {
    /// The event of one access.
    fn event(&self, leaf: &AccessLeaf) -> Value {
        let rest = "http://terminology.hl7.org/CodeSystem/audit-event-type";
        let interaction = "http://hl7.org/fhir/restful-interaction";
        let (kind, code) = match &leaf.kind {
            AccessKind::Export => ((DICOM, "110106", "Export"), "operation"),
            AccessKind::Search => ((rest, "rest", "Restful Operation"), "search"),
            AccessKind::Erasure => ((rest, "rest", "Restful Operation"), "delete"),
            AccessKind::GrantedRead
            | AccessKind::OwnRead
            | AccessKind::RefusedRead { .. }
            | AccessKind::CustodialRead { .. }
            | AccessKind::EmergencyRead => ((rest, "rest", "Restful Operation"), "read"),
        };
        let action = match code {
            "search" => "E",
            "delete" => "D",
            _ => "R",
        };
        let refused = match &leaf.kind {
            AccessKind::RefusedRead { code } => Some(code),
            _ => None,
        };
        let outcome = if refused.is_some() { "4" } else { "0" };
        let mut reader = agent("110152", "Destination Role ID", leaf.accessor, true);
        reader["purposeOfUse"] =
            json!([{ "coding": [{ "system": ACT_REASON, "code": leaf.purpose.code() }] }]);
        if let Some(basis) = leaf.basis {
            let policy = match basis {
                Basis::Grant(grant) => format!("urn:salus:grant:{grant}"),
                Basis::Episode(episode) => format!("urn:salus:episode:{episode}"),
                Basis::Emergency(emergency) => format!("urn:salus:emergency:{emergency}"),
            };
            reader["policy"] = json!([policy]);
        }
        let object = |kind: &str, role: &str, display: &str, what: Value| {
            json!({
                "what": what,
                "type": {
                    "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
                    "code": kind,
                },
                "role": {
                    "system": "http://terminology.hl7.org/CodeSystem/object-role",
                    "code": role,
                    "display": display,
                },
            })
        };
        let patient = match &self.patient {
            Some(id) => json!({ "reference": format!("Patient/{id}") }),
            None => json!({
                "identifier": { "system": ACCOUNT, "value": leaf.patient.to_string() },
            }),
        };
        let record = match self.types.get(&leaf.record) {
            Some(of) => {
                json!({ "reference": format!("{of}/{}/_history/{}", leaf.record, leaf.version) })
            }
            None => json!({
                "identifier": { "system": "urn:salus:record", "value": leaf.record.to_string() },
            }),
        };
        let mut event = json!({
            "resourceType": "AuditEvent",
            "id": id_of(leaf),
            "meta": {
                "profile": [
                    "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead",
                ],
            },
            "type": { "system": kind.0, "code": kind.1, "display": kind.2 },
            "subtype": [{ "system": interaction, "code": code }],
            "action": action,
            "recorded": instant(leaf.time.unix_ms()),
            "outcome": outcome,
            "agent": [reader, agent("110153", "Source Role ID", leaf.custodian, false)],
            "source": {
                "observer": {
                    "identifier": { "system": ACCOUNT, "value": leaf.custodian.to_string() },
                },
                "type": [{
                    "system": "http://terminology.hl7.org/CodeSystem/security-source-type",
                    "code": "4",
                    "display": "Application Server",
                }],
            },
            "entity": [
                object("1", "1", "Patient", patient),
                object("2", "4", "Domain Resource", record),
            ],
        });
        if let Some(code) = refused {
            event["outcomeDesc"] = format!("refused: {code}").into();
            event["entity"][1]["detail"] =
                json!([{ "type": ERROR_SYSTEM, "valueString": code.to_string() }]);
        }
        event
    }
}

async fn log_of(shared: &Shared, account: AccountId) -> Result<(Log, Vec<AccessLeaf>), Problem> {
    let records = resources_of(shared)?;
    let answer = records_of(shared)?.accesses(account).await?;
    let log =
        Log { patient: records.id_of(account).await?, types: records.types_of(account).await? };
    Ok((log, answer.accesses.into_iter().map(|item| item.leaf).collect()))
}

/// Whether this is the type that is answered here.
pub(super) fn answers(resource_type: ResourceType) -> bool {
    resource_type.name() == "AuditEvent"
}

/// One event.
pub(super) async fn read(shared: &Shared, asked: &Asked, id: &str) -> Result<String, Problem> {
    asked.caller.must(audit_event()?, Rights::READ)?;
    let (account, sequence) = parse_id(id).ok_or(FhirApiError::NotFound)?;
    if resources_of(shared)?.id_of(account).await?.is_none() {
        return Err(FhirApiError::NotFound.into());
    }
    let (log, leaves) = log_of(shared, account).await?;
    let leaf = leaves.iter().find(|leaf| leaf.sequence == sequence);
    Ok(log.event(leaf.ok_or(FhirApiError::NotFound)?).to_string())
}

fn audit_event() -> Result<ResourceType, FhirApiError> {
    "AuditEvent".parse().map_err(|_| FhirApiError::UnknownType)
}

/// Searches the log of the patient that the search names; each is proved against the ledger before.
pub(super) async fn search(
    shared: &Shared,
    query: &Query,
    position: usize,
) -> Result<String, Problem> {
    let records = resources_of(shared)?;
    let ids = query.patients().filter(|ids| ids.len() == 1).ok_or(FhirApiError::PatientNeeded)?;
    let mut found = Vec::new();
    if let Some(account) = records.account_of(ids[0]).await? {
        let (log, leaves) = log_of(shared, account).await?;
        for leaf in &leaves {
            let event = log.event(leaf);
            let id = id_of(leaf);
            let last_updated_ms = leaf.time.unix_ms();
            let facts = Facts { resource_type: query.resource_type, id: &id, last_updated_ms };
            let text = event.to_string();
            let values = values(facts, text.as_bytes(), |_| None)
                .map_err(|_| crate::error::ApiError::Internal)?;
            if query.matches(&values) {
                found.push((values, id, event));
            }
        }
    }
    found.sort_by(|one, other| query.compare(&one.0, &other.0));
    let base = answer::base(shared);
    let at = |position: Option<usize>| {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&query.understood);
        if let Some(position) = position {
            text.append_pair(super::search::CURSOR, &position.to_string());
        }
        format!("{base}/AuditEvent?{}", text.finish())
    };
    let end = position.saturating_add(query.count as usize).min(found.len());
    let mut links = vec![("self", at(None))];
    if end < found.len() && !query.count_only {
        links.push(("next", at(Some(end))));
    }
    let mut bundle = Bundle::new("searchset", Some(found.len() as u64), &links);
    if !query.count_only {
        for (_, id, event) in found.get(position..end).unwrap_or_default() {
            bundle.made(&format!("{base}/AuditEvent/{id}"), event);
        }
    }
    Ok(bundle.end())
}
