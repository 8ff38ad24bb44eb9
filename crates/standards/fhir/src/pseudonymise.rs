//! Takes out of a resource what says whose it is: for research, under a grant that asks for it.
//!
//! What stays is named, everything else goes: elements of ten clinical resource types ([`kept`]), and in
//! them codes, numbers, booleans, dates and references. Free text goes wherever it is, and so do names,
//! addresses, telecom, identifiers, narrative, contained resources, attachments and extensions. Codes
//! that are not codes (with blanks, or long) go too.
//!
//! - Ids and references become pseudonyms that are the same throughout a project.
//! - Full dates are moved by the same number of days for all of a patient, times of day are cut; a month
//!   is cut to its year. A date of birth is its year, and is left out beyond the age of 89.
//! - A resource with `modifierExtension` or `implicitRules` is left out: what they say could turn the rest
//!   into its opposite.
//!
//! Numbers stay as they are written. Source: HIPAA, 45 CFR 164.514(b)(2), as far as a record's own
//! elements go; GDPR Article 4(5): it is pseudonymised, and not anonymous.

use crate::{
    Day,
    json::{items, members, string},
};
use std::fmt;

/// The oldest age in years of which the year of birth is told.
const AGE_MAX: i32 = 89;
/// Longest code.
const CODE_BYTES_MAX: usize = 64;

/// How the identity of a patient is taken out.
pub struct Pseudonymise<'p> {
    /// What `Type/id` is called in the project.
    pub name: &'p dyn Fn(&str) -> String,
    /// By how many days the patient's dates are moved.
    pub shift_days: i32,
    /// The year in which it is done.
    pub year: i32,
}

impl fmt::Debug for Pseudonymise<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonymise([redacted])")
    }
}

/// The elements of a resource type that stay; none for a type that is left out.
#[expect(clippy::too_many_lines, reason = "a table reads best as one")]
pub fn kept(resource_type: &str) -> Option<&'static [&'static str]> {
    Some(match resource_type {
        "Patient" => &["gender", "birthDate", "deceasedBoolean", "deceasedDateTime"],
        "Observation" => &[
            "status",
            "category",
            "code",
            "subject",
            "encounter",
            "basedOn",
            "partOf",
            "effectiveDateTime",
            "effectivePeriod",
            "valueQuantity",
            "valueCodeableConcept",
            "valueBoolean",
            "valueInteger",
            "valueRange",
            "valueRatio",
            "dataAbsentReason",
            "interpretation",
            "bodySite",
            "method",
            "referenceRange",
            "hasMember",
            "derivedFrom",
            "component",
        ],
        "Condition" => &[
            "clinicalStatus",
            "verificationStatus",
            "category",
            "severity",
            "code",
            "bodySite",
            "subject",
            "encounter",
            "onsetDateTime",
            "onsetPeriod",
            "abatementDateTime",
            "abatementPeriod",
            "recordedDate",
            "stage",
        ],
        "Procedure" => &[
            "status",
            "category",
            "code",
            "subject",
            "encounter",
            "performedDateTime",
            "performedPeriod",
            "reasonCode",
            "reasonReference",
            "bodySite",
            "outcome",
            "complication",
        ],
        "MedicationRequest" => &[
            "status",
            "intent",
            "category",
            "priority",
            "doNotPerform",
            "medicationCodeableConcept",
            "subject",
            "encounter",
            "authoredOn",
            "reasonCode",
            "reasonReference",
            "dosageInstruction",
        ],
        "Immunization" => &[
            "status",
            "statusReason",
            "vaccineCode",
            "patient",
            "encounter",
            "occurrenceDateTime",
            "primarySource",
            "site",
            "route",
            "doseQuantity",
            "reasonCode",
        ],
        "AllergyIntolerance" => &[
            "clinicalStatus",
            "verificationStatus",
            "type",
            "category",
            "criticality",
            "code",
            "patient",
            "encounter",
            "onsetDateTime",
            "recordedDate",
            "lastOccurrence",
            "reaction",
        ],
        "Encounter" => &[
            "status",
            "class",
            "type",
            "serviceType",
            "priority",
            "subject",
            "period",
            "length",
            "reasonCode",
            "reasonReference",
            "diagnosis",
        ],
        "DiagnosticReport" => &[
            "status",
            "category",
            "code",
            "subject",
            "encounter",
            "effectiveDateTime",
            "effectivePeriod",
            "result",
            "conclusionCode",
        ],
        "MedicationStatement" => &[
            "status",
            "category",
            "medicationCodeableConcept",
            "subject",
            "effectiveDateTime",
            "effectivePeriod",
            "dateAsserted",
            "reasonCode",
            "dosage",
        ],
        _ => return None,
    })
}

