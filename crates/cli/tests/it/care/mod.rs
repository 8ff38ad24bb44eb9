//! A patient's story by the binary alone: a network of four processes, admission, delegation, an
//! emergency, custodians, research, and an erasure in which the holder's node is killed again and again.

mod erasure;
mod giving;
mod treatment;

use super::network::Network;
use serde_json::{Value, json};
use std::fs;

/// Keeps the records.
const HOST: usize = 0;
/// Treats, and is the emergency service.
const CLINIC: usize = 1;
/// Takes over.
const WARD: usize = 2;
/// Reviews.
const REVIEWER: usize = 3;
const NAME: &str = "Quillfeather-Ambrose";

/// The bundle of a patient who has an observation and a condition that is sensitive by its code.
fn bundle(id: &str) -> String {
    let of = json!({"reference": format!("Patient/{id}")});
    let entries = [
        json!({"resourceType": "Patient", "id": id, "birthDate": "1980-05-06",
            "name": [{"family": NAME}]}),
        json!({"resourceType": "Observation", "id": format!("o-{id}"), "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]},
            "subject": of, "effectiveDateTime": "2020-02-03"}),
        json!({"resourceType": "Condition", "id": format!("c-{id}"), "onsetDateTime": "2019-01-02",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]},
            "subject": of}),
    ];
    let entries: Vec<Value> = entries.into_iter().map(|one| json!({"resource": one})).collect();
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string()
}

/// What all chapters are about.
struct Story {
    network: Network,
    /// The patient, with an own key.
    patient: String,
    observation: String,
    condition: String,
    clinic: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn a_patients_story_from_admission_to_erasure() {
    let mut story = Story::begin();
    story.a_hospital_reads_from_admission_to_discharge();
    let child = story.a_guardian_acts_for_a_child();
    story.a_service_overrides_and_is_reviewed();
    story.a_project_gets_what_names_nobody();
    story.custodians_release_what_the_holder_cannot_read();
    story.an_erasure_outlives_the_kills_of_its_node();
    story.a_key_that_is_needed_elsewhere_is_not_destroyed_unasked(&child);
}

impl Story {
    fn begin() -> Self {
        let network = Network::start();
        let key = |file: &str, at: usize, staff: &str| {
            network.must(at, &format!("key new {file}"));
            let made = network.must(at, &format!("account new --key {file} {staff}"));
            assert_eq!(made["account"], network.account(file));
        };
        key("patient.key", HOST, "");
        key("guardian.key", HOST, "");
        key("medic.key", CLINIC, "--staff");
        key("second.key", CLINIC, "--staff");
        let again = network.refused(HOST, "account new --key patient.key");
        assert_eq!(again, "cli.key_has_account");
        for id in ["p1", "p2"] {
            fs::write(network.folder().join(format!("{id}.json")), bundle(id)).unwrap();
        }
        let patient = network.account("patient.key");
        let words = format!("record import p1.json --patient {patient}");
        assert_eq!(network.must(HOST, &words)[0]["new_records"], 3);
        let clinic = network.organisation(CLINIC);
        let mut story = Self {
            network,
            patient: patient.clone(),
            observation: String::new(),
            condition: String::new(),
            clinic,
        };
        story.observation = story.record(&patient, "Observation");
        story.condition = story.record(&patient, "Condition");
        story
    }

    /// The only record of a type that a patient has at the host.
    fn record(&self, patient: &str, of: &str) -> String {
        let list = self.network.must(HOST, &format!("record list --patient {patient} --type {of}"));
        assert_eq!(list.as_array().unwrap().len(), 1);
        text(&list[0]["record"])
    }

    /// Reads a record at an organisation on a basis; an empty one is an own read. Gives the number of
    /// the access, or the code of the refusal.
    fn read(&self, at: usize, record: &str, basis: &str, purpose: &str) -> Result<u64, String> {
        let out = self.network.folder().join("read.json");
        let _ = fs::remove_file(&out);
        let words = format!("record read {record} --purpose {purpose} --out read.json {basis}");
        let answer = self.network.run(at, &words);
        match answer.code {
            0 => {
                let read = fs::read_to_string(out).unwrap();
                assert!(read.contains("2345-7") || read.contains("86406008"));
                Ok(answer.said["sequence"].as_u64().unwrap())
            }
            1 => Err(answer.error),
            _ => panic!("{answer:?}"),
        }
    }

    fn no(&self, at: usize, record: &str, basis: &str, purpose: &str) -> String {
        self.read(at, record, basis, purpose).unwrap_err()
    }
}
