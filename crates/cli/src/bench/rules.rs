//! Consents of so many rules, and what decisions by them cost this process: processor time of the
//! thread, so that what others do on the machine is not in it.

use super::limits::own_time;
use anyhow::Context as _;
use salus_fhir::{
    consent::{ACT_REASON, Action, Consent, Consents, Moment, Request},
    labels::{ACT_CODE, CONFIDENTIALITY, CodingRef, Facts},
};
use serde_json::{Value, json};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Decisions between two looks at the clock.
const ROUND: u32 = 64;
const NOW: &str = "2026-06-01T12:00:00Z";

/// Consents of a patient, with requests and resources to decide on.
pub(crate) struct Rules {
    set: Consents,
    facts: Vec<Facts>,
    doctors: Vec<String>,
}

/// What decisions cost.
pub(crate) struct Cost {
    /// Microseconds for one.
    pub(crate) us: f64,
    /// The part that permitted.
    pub(crate) permitted: f64,
}

impl Rules {
    /// So many rules: half are consents of their own, each for a doctor or a hospital; half are
    /// exceptions within the first, by doctor, label, days, code and author.
    pub(crate) fn new(rules: usize) -> anyhow::Result<Self> {
        let read = |consent: &Value| Consent::from_json(consent.to_string().as_bytes());
        let consents = consents(rules).iter().map(read).collect::<Result<Vec<_>, _>>();
        let set = consents.and_then(Consents::new).context("the consents are refused")?;
        let resources = resources();
        let facts = resources.iter().map(|one| Facts::read(one.to_string().as_bytes()));
        let facts = facts.collect::<Result<_, _>>().context("the resources are refused")?;
        let doctors = (0..rules.max(2)).map(|number| format!("Practitioner/{number}")).collect();
        Ok(Self { set, facts, doctors })
    }

    /// Decides again and again: each request by another doctor of the same hospital, each on another
    /// resource.
    pub(crate) fn decisions(&self, time: Duration) -> Cost {
        let now = Moment::from_fhir(NOW).expect("it is a time");
        let hospitals = ["Organization/1", "Organization/unknown"];
        let (mut decided, mut permitted) = (0_u32, 0_u32);
        let (started, cpu) = (Instant::now(), own_time());
        while started.elapsed() < time {
            for _ in 0..ROUND {
                let at = decided as usize;
                let request = Request {
                    patient: "Patient/1",
                    person: Some(&self.doctors[at % self.doctors.len()]),
                    organisation: Some(hospitals[at % 2]),
                    member_of: &["Group/surgery", "Organization/trust"],
                    roles: &[],
                    custodians: &["Organization/holder"],
                    purpose: CodingRef { system: ACT_REASON, code: "TREAT" },
                    action: Action::Access,
                    now,
                };
                let facts = &self.facts[at % self.facts.len()];
                let flow = black_box(self.set.decide_for(black_box(&request), black_box(facts)));
                permitted += u32::from(flow.is_permitted());
                decided += 1;
            }
        }
        let us = own_time().saturating_sub(cpu).as_secs_f64() * 1e6 / f64::from(decided);
        Cost { us, permitted: f64::from(permitted) / f64::from(decided) }
    }

    /// Microseconds to read and compile consents of so many rules.
    pub(crate) fn compile_us(rules: usize, time: Duration) -> anyhow::Result<f64> {
        let texts: Vec<String> = consents(rules).iter().map(Value::to_string).collect();
        let (started, cpu) = (Instant::now(), own_time());
        let mut rounds = 0_u32;
        while started.elapsed() < time {
            let read = texts.iter().map(|text| Consent::from_json(text.as_bytes()));
            let set = read.collect::<Result<Vec<_>, _>>().and_then(Consents::new);
            black_box(set.context("the consents are refused")?);
            rounds += 1;
        }
        Ok(own_time().saturating_sub(cpu).as_secs_f64() * 1e6 / f64::from(rounds))
    }