/// Members whose text is a code: what stays of text below the elements, beside dates and references.
const CODES: &[&str] = &[
    "status",
    "use",
    "system",
    "code",
    "version",
    "comparator",
    "unit",
    "type",
    "intent",
    "priority",
    "gender",
    "category",
    "criticality",
    "severity",
    "periodUnit",
    "durationUnit",
    "when",
    "dayOfWeek",
];

/// Members that are never looked into.
const NEVER: &[&str] = &["identifier", "extension", "contained", "text", "display", "note"];

impl Pseudonymise<'_> {
    /// The resource as a project gets it, on one line; none for one that is left out.
    pub fn apply(&self, text: &str) -> Option<String> {
        let text = text.trim();
        let top = members(text)?;
        let value = |name: &str| {
            top.iter().find(|one| one.name == name).map(|one| &text[one.value.clone()])
        };
        let resource_type = string(value("resourceType")?)?;
        let kept = kept(&resource_type)?;
        if value("implicitRules").is_some() || text.contains("modifierExtension") {
            return None;
        }
        let id = string(value("id")?)?;
        let name = (self.name)(&format!("{resource_type}/{id}"));
        let mut out = format!(r#"{{"resourceType":"{resource_type}","id":"{name}""#);
        for one in top.iter().filter(|one| kept.contains(&&*one.name)) {
            if let Some(value) = self.value(&one.name, &text[one.value.clone()]) {
                push(&mut out, &one.name, &value);
            }
        }
        out.push('}');
        Some(out)
    }

    /// What stays of the value of a member.
    fn value(&self, name: &str, text: &str) -> Option<String> {
        match text.as_bytes().first()? {
            b'{' => {
                let mut out = "{".to_owned();
                for one in members(text)? {
                    let hidden = NEVER.contains(&&*one.name) || one.name.starts_with('_');
                    let value = &text[one.value.clone()];
                    if let Some(value) = (!hidden).then(|| self.value(&one.name, value)).flatten() {
                        push(&mut out, &one.name, &value);
                    }
                }
                (out.len() > 1).then(|| out + "}")
            }
            b'[' => {
                let list = items(text)?.into_iter().filter_map(|item| self.value(name, item));
                let list: Vec<String> = list.collect();
                (!list.is_empty()).then(|| format!("[{}]", list.join(",")))
            }
            b'"' => {
                let found = self.text(name, &string(text)?)?;
                serde_json::to_string(&found).ok()
            }
            b'n' => None,
            _ => Some(text.to_owned()),
        }
    }

    fn text(&self, name: &str, text: &str) -> Option<String> {
        if name == "reference" {
            return self.reference(text);
        }
        if CODES.contains(&name) {
            let plain =
                text.len() <= CODE_BYTES_MAX && text.bytes().all(|one| one.is_ascii_graphic());
            return plain.then(|| text.to_owned());
        }
        self.date(name, text)
    }

    fn reference(&self, text: &str) -> Option<String> {
        let (resource_type, id) = text.split_once('/')?;
        let id = id.split('/').next()?;
        let fits = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|one| one.is_ascii_alphanumeric() || b"-.".contains(&one))
        };
        let name = || (self.name)(&format!("{resource_type}/{id}"));
        let known = fits(id) && resource_type.bytes().all(|one| one.is_ascii_alphabetic());
        (known && !resource_type.is_empty()).then(|| format!("{resource_type}/{}", name()))
    }

    fn date(&self, name: &str, text: &str) -> Option<String> {
        let number = |part: Option<&str>| part?.parse::<u16>().ok();
        let year = number(text.get(..4))?;
        let rest = &text[4..];
        let cut = rest.is_empty() || rest.len() == 3 && rest.starts_with('-');
        if name == "birthDate" {
            return (i32::from(year) >= self.year - AGE_MAX).then(|| format!("{year:04}"));
        }
        if cut {
            return Some(format!("{year:04}"));
        }
        let (month, day) = (number(rest.get(1..3))?, number(rest.get(4..6))?);
        let full = rest.starts_with('-') && rest.get(3..4) == Some("-");
        let ends = rest.len() == 6 || rest.get(6..7) == Some("T");
        if !full || !ends {
            return None;
        }
        let day = Day::from_civil(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        let (year, month, day) = Day(day.0.checked_add(self.shift_days)?).to_civil();
        Some(format!("{year:04}-{month:02}-{day:02}"))
    }
}

