//! Searches over a few resources: what is understood, what matches, what is refused.

use super::{COUNT_MAX, Facts, Handling, Query, SearchError, Span, instant, values};
use crate::{ResourceType, Rewrite, json};
use proptest::prelude::*;

const HEART_RATE: &str = r#"{
    "resourceType": "Observation", "id": "x", "status": "final",
    "meta": {"security": [{"system": "conf", "code": "R"}]},
    "identifier": [{"system": "urn:lab", "value": "A|1"}],
    "category": [{"coding": [{"system": "cat", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}, {"code": "local"}]},
    "component": [{"code": {"coding": [{"system": "http://loinc.org", "code": "1-1"}]}}],
    "subject": {"reference": "urn:uuid:p"}, "encounter": {"reference": "Encounter/e"},
    "performer": [{"reference": "Practitioner/1"}, {"reference": "Organization/2"}],
    "effectiveDateTime": "2020-02-03T10:30:00+02:00"
}"#;

const PATIENT: &str = r#"{
    "resourceType": "Patient", "gender": "female", "birthDate": "1970-05", "active": true,
    "name": [{"family": "Müller", "given": ["Anna", "Maria"]}],
    "telecom": [{"system": "phone", "value": "+49 1"}]
}"#;

fn query(resource_type: &str, text: &str) -> Result<Query, SearchError> {
    let pairs = text.split('&').filter(|part| !part.is_empty());
    let pairs = pairs.map(|part| part.split_once('=').unwrap_or((part, "")));
    Query::parse(resource_type.parse().unwrap(), pairs, Handling::Strict)
}

fn found(resource_type: &str, resource: &str) -> super::Values {
    let resource_type: ResourceType = resource_type.parse().unwrap();
    let facts = Facts { resource_type, id: "42", last_updated_ms: 1_600_000_000_000 };
    let resolve = |text: &str| (text == "urn:uuid:p").then(|| "Patient/7".to_owned());
    values(facts, resource.as_bytes(), resolve).unwrap()
}

fn matches(resource_type: &str, resource: &str, text: &str) -> bool {
    query(resource_type, text).unwrap().matches(&found(resource_type, resource))
}

#[test]
fn observations_are_found_by_what_they_say() {
    for yes in [
        "",
        "_id=42",
        "_id=1,42",
        "code=8867-4",
        "code=http://loinc.org|8867-4",
        "code=http://loinc.org|",
        "code=|local",
        "code:not=1-1",
        "combo-code=1-1",
        "category=vital-signs&status=final",
        "status=http://hl7.org/fhir/observation-status|final",
        "identifier=urn:lab|A\\|1",
        "patient=7",
        "patient=Patient/7",
        "subject=Patient/7",
        "subject:Patient=7",
        "encounter=e",
        "performer=Organization/2",
        "_security=conf|R",
        "_lastUpdated=2020-09-13",
        "date=2020-02-03",
        "date=2020-02-03T08:30Z",
        "date=ge2020-02-03&date=lt2020-02-04",
        "date=sa2020-02-02",
        "date=eb2020-02-04",
        "date=ne2019",
        "value-concept:missing=true",
        "code:missing=false",
    ] {
        assert!(matches("Observation", HEART_RATE, yes), "{yes}");
    }
    for no in [
        "_id=7",
        "code=|8867-4",
        "code=other|8867-4",
        "code:not=8867-4",
        "component-code=8867-4",
        "category=vital-signs&status=amended",
        "identifier=A",
        "patient=8",
        "performer=2",
        "_lastUpdated=gt2021",
        "date=2020-02-03T10:30",
        "date=lt2020-02-03",
        "date=gt2020-02-03",
        "code:missing=true",
    ] {
        assert!(!matches("Observation", HEART_RATE, no), "{no}");
    }
}

