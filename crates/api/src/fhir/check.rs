//! Counter-indications: a prescription is checked against what is kept of the patient, and answered
//! with alerts alone.
//!
//! Medicines and allergies here are found as in a search, those elsewhere are read under the grants that
//! the request names; each is accounted for. Whoever asks learns what is dangerous about this
//! prescription, and gets none of the records.
//!
//! Source: CDS Hooks 2.0, the shape of cards. The table of interactions is `interactions.json` beside
//! this file, and names its own source.

use super::{
    FhirApiError, FhirRecords, ResourceOrder,
    caller::Rights,
    request::{Asked, resource_body, type_of},
    resources_of,
};
use crate::{error::ApiError, problem::Problem, state::Shared};
use axum::{
    Json,
    extract::{Request, State},
};
use salus_consent::GrantId;
use salus_fhir::{
    ResourceType,
    search::{COUNT_MAX, Handling, Query},
};
use salus_vault::rules::Act;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, str::FromStr, sync::LazyLock};

/// Most records elsewhere that one check reads.
const ELSEWHERE_MAX: usize = 100;
/// What is looked at here, with the parameter that tells what counts.
const KINDS: [(&str, &str, &str); 3] = [
    ("MedicationRequest", "status", "active,on-hold,draft"),
    ("MedicationStatement", "", ""),
    ("AllergyIntolerance", "", ""),
];

#[derive(Deserialize)]
struct Table {
    source: String,
    pairs: Vec<Pair>,
    allergies: Vec<Allergy>,
}

#[derive(Deserialize)]
struct Pair {
    one: String,
    other: String,
    severity: String,
    says: String,
    section: String,
}

#[derive(Deserialize)]
struct Allergy {
    to: String,
    medicines: Vec<String>,
    section: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("interactions.json")).expect("the table is as it is declared")
});

/// What a prescription is checked against: the words that name medicines, and allergies.
#[derive(Default)]
struct Known {
    medicines: Vec<String>,
    allergies: Vec<String>,
}

/// The names under a `CodeableConcept`, in lower case: texts and displays.
fn names(concept: &Value, into: &mut Vec<String>) {
    let codings = concept["coding"].as_array().into_iter().flatten();
    let displays = codings.map(|coding| &coding["display"]);
    let texts = displays.chain([&concept["text"]]).filter_map(Value::as_str);
    into.extend(texts.map(str::to_lowercase));
}

impl Known {
    fn take(&mut self, resource: &Value) {
        match resource["resourceType"].as_str() {
            Some("AllergyIntolerance") => {
                let refuted = &resource["verificationStatus"]["coding"][0]["code"];
                if !matches!(refuted.as_str(), Some("refuted" | "entered-in-error")) {
                    names(&resource["code"], &mut self.allergies);
                    for reaction in resource["reaction"].as_array().into_iter().flatten() {
                        names(&reaction["substance"], &mut self.allergies);
                    }
                }
            }
            _ => names(&resource["medicationCodeableConcept"], &mut self.medicines),
        }
    }
}

fn says(names: &[String], word: &str) -> bool {
    names.iter().any(|name| name.contains(word))
}

fn card(severity: &str, summary: &str, section: &str) -> Value {
    let label = format!("{section}. {}", TABLE.source);
    json!({ "summary": summary, "indicator": severity, "source": { "label": label } })
}

/// The alerts: each pair and each allergy once, the gravest first.
fn cards(prescribed: &[String], known: &Known) -> Vec<Value> {
    let mut found: BTreeMap<(bool, String), Value> = BTreeMap::new();
    let mut add = |severity: &str, summary: String, section: &str| {
        let key = (severity != "critical", summary);
        let card = card(severity, &key.1, section);
        found.insert(key, card);
    };
    for pair in &TABLE.pairs {
        for (new, old) in [(&pair.one, &pair.other), (&pair.other, &pair.one)] {
            if says(prescribed, new) && says(&known.medicines, old) {
                let summary = format!("{new} with {old}: {}", pair.says);
                add(&pair.severity, summary, &pair.section);
            }
        }
    }
    for allergy in &TABLE.allergies {
        let new = allergy.medicines.iter().find(|medicine| says(prescribed, medicine));
        if let Some(new) = new
            && says(&known.allergies, &allergy.to)
        {
            let summary = format!("{new}: the patient is allergic to {}", allergy.to);
            add("critical", summary, &allergy.section);
        }
    }
    found.into_values().collect()
}

