//! Patients of our own making, as FHIR R4 transaction bundles. Nobody real: names, numbers and values
//! are drawn from small lists by a generator that starts from the patient's number.

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};

const FAMILIES: [&str; 16] = [
    "Abendroth",
    "Brunswick",
    "Castelli",
    "Dombrowski",
    "Eriksen",
    "Fairweather",
    "Gutiérrez",
    "Haverkamp",
    "Ilunga",
    "Jankowski",
    "Kowalczyk",
    "Lindqvist",
    "Mbeki",
    "Nakamura",
    "O'Sullivan",
    "Papadopoulos",
];
const GIVEN: [&str; 16] = [
    "Amelie",
    "Bartholomew",
    "Charlotte",
    "Dmitri",
    "Eleonora",
    "Ferdinand",
    "Giovanna",
    "Henrike",
    "Ignatius",
    "Josephine",
    "Konstantin",
    "Leokadia",
    "Maximilian",
    "Nikolai",
    "Ophelia",
    "Philippa",
];
const STREETS: [&str; 8] = [
    "Alder Crescent",
    "Birchwood Lane",
    "Chestnut Avenue",
    "Dogwood Terrace",
    "Elmwood Drive",
    "Foxglove Road",
    "Greenbriar Court",
    "Hawthorn Street",
];
const CITIES: [&str; 8] = [
    "Ashbourne",
    "Brackenridge",
    "Coldwater",
    "Dunmore",
    "Eastleigh",
    "Ferndale",
    "Glenwood",
    "Harrowgate",
];
/// `LOINC` code, text, unit, lowest and highest value in tenths.
const OBSERVATIONS: [(&str, &str, &str, i64, i64); 6] = [
    ("8867-4", "Heart rate", "/min", 550, 1000),
    ("8310-5", "Body temperature", "Cel", 361, 378),
    ("29463-7", "Body weight", "kg", 480, 1100),
    ("2339-0", "Glucose", "mg/dL", 700, 1600),
    ("4548-4", "Hemoglobin A1c", "%", 48, 92),
    ("2093-3", "Cholesterol", "mg/dL", 1400, 2600),
];
/// `SNOMED CT` code and text.
const CONDITIONS: [(&str, &str); 6] = [
    ("38341003", "Hypertension"),
    ("44054006", "Diabetes mellitus type 2"),
    ("195967001", "Asthma"),
    ("396275006", "Osteoarthritis"),
    ("73211009", "Diabetes mellitus"),
    ("444814009", "Viral sinusitis"),
];
/// `RxNorm` code and text.
const MEDICATIONS: [(&str, &str); 5] = [
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("860975", "metformin 500 MG Oral Tablet"),
    ("745679", "albuterol 0.09 MG/ACTUAT inhaler"),
    ("313782", "acetaminophen 325 MG Oral Tablet"),
    ("617314", "atorvastatin 10 MG Oral Tablet"),
];

struct Person {
    random: StdRng,
    reference: String,
    entries: Vec<Value>,
}

/// The bundle of the patient with this number.
pub(crate) fn bundle(number: u32) -> String {
    let mut person = Person {
        random: StdRng::seed_from_u64(u64::from(number)),
        reference: String::new(),
        entries: Vec::new(),
    };
    person.patient(number);
    let years = person.random.random_range(4..12);
    for year in 0..years {
        person.year(2014 + year);
    }
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": person.entries }).to_string()
}