#[test]
fn patients_are_found_by_their_names_and_dates() {
    for yes in [
        "name=mül",
        "name=maria",
        "family=MÜLLER",
        "given:exact=Anna",
        "given:contains=ari",
        "gender=female",
        "active=true",
        "birthdate=1970",
        "birthdate=ge1970-05-01",
        "telecom=+49 1",
    ] {
        assert!(matches("Patient", PATIENT, yes), "{yes}");
    }
    for no in ["given:exact=anna", "name=ller", "birthdate=1970-05-04", "death-date=2020"] {
        assert!(!matches("Patient", PATIENT, no), "{no}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_its_code() {
    let long = format!("code={}", "x".repeat(9000));
    let many = format!("code={}", ["x"; 65].join(","));
    for (text, code) in [
        ("nonsense=1", "fhir.unknown_parameter"),
        ("subject.name=x", "fhir.unknown_parameter"),
        ("_revinclude=Observation:subject", "fhir.unknown_parameter"),
        ("_sort=nonsense", "fhir.unknown_parameter"),
        ("code:in=x", "fhir.unsupported_modifier"),
        ("date:exact=2020", "fhir.unsupported_modifier"),
        ("subject:Nothing=7", "fhir.unsupported_modifier"),
        ("code=", "fhir.bad_value"),
        ("code=a|b|c", "fhir.bad_value"),
        ("code=|", "fhir.bad_value"),
        ("date=yesterday", "fhir.bad_value"),
        ("date=ap2020", "fhir.bad_value"),
        ("date=2020-13", "fhir.bad_value"),
        ("patient=Group/7", "fhir.bad_value"),
        ("code:missing=perhaps", "fhir.bad_value"),
        ("_count=-1", "fhir.bad_value"),
        ("_summary=true", "fhir.bad_value"),
        ("_include=Patient:name", "fhir.bad_value"),
        ("_include=Observation:code", "fhir.bad_value"),
        (&long, "fhir.search_too_long"),
        (&many, "fhir.search_too_long"),
    ] {
        assert_eq!(query("Observation", text).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn a_lenient_search_leaves_out_what_is_not_known_and_nothing_else() {
    let pairs = [("nonsense", "1"), ("code", "8867-4")];
    let kind = "Observation".parse().unwrap();

    let query = Query::parse(kind, pairs, Handling::Lenient).unwrap();
    let bad = Query::parse(kind, [("date", "x")], Handling::Lenient).unwrap_err();

    assert_eq!(query.understood, [("code".to_owned(), "8867-4".to_owned())]);
    assert_eq!(bad.code(), "fhir.bad_value");
}

#[test]
fn pages_and_counts_are_bounded() {
    assert_eq!(query("Patient", "_count=100000").unwrap().count, COUNT_MAX);
    assert!(query("Patient", "_count=0").unwrap().count_only);
    assert!(query("Patient", "_summary=count").unwrap().count_only);
}

#[test]
fn a_search_names_its_patients_where_it_can() {
    assert_eq!(
        query("Observation", "patient=7,Patient/8").unwrap().patients(),
        Some(vec!["7", "8"])
    );
    assert_eq!(query("Observation", "subject=Group/7").unwrap().patients(), Some(vec![]));
    assert_eq!(query("Patient", "_id=7").unwrap().patients(), Some(vec!["7"]));
    assert_eq!(query("Observation", "_id=7").unwrap().patients(), None);
    assert_eq!(query("Observation", "subject:missing=false").unwrap().patients(), None);
}

#[test]
fn the_order_is_by_the_keys_and_what_has_none_comes_last() {
    let dated = |date: &str| {
        found("Condition", &format!(r#"{{"resourceType":"Condition","recordedDate":"{date}"}}"#))
    };
    let (old, new, none) = (dated("2001"), dated("2020-05"), dated(""));
    let up = query("Condition", "_sort=recorded-date").unwrap();
    let down = query("Condition", "_sort=-recorded-date").unwrap();

    assert!(up.compare(&old, &new).is_lt() && down.compare(&old, &new).is_gt());
    assert!(up.compare(&new, &none).is_lt() && down.compare(&new, &none).is_lt());
}

#[test]
fn references_are_those_of_here_where_they_are_known() {
    let found = found("Observation", HEART_RATE);
    let subject = query("Observation", "_include=Observation:subject").unwrap().includes[0];

    assert_eq!(found.references(subject.parameter).collect::<Vec<_>>(), ["Patient/7"]);
    assert!(found.references(None).any(|reference| reference == "Encounter/e"));
}

#[test]
fn times_are_spans_with_their_zone() {
    let day = Span::parse("1970-01-02").unwrap();
    let second = Span::parse("1970-01-01T01:00:00+01:00").unwrap();
    let milli = Span::parse("1970-01-01T00:00:01.25Z").unwrap();

    assert_eq!((day.first, day.last), (86_400_000, 2 * 86_400_000 - 1));
    assert_eq!((second.first, second.last), (0, 999));
    assert_eq!((milli.first, milli.last), (1250, 1250));
    for bad in ["", "2020-02-30", "2020T10:00", "2020-01-01T25:00", "2020-01-01T10", "x"] {
        assert_eq!(Span::parse(bad), None, "{bad}");
    }
    assert_eq!(instant(1_600_000_000_123), "2020-09-13T12:26:40.123Z");
}

proptest! {
    #[test]
    fn no_text_breaks_what_reads_it(text in "\\PC{0,64}|[\\[\\]{}\",:\\\\aéT0-9Z+.|-]{0,64}") {
        for name in ["date", "code", "subject", "code:not", "_sort", "_include", "_count", &text] {
            let kind = "Observation".parse().unwrap();
            let _ = Query::parse(kind, [(name, text.as_str())], Handling::Strict);
        }
        let _ = (Span::parse(&text), json::items(&text), json::member(&text, "a"));
        let _ = Rewrite { id: "7", version: Some((1, 1)) }.apply(&text, |_| None);
    }
}