/// The prescription, and the records elsewhere with their grants.
fn parse(text: &str) -> Result<(Value, Vec<(String, GrantId)>), FhirApiError> {
    let bad = |reason| FhirApiError::Body { reason };
    let body: Value = serde_json::from_str(text).map_err(|_| bad("it is not JSON"))?;
    if body["resourceType"] == "MedicationRequest" {
        return Ok((body, Vec::new()));
    }
    let mut request = None;
    let mut elsewhere = Vec::new();
    for parameter in body["parameter"].as_array().into_iter().flatten() {
        match parameter["name"].as_str() {
            Some("request") => request = Some(parameter["resource"].clone()),
            Some("elsewhere") => {
                let parts = || parameter["part"].as_array().into_iter().flatten();
                let part = |name: &str| parts().find(|part| part["name"] == name);
                let record =
                    part("record").and_then(|part| part["valueReference"]["reference"].as_str());
                let grant = part("grant").and_then(|part| part["valueString"].as_str());
                let grant = grant.and_then(|grant| GrantId::from_str(grant).ok());
                let (record, grant) =
                    record.zip(grant).ok_or_else(|| bad("a record elsewhere has no grant"))?;
                elsewhere.push((record.to_owned(), grant));
            }
            _ => return Err(bad("a parameter is neither `request` nor `elsewhere`")),
        }
    }
    let request = request.filter(|request| request["resourceType"] == "MedicationRequest");
    if elsewhere.len() > ELSEWHERE_MAX {
        return Err(bad("it names too many records elsewhere"));
    }
    Ok((request.ok_or_else(|| bad("it holds no MedicationRequest"))?, elsewhere))
}

/// Looks at everything of these kinds that is kept of the patient here.
async fn look_here(
    records: &dyn FhirRecords,
    asked: &Asked,
    patient: &str,
    known: &mut Known,
) -> Result<(), Problem> {
    let all = |_: ResourceType| true;
    for (name, parameter, value) in KINDS {
        let mut pairs = vec![("patient", patient)];
        if !parameter.is_empty() {
            pairs.push((parameter, value));
        }
        let mut query = Query::parse(type_of(name)?, pairs, Handling::Strict)?;
        query.count = COUNT_MAX;
        let mut page = records.search(&query, &all, &asked.asking(Act::Search)).await?;
        loop {
            for resource in &page.matches {
                known.take(&serde_json::from_str(&resource.text).map_err(|_| ApiError::Internal)?);
            }
            let Some(next) = &page.next else { break };
            page = records.next_page(name, next, &all, &asked.asking(Act::Search)).await?;
        }
    }
    Ok(())
}