    /// Bytes per microsecond at which facts and labels are read.
    pub(crate) fn label_mb_per_s(time: Duration) -> f64 {
        let texts: Vec<String> = resources().iter().map(Value::to_string).collect();
        let (started, cpu) = (Instant::now(), own_time());
        let mut bytes = 0_usize;
        while started.elapsed() < time {
            for text in &texts {
                let _ = black_box(Facts::read(black_box(text.as_bytes())));
                bytes += text.len();
            }
        }
        let bytes = f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) * 1000.0;
        bytes / own_time().saturating_sub(cpu).as_secs_f64() / 1e6
    }
}

fn consents(rules: usize) -> Vec<Value> {
    let consent = |number: usize, provision: &Value| {
        json!({
            "resourceType": "Consent", "id": format!("c{number}"), "status": "active",
            "scope": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/consentscope",
                "code": "patient-privacy"
            }]},
            "patient": {"reference": "Patient/1"},
            "provision": provision,
        })
    };
    let exceptions: Vec<Value> = (1..=rules / 2).map(exception).collect();
    let mut first = json!({
        "type": "permit",
        "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
        "securityLabel": [{"system": CONFIDENTIALITY, "code": "N"}],
        "period": {"start": "2020", "end": "2030"},
    });
    if !exceptions.is_empty() {
        first["provision"] = json!(exceptions);
    }
    let mut all = vec![consent(0, &first)];
    for number in 1..rules - rules / 2 {
        let who = if number % 2 == 0 { "Practitioner" } else { "Organization" };
        let provision = json!({
            "type": "permit", "actor": [actor(&format!("{who}/{number}"))],
            "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
            "period": {"start": "2020", "end": "2030"},
            "class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}],
        });
        all.push(consent(number, &provision));
    }
    all
}

fn actor(reference: &str) -> Value {
    json!({
        "role": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"
        }]},
        "reference": {"reference": reference},
    })
}

/// Of ten exceptions six are for a person; the others concern everybody and only the data tells.
fn exception(number: usize) -> Value {
    match number % 10 {
        0 => json!({"type": "deny", "securityLabel": [{"system": ACT_CODE, "code": "HIV"}]}),
        1 => json!({"type": "deny", "data": [{
            "meaning": "authoredby", "reference": {"reference": format!("Practitioner/a{number}")}
        }]}),
        2 => json!({"type": "deny", "code": [{"coding": [
            {"system": "http://loinc.org", "code": format!("{number}-1")}
        ]}]}),
        3 => json!({"type": "deny", "dataPeriod": {"start": "1990-01-01", "end": "1990-12-31"}}),
        _ => json!({"type": "deny", "actor": [actor(&format!("Practitioner/{number}"))]}),
    }
}

/// Resources of about 1 KB, as hospitals send them; one of eight is sensitive.
fn resources() -> Vec<Value> {
    let observation = |number: usize| {
        let (system, code) = match number {
            7 => ("http://hl7.org/fhir/sid/icd-10-cm", "B20"),
            _ => ("http://loinc.org", "8302-2"),
        };
        json!({
            "resourceType": "Observation", "id": format!("o{number}"),
            "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/vitalsigns"]},
            "text": {"status": "generated", "div": "<div>Body height of the patient, measured</div>"},
            "status": "final",
            "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "vital-signs", "display": "Vital signs"
            }]}],
            "code": {"coding": [{"system": system, "code": code, "display": "Body Height"}],
                "text": "Body Height"},
            "subject": {"reference": "Patient/1"},
            "encounter": {"reference": format!("Encounter/{number}")},
            "performer": [{"reference": "Practitioner/a77"}, {"reference": "Organization/holder"}],
            "effectiveDateTime": format!("2024-05-0{}T10:11:12+02:00", number + 1),
            "issued": "2024-05-06T10:11:12.345+02:00",
            "valueQuantity": {"value": 168.2, "unit": "cm", "system": "http://unitsofmeasure.org",
                "code": "cm"},
        })
    };
    (0..8).map(observation).collect()
}