impl Person {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.random_range(0..from.len())]
    }

    fn uuid(&mut self) -> String {
        let bits: u128 = self.random.random();
        let hex = format!("{bits:032x}");
        let part = |from: usize, to: usize| &hex[from..to];
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    fn date(&mut self, year: i32) -> String {
        let (month, day) = (self.random.random_range(1..=12), self.random.random_range(1..=28));
        format!("{year}-{month:02}-{day:02}")
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.random.random_range(0..10_u8))).collect()
    }

    fn add(&mut self, mut resource: Value) -> String {
        let id = self.uuid();
        let url = format!("urn:uuid:{id}");
        let method = json!({ "method": "POST", "url": resource["resourceType"] });
        resource["id"] = json!(id);
        self.entries.push(json!({ "fullUrl": url, "resource": resource, "request": method }));
        url
    }

    fn patient(&mut self, number: u32) {
        let (family, given) = (self.pick(&FAMILIES), self.pick(&GIVEN));
        let house = self.random.random_range(100..9999);
        let line = format!("{house} {}", self.pick(&STREETS));
        let year = self.random.random_range(1930..2015);
        let phone = format!("555-{}-{}", self.digits(3), self.digits(4));
        let resource = json!({
            "resourceType": "Patient",
            "identifier": [{
                "system": "urn:example:demo-hospital",
                "value": format!("DEMO-{number:05}-{}", self.digits(8)),
            }],
            "name": [{ "use": "official", "family": family, "given": [given] }],
            "telecom": [{ "system": "phone", "value": phone, "use": "home" }],
            "gender": self.pick(&["female", "male", "other"]),
            "birthDate": self.date(year),
            "address": [{
                "line": [line],
                "city": self.pick(&CITIES),
                "postalCode": self.digits(5),
                "country": "XX",
            }],
        });
        self.reference = self.add(resource);
    }

    fn subject(&self) -> Value {
        json!({ "reference": self.reference })
    }

    /// A year of a life: some visits, with what was found and prescribed.
    fn year(&mut self, year: i32) {
        for _ in 0..self.random.random_range(1..4) {
            let date = self.date(year);
            let encounter = self.add(json!({
                "resourceType": "Encounter",
                "status": "finished",
                "class": {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                    "code": "AMB",
                },
                "subject": self.subject(),
                "period": { "start": date, "end": date },
            }));
            for _ in 0..self.random.random_range(3..9) {
                self.observation(&encounter, &date);
            }
            if self.random.random_bool(0.5) {
                self.condition(&encounter, &date);
            }
            if self.random.random_bool(0.5) {
                self.medication(&encounter, &date);
            }
        }
    }

    fn observation(&mut self, encounter: &str, date: &str) {
        let (code, text, unit, low, high) = self.pick(&OBSERVATIONS);
        let tenths = self.random.random_range(low..=high);
        let value: f64 = format!("{}.{}", tenths / 10, tenths % 10).parse().unwrap_or_default();
        let coding = json!([{ "system": "http://loinc.org", "code": code, "display": text }]);
        let resource = json!({
            "resourceType": "Observation",
            "status": "final",
            "code": { "coding": coding, "text": text },
            "subject": self.subject(),
            "encounter": { "reference": encounter },
            "effectiveDateTime": date,
            "valueQuantity": {
                "value": value,
                "unit": unit,
                "system": "http://unitsofmeasure.org",
                "code": unit,
            },
        });
        self.add(resource);
    }

    fn condition(&mut self, encounter: &str, date: &str) {
        let (code, text) = self.pick(&CONDITIONS);
        let coding = json!([{ "system": "http://snomed.info/sct", "code": code, "display": text }]);
        let resource = json!({
            "resourceType": "Condition",
            "code": { "coding": coding, "text": text },
            "subject": self.subject(),
            "encounter": { "reference": encounter },
            "onsetDateTime": date,
        });
        self.add(resource);
    }

    fn medication(&mut self, encounter: &str, date: &str) {
        let (code, text) = self.pick(&MEDICATIONS);
        let system = "http://www.nlm.nih.gov/research/umls/rxnorm";
        let coding = json!([{ "system": system, "code": code, "display": text }]);
        let resource = json!({
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": { "coding": coding, "text": text },
            "subject": self.subject(),
            "encounter": { "reference": encounter },
            "authoredOn": date,
        });
        self.add(resource);
    }
}