/// Checks a prescription against medicines and allergies of its patient, and answers with alerts only.
///
/// The body is a `MedicationRequest`, or Parameters with `request` and, for each record at another
/// organisation, `elsewhere` with `record` and `grant`.
#[utoipa::path(
    post, path = "/fhir/MedicationRequest/$check", tag = "fhir", security(("token" = [])),
    request_body(content = Object, content_type = "application/fhir+json"),
    responses(
        (status = 200, description = "Cards, as CDS Hooks has them.", body = Object),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn check(
    State(shared): State<Shared>,
    asked: Asked,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (parts, body) = request.into_parts();
    let text = resource_body(&shared, &parts.headers, body).await?;
    let (request, elsewhere) = parse(&text)?;
    Ok(Json(alerts(&shared, &asked, &[request], elsewhere).await?))
}

/// Checks prescriptions of one patient against what is kept here, against one another, and against
/// records elsewhere: cards, and nothing else.
pub(super) async fn alerts(
    shared: &Shared,
    asked: &Asked,
    requests: &[Value],
    elsewhere: Vec<(String, GrantId)>,
) -> Result<Value, Problem> {
    asked.caller.must(type_of("MedicationRequest")?, Rights::CREATE)?;
    let mut prescribed: Vec<Vec<String>> = Vec::with_capacity(requests.len());
    let mut of = None;
    for request in requests {
        let mut medicine = Vec::new();
        names(&request["medicationCodeableConcept"], &mut medicine);
        if medicine.is_empty() {
            return Err(FhirApiError::Body { reason: "the prescription names no medicine" }.into());
        }
        prescribed.push(medicine);
        let subject = request["subject"]["reference"].as_str().unwrap_or_default();
        let patient = subject.strip_prefix("Patient/").ok_or(FhirApiError::PatientNeeded)?;
        if of.replace(patient).is_some_and(|other| other != patient) {
            return Err(FhirApiError::PatientNeeded.into());
        }
    }
    let Some(patient) = of else { return Ok(json!({ "cards": [] })) };
    let records = resources_of(shared)?;
    if records.account_of(patient).await?.is_none() {
        return Err(FhirApiError::NotFound.into());
    }
    let mut known = Known::default();
    look_here(records.as_ref(), asked, patient, &mut known).await?;
    for (reference, grant) in elsewhere {
        let (name, id) = reference.split_once('/').ok_or(FhirApiError::NotFound)?;
        let order = ResourceOrder {
            resource_type: type_of(name)?,
            id: id.to_owned(),
            version: None,
            basis: Some(grant.into()),
            asking: asked.asking(Act::Read),
        };
        // One that cannot be read fails the check: silence would look like safety.
        let found = records.resource(order).await?;
        known.take(&serde_json::from_str(&found.text).map_err(|_| ApiError::Internal)?);
    }
    let mut found: Vec<Value> = Vec::new();
    for medicine in prescribed {
        for card in cards(&medicine, &known) {
            if !found.contains(&card) {
                found.push(card);
            }
        }
        // What is ordered together meets one another too.
        known.medicines.extend(medicine);
    }
    Ok(json!({ "cards": found }))
}

#[cfg(test)]
mod tests {
    use super::{Known, TABLE, cards};
    use serde_json::json;

    #[test]
    fn the_table_names_its_source_and_knows_two_grades() {
        assert!(!TABLE.source.is_empty());
        let grades = |severity: &str| matches!(severity, "critical" | "warning");
        assert!(TABLE.pairs.iter().all(|pair| grades(&pair.severity) && !pair.section.is_empty()));
    }

    #[test]
    fn the_gravest_alert_comes_first_and_each_once() {
        let mut known = Known::default();
        let medicine = |name: &str| {
            json!({
                "resourceType": "MedicationRequest", "medicationCodeableConcept": { "text": name },
            })
        };
        for name in ["Warfarin 5 MG Oral Tablet", "warfarin", "Metformin"] {
            known.take(&medicine(name));
        }
        known.take(&json!({ "resourceType": "AllergyIntolerance", "code": { "text": "Aspirin" } }));
        known.take(&json!({
            "resourceType": "AllergyIntolerance", "code": { "text": "Penicillin" },
            "verificationStatus": { "coding": [{ "code": "refuted" }] },
        }));

        let found = cards(&["ibuprofen 400 mg".to_owned(), "amoxicillin".to_owned()], &known);

        let told: Vec<_> =
            found.iter().map(|card| (&card["indicator"], &card["summary"])).collect();
        assert_eq!(
            told,
            [
                (&json!("critical"), &json!("ibuprofen: the patient is allergic to aspirin")),
                (&json!("warning"), &json!("ibuprofen with warfarin: bleeding")),
            ]
        );
        assert!(cards(&["metformin".to_owned()], &known).is_empty());
    }
}