fn push(out: &mut String, name: &str, value: &str) {
    if out.len() > 1 {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    out.push_str(value);
}

#[cfg(test)]
mod tests {
    use super::Pseudonymise;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn named(id: &str) -> String {
        format!("p{}", id.len())
    }

    fn apply(resource: &Value) -> Option<Value> {
        let rules = Pseudonymise { name: &named, shift_days: -40, year: 2026 };
        let text = rules.apply(&resource.to_string())?;
        assert!(!text.contains('\n'));
        Some(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn of_a_patient_stay_gender_year_of_birth_and_moved_date_of_death() {
        let patient = json!({
            "resourceType": "Patient", "id": "abc", "gender": "female", "birthDate": "1950-06-07",
            "deceasedDateTime": "2020-03-01T10:11:12+01:00", "name": [{"family": "Zedlitz"}],
            "telecom": [{"value": "1"}], "address": [{"city": "Potsdam"}],
            "identifier": [{"value": "4711"}], "text": {"div": "<p>Ada</p>"},
            "contact": [{"name": {"family": "Other"}}], "extension": [{"url": "x"}],
        });

        let expected = json!({
            "resourceType": "Patient", "id": "p11", "gender": "female", "birthDate": "1950",
            "deceasedDateTime": "2020-01-21",
        });
        assert_eq!(apply(&patient), Some(expected));
        let old = json!({"resourceType": "Patient", "id": "abc", "birthDate": "1936-01-01"});
        assert_eq!(apply(&old), Some(json!({"resourceType": "Patient", "id": "p11"})));
    }

    #[test]
    fn of_an_observation_stay_codes_numbers_as_written_and_named_references() {
        let text = r#"{"resourceType":"Observation","id":"o","meta":{"source":"ward 3"},
            "code":{"coding":[{"system":"http://loinc.org","code":"2345-7","display":"of Ada"}],"text":"of Ada"},
            "subject":{"reference":"Patient/abc","display":"Ada"},"performer":[{"reference":"Practitioner/1"}],
            "encounter":{"reference":"urn:uuid:1"},"issued":"2020-01-01T10:00:00Z","valueString":"Ada again",
            "valueQuantity":{"value":6.30,"unit":"mmol/L"},"effectiveDateTime":"2020-02","note":[{"text":"Ada"}],
            "component":[{"valueString":"Ada","code":{"text":"Ada"}},{"valueQuantity":{"value":1.0}}],
            "_status":{"extension":[]},"status":"final"}"#;
        let rules = Pseudonymise { name: &named, shift_days: -40, year: 2026 };

        let shown = rules.apply(text).unwrap();

        assert_eq!(
            shown,
            concat!(
                r#"{"resourceType":"Observation","id":"p13","code":{"coding":[{"system":"http://loinc.org","#,
                r#""code":"2345-7"}]},"subject":{"reference":"Patient/p11"},"valueQuantity":{"value":6.30,"#,
                r#""unit":"mmol/L"},"effectiveDateTime":"2020","component":[{"valueQuantity":{"value":1.0}}],"#,
                r#""status":"final"}"#
            )
        );
    }

    #[test]
    fn what_is_of_no_clinical_type_or_is_modified_is_left_out() {
        let practitioner = json!({"resourceType": "Practitioner", "id": "a", "gender": "male"});
        let modified =
            json!({"resourceType": "Condition", "id": "a", "modifierExtension": [{"url": "not"}]});
        let other = json!({"resourceType": "Condition", "id": "a", "implicitRules": "http://x"});

        assert_eq!([apply(&practitioner), apply(&modified), apply(&other)], [None, None, None]);
        let rules = Pseudonymise { name: &named, shift_days: 0, year: 2026 };
        for bad in ["", "[]", "{", r#"{"resourceType":"Patient"}"#] {
            assert_eq!(rules.apply(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn words_that_are_not_codes_are_in_no_answer(word in "[A-Z][a-z]{2,9} [A-Z][a-z]{2,9}") {
            let condition = json!({
                "resourceType": "Condition", "id": "a", "recordedDate": word,
                "code": {"text": word, "coding": [{"code": word, "display": word, "system": word}]},
                "stage": [{"summary": {"text": word}, "assessment": [{"reference": word}]}],
                "subject": {"reference": word, "identifier": {"value": word}, "display": word},
            });

            let rules = Pseudonymise { name: &named, shift_days: 3, year: 2026 };
            let shown = rules.apply(&condition.to_string()).unwrap();
            prop_assert_eq!(shown, r#"{"resourceType":"Condition","id":"p11"}"#);
        }
    }
}
