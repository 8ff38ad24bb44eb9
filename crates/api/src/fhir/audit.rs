//! Accounts of access as events of audit: each number of the patient's log is one, in both series.
//!
//! They are the vault's own texts, and those of requesters who read with shares of custodians: their
//! hashes are in the leaves whose roots the ledger holds, so an event says nothing that was not
//! accounted for. Of a request whose requester tells nothing, one event says what the ledger has. Ids
//! hold account or request, and number.
//!
//! Source: IHE BALP 1.1; FHIR R4 `AuditEvent`.

use super::{FhirApiError, answer, bundle::Bundle, caller::Rights, request::Asked, resources_of};
use crate::{
    problem::Problem,
    query::ask_at,
    records::{AccessItem, AccessesAnswer, ReleaseItem},
    routes::vault::records_of,
    state::Shared,
};
use salus_consent::{AccessKind, AccessLeaf, RecordId, RequestId, query};
use salus_fhir::{
    ResourceType, audit_id, parse_audit_id,
    search::{Facts, Query, values},
};
use salus_state::StateRead;
use salus_types::{AccountId, Hash};
use salus_vault::untold_event;
use serde_json::{Value, json};

/// An event of the patient's log.
struct Shown {
    id: String,
    time_ms: u64,
    event: String,
}

/// Whether this is the type that is answered here.
pub(super) fn answers(resource_type: ResourceType) -> bool {
    resource_type.name() == "AuditEvent"
}

/// One event.
pub(super) async fn read(shared: &Shared, asked: &Asked, id: &str) -> Result<String, Problem> {
    asked.caller.must(audit_event()?, Rights::READ)?;
    let (of, _) = parse_audit_id(id).ok_or(FhirApiError::NotFound)?;
    let resources = resources_of(shared)?;
    let mut account = AccountId(of);
    let mut patient = resources.id_of(account).await?;
    if patient.is_none() {
        // Of a request, the ledger knows the patient.
        let request = RequestId::new(of);
        let question = |state: &dyn StateRead| query::release(state, request);
        let (_, found) = ask_at(shared.ledger.as_ref(), None, question).await?;
        account = found.ok_or(FhirApiError::NotFound)?.stored.patient;
        patient = resources.id_of(account).await?;
    }
    let patient = patient.ok_or(FhirApiError::NotFound)?;
    let log = events(records_of(shared)?.accesses(account).await?, &patient);
    let found = log.into_iter().find(|one| one.id == id);
    Ok(found.ok_or(FhirApiError::NotFound)?.event)
}

fn audit_event() -> Result<ResourceType, FhirApiError> {
    "AuditEvent".parse().map_err(|_| FhirApiError::UnknownType)
}

/// All events of a log: the holder's series, then that of requests for release.
fn events(log: AccessesAnswer, patient: &str) -> Vec<Shown> {
    let AccessesAnswer { patient: account, custodian, accesses, releases, .. } = log;
    let held = accesses.into_iter().map(|AccessItem { leaf, event, .. }| Shown {
        id: audit_id(&leaf.patient.0, leaf.sequence),
        time_ms: leaf.time.unix_ms(),
        event,
    });
    let released = releases.into_iter().flat_map(|item| match item.accesses {
        Some(told) => told
            .into_iter()
            .map(|access| Shown {
                id: audit_id(item.request.as_bytes(), access.leaf.sequence),
                time_ms: access.leaf.time.unix_ms(),
                event: access.event,
            })
            .collect(),
        None => vec![untold(&item, account, custodian, patient)],
    });
    held.chain(released).collect()
}

/// What is known of a request whose requester tells nothing.
fn untold(item: &ReleaseItem, patient: AccountId, custodian: AccountId, named: &str) -> Shown {
    let request = item.request;
    let leaf = AccessLeaf {
        salt: Hash::ZERO,
        sequence: 0,
        kind: AccessKind::CustodialRead { request },
        patient,
        custodian,
        accessor: item.requester,
        basis: Some(item.basis),
        purpose: item.purpose,
        record: RecordId::new([0; 32]),
        version: 0,
        time: item.requested_at,
        audit_event: None,
    };
    let id = audit_id(request.as_bytes(), 0);
    let event = untold_event(&id, &leaf, item.count, named.parse().ok());
    Shown { id, time_ms: item.requested_at.unix_ms(), event }
}

/// The event as a search sees it. Requesters name the patient by account, and searches by the id of the
/// Patient here; what is shown stays as it was accounted for.
fn searched(event: &str, patient: &str) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_str::<Value>(event) else {
        return event.as_bytes().to_vec();
    };
    for entity in value["entity"].as_array_mut().into_iter().flatten() {
        if entity["type"]["code"] == "1" {
            entity["what"] = json!({ "reference": format!("Patient/{patient}") });
        }
    }
    value.to_string().into_bytes()
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
        let log = records_of(shared)?.accesses(account).await?;
        for Shown { id, time_ms, event } in events(log, ids[0]) {
            let resource_type = query.resource_type;
            let facts = Facts { resource_type, id: &id, last_updated_ms: time_ms };
            let values = values(facts, &searched(&event, ids[0]), |_| None)
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
