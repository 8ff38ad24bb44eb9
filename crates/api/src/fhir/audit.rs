//! Accounts of access as events of audit: each number of the patient's log is one.
//!
//! They are the vault's own texts, whose hashes are in the leaves whose roots the ledger holds: an
//! event says nothing that was not accounted for. Their ids hold account and number.
//!
//! Source: IHE BALP 1.1; FHIR R4 `AuditEvent`.

use super::{FhirApiError, answer, bundle::Bundle, caller::Rights, request::Asked, resources_of};
use crate::{problem::Problem, records::AccessItem, routes::vault::records_of, state::Shared};
use salus_fhir::{
    ResourceType, audit_id, parse_audit_id,
    search::{Facts, Query, values},
};
use salus_types::AccountId;

/// Whether this is the type that is answered here.
pub(super) fn answers(resource_type: ResourceType) -> bool {
    resource_type.name() == "AuditEvent"
}

/// One event.
pub(super) async fn read(shared: &Shared, asked: &Asked, id: &str) -> Result<String, Problem> {
    asked.caller.must(audit_event()?, Rights::READ)?;
    let (account, sequence) = parse_audit_id(id).ok_or(FhirApiError::NotFound)?;
    let account = AccountId(account);
    if resources_of(shared)?.id_of(account).await?.is_none() {
        return Err(FhirApiError::NotFound.into());
    }
    let log = records_of(shared)?.accesses(account).await?.accesses;
    let item = log.into_iter().find(|item| item.leaf.sequence == sequence);
    Ok(item.ok_or(FhirApiError::NotFound)?.event)
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
        for AccessItem { leaf, event, .. } in records_of(shared)?.accesses(account).await?.accesses
        {
            let id = audit_id(&leaf.patient.0, leaf.sequence);
            let last_updated_ms = leaf.time.unix_ms();
            let facts = Facts { resource_type: query.resource_type, id: &id, last_updated_ms };
            let values = values(facts, event.as_bytes(), |_| None)
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
