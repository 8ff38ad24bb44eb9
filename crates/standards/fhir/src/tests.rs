//! Bundles real, broken and hostile: what comes out, and what is refused with which code.

use crate::{
    BundlePatients, BundleReader, DaySpan, Entry, FhirError, Limits, PatientReader, ResourceType,
};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write as _},
};

fn read(bytes: &[u8]) -> Result<Vec<Entry>, FhirError> {
    BundleReader::new(bytes, Limits::default())?.collect()
}

fn code(bytes: &[u8]) -> &'static str {
    read(bytes).unwrap_err().code()
}

fn bundle(entries: &[&str]) -> Vec<u8> {
    let entries = entries.join(" ,\n ");
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{entries}]}}"#).into_bytes()
}

fn entry(resource: &str) -> Vec<u8> {
    bundle(&[&format!(r#"{{"resource": {resource} }}"#)])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A source that gives one byte at a time, so that every boundary is crossed.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
        buffer[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

const ODD: &str = r#"{ "id":"a-1",  "resourceType" : "Observation",
  "valueDecimal":1.00, "note":"\u00e9 \" } ] \\", "x":[{},[ ]], "effectiveDateTime":"2011-03" }"#;

#[test]
fn bytes_of_a_resource_are_those_of_the_input() {
    let bytes = entry(ODD);

    let entries = read(&bytes).unwrap();

    assert_eq!(entries[0].bytes, ODD.as_bytes());
    let offset = usize::try_from(entries[0].at.offset).unwrap();
    assert_eq!(&bytes[offset..offset + ODD.len()], ODD.as_bytes());
    assert_eq!(entries[0].source(), "Observation/a-1");
    assert_eq!(entries[0].view.dates, DaySpan::from_fhir("2011-03"));
}

#[test]
fn gzip_and_byte_order_mark_and_slow_sources_change_nothing() {
    let bytes = entry(ODD);
    let whole = read(&bytes).unwrap();

    assert_eq!(read(&gzip(&bytes)).unwrap(), whole);
    let drip: Result<Vec<Entry>, FhirError> =
        BundleReader::new(Drip(&bytes), Limits::default()).unwrap().collect();
    assert_eq!(drip.unwrap(), whole);
    let marked = [b"\xef\xbb\xbf".as_slice(), &bytes].concat();
    assert_eq!(read(&marked).unwrap()[0].bytes, whole[0].bytes);
}

#[test]
fn what_is_no_bundle_is_refused_with_its_code() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "fhir.not_json"),
        (b"   ", "fhir.not_json"),
        (b"<Bundle/>", "fhir.not_json"),
        (b"PK\x03\x04....", "fhir.not_json"),
        (b"hello world", "fhir.not_json"),
        (b"[]", "fhir.not_a_bundle"),
        (b"{}", "fhir.not_a_bundle"),
        (br#"{"resourceType":"Patient"}"#, "fhir.not_a_bundle"),
        (br#"{"resourceType":"Bundle"}"#, "fhir.not_a_bundle"),
        (br#"{"resourceType":"Bundle","type":"history"}"#, "fhir.not_a_bundle"),
        (br#"{"resourceType":"Bundle","type":"batch-response"}"#, "fhir.not_a_bundle"),
        (br#"{"resourceType":"Bundle","type":"collection"} x"#, "fhir.not_json"),
        (br#"{"resourceType":"Bundle","type":"collection""#, "fhir.truncated"),
        (b"\xff\xfe{\0}\0", "fhir.wrong_encoding"),
        (b"{\0\"\0", "fhir.wrong_encoding"),
        (b"\x1f\x8b\x08\x00garbage that is no deflate", "fhir.bad_gzip"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(code(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn what_is_wrong_in_an_entry_is_refused_with_its_code_and_number() {
    let cases = [
        (r#"{"id":"a"}"#, "fhir.not_fhir"),
        (r#"{"resourceType":"Wizard","id":"a"}"#, "fhir.not_fhir"),
        (r#"{"resourceType":"Patient"}"#, "fhir.not_fhir"),
        (r#"{"resourceType":"Patient","id":"a b"}"#, "fhir.not_fhir"),
        (r#"{"resourceType":"Patient","id":7}"#, "fhir.not_fhir"),
        (r#"{"resourceType":"Patient","id":"a","id":"b"}"#, "fhir.not_fhir"),
        (r#""Patient""#, "fhir.not_fhir"),
        (r#"{"resourceType":"Patient","id":"a",}"#, "fhir.not_json"),
        (r#"{"resourceType":"Patient","id":"a","x":[1}}"#, "fhir.not_json"),
    ];
    for (resource, expected) in cases {
        let error = read(&entry(resource)).unwrap_err();
        assert_eq!((error.code(), error.position().entry), (expected, Some(1)), "{resource}");
    }
    assert_eq!(code(&bundle(&[r#"{"fullUrl":"urn:uuid:1"}"#])), "fhir.not_fhir");
}

#[test]
fn latin_1_is_told_from_utf_8_with_its_place() {
    let mut bytes = entry(r#"{"resourceType":"Patient","id":"a","name":"M?ller"}"#);
    let place = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[place] = 0xfc;

    let error = read(&bytes).unwrap_err();

    assert_eq!(error.code(), "fhir.wrong_encoding");
    assert_eq!(error.position().offset, place as u64);
}

#[test]
fn a_urn_reference_must_name_an_entry_and_may_come_before_it() {
    let refers = r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Observation","performer":[{"reference":"urn:uuid:2"}]}}"#;
    let named = r#"{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Practitioner"}}"#;

    assert_eq!(read(&bundle(&[refers, named])).unwrap().len(), 2);
    assert_eq!(read(&bundle(&[named, refers])).unwrap().len(), 2);
    let error = read(&bundle(&[refers])).unwrap_err();
    assert_eq!((error.code(), error.position().entry), ("fhir.broken_reference", Some(1)));
}

#[test]
fn two_entries_that_are_one_resource_are_refused() {
    let one = r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"a"}}"#;
    let same_url = r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"b"}}"#;
    let same_id = r#"{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","id":"a"}}"#;

    assert_eq!(code(&bundle(&[one, same_url])), "fhir.duplicate_entry");
    assert_eq!(code(&bundle(&[one, same_id])), "fhir.duplicate_entry");
}

#[test]
fn bounds_are_kept() {
    let with = |bytes: &[u8], limits: Limits| -> &'static str {
        let read: Result<Vec<Entry>, _> = BundleReader::new(bytes, limits).unwrap().collect();
        read.unwrap_err().code()
    };
    let usual = Limits::default();
    let nested = format!(
        r#"{{"resourceType":"Patient","id":"a","x":{}{}}}"#,
        "[".repeat(64),
        "]".repeat(64)
    );
    let many = bundle(&[r#"{"resource":{"resourceType":"Patient","id":"a"}}"#; 3]);

    assert_eq!(code(&entry(&nested)), "fhir.too_deep");
    assert_eq!(with(&many, Limits { entries_max: 0, ..usual }), "fhir.too_large");
    assert_eq!(with(&entry(ODD), Limits { entry_bytes_max: 50, ..usual }), "fhir.too_large");
    assert_eq!(with(&entry(ODD), Limits { bundle_bytes_max: 50, ..usual }), "fhir.too_large");
    let bomb = gzip(&vec![b' '; 80 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(code(&bomb), "fhir.too_large");
}

#[test]
fn a_truncated_gzip_is_truncated() {
    let bytes = gzip(&entry(ODD));

    assert_eq!(code(&bytes[..bytes.len() / 2]), "fhir.truncated");
}

fn owners(entries: &[&str], known: BundlePatients) -> Result<Vec<(usize, String)>, FhirError> {
    let bytes = bundle(entries);
    PatientReader::new(BundleReader::new(&bytes[..], Limits::default())?, known)
        .map(|entry| entry.map(|entry| (entry.patient, entry.entry.source())))
        .collect()
}

const ANNA: &str = r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"anna"}}"#;
const BERT: &str = r#"{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","id":"bert"}}"#;
const OF_ANNA: &str =
    r#"{"resource":{"resourceType":"Observation","id":"x","subject":{"reference":"urn:uuid:1"}}}"#;
const OF_BERT: &str =
    r#"{"resource":{"resourceType":"Claim","id":"y","patient":{"reference":"Patient/bert"}}}"#;
const OF_NOBODY: &str = r#"{"resource":{"resourceType":"Organization","id":"z"}}"#;

#[test]
fn each_entry_is_given_to_its_patient_in_whatever_order() {
    let own = BundlePatients::Own;
    let name = |patient: usize, source: &str| (patient, source.to_owned());

    assert_eq!(
        owners(&[OF_ANNA, ANNA, BERT, OF_BERT], own).unwrap(),
        [
            name(0, "Patient/anna"),
            name(0, "Observation/x"),
            name(1, "Patient/bert"),
            name(1, "Claim/y")
        ]
    );
    assert_eq!(
        owners(&[OF_NOBODY, ANNA], own).unwrap(),
        [name(0, "Patient/anna"), name(0, "Organization/z")]
    );
    assert_eq!(
        owners(&[OF_BERT, OF_NOBODY], BundlePatients::OneKnown).unwrap(),
        [name(0, "Claim/y"), name(0, "Organization/z")]
    );
}

#[test]
fn an_entry_that_cannot_be_given_to_one_patient_is_refused() {
    let own = |entries: &[&str]| owners(entries, BundlePatients::Own).unwrap_err().code();

    assert_eq!(own(&[OF_NOBODY]), "fhir.no_patient");
    assert_eq!(own(&[ANNA, OF_BERT]), "fhir.no_patient");
    assert_eq!(own(&[ANNA, BERT, OF_NOBODY]), "fhir.ambiguous_patient");
    assert_eq!(own(&[ANNA, OF_NOBODY, BERT]), "fhir.ambiguous_patient");
}

#[test]
fn dates_name_days_months_and_years() {
    let span = |text: &str| {
        DaySpan::from_fhir(text).map(|span| (span.first.to_string(), span.last.to_string()))
    };
    let both = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));

    assert_eq!(span("2020"), both("2020-01-01", "2020-12-31"));
    assert_eq!(span("2020-02"), both("2020-02-01", "2020-02-29"));
    assert_eq!(span("1969-12-31T23:59:59-05:00"), both("1969-12-31", "1969-12-31"));
    for wrong in ["", "20", "2021-13", "2021-02-29", "2021-02-03-04", "abcd", "0000"] {
        assert_eq!(span(wrong), None, "{wrong}");
    }
}

#[test]
fn every_resource_type_has_a_name_that_is_its_own() {
    let names: std::collections::BTreeSet<&str> =
        ResourceType::all().map(ResourceType::name).collect();

    assert_eq!(names.len(), ResourceType::all().count());
    assert!("Bundles".parse::<ResourceType>().is_err());
}

/// Counted with another program: 9,932 resources in 40 bundles of 35,533,236 bytes.
#[test]
fn synthea_bundles_hold_what_another_program_counted() {
    let Some(folder) = salus_testdata::folder("records/synthea") else { return };
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json.gz"))
        .collect();
    names.sort();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut resources, mut bytes) = (0, 0);
    for name in &names {
        let packed = salus_testdata::read(&folder, name);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
        let bundle = BundleReader::new(Cursor::new(packed), Limits::default()).unwrap();
        for entry in PatientReader::new(bundle, BundlePatients::Own) {
            let entry = entry.unwrap();
            assert_eq!(entry.patient, 0);
            let entry = entry.entry;
            let offset = usize::try_from(entry.at.offset).unwrap();
            assert_eq!(&plain[offset..offset + entry.bytes.len()], &entry.bytes[..]);
            *counts.entry(entry.view.resource_type.name()).or_default() += 1;
            resources += 1;
        }
        bytes += plain.len();
    }

    assert_eq!((names.len(), resources, bytes), (40, 9932, 35_533_236));
    let expected = [
        ("AllergyIntolerance", 11),
        ("CarePlan", 91),
        ("Claim", 1036),
        ("Condition", 239),
        ("DiagnosticReport", 342),
        ("Encounter", 803),
        ("ExplanationOfBenefit", 803),
        ("Goal", 59),
        ("ImagingStudy", 29),
        ("Immunization", 522),
        ("MedicationRequest", 233),
        ("Observation", 5178),
        ("Organization", 56),
        ("Patient", 40),
        ("Practitioner", 56),
        ("Procedure", 434),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_change_of_a_byte_is_answered_without_a_panic(place in 0_usize..300, byte in any::<u8>()) {
        let mut bytes = bundle(&[ANNA, OF_ANNA, OF_NOBODY]);
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = read(&bytes);
    }

    #[test]
    fn resources_come_out_as_they_went_in(texts in proptest::collection::vec("[ -~]{0,40}", 1..8)) {
        let resources: Vec<String> = texts
            .iter()
            .enumerate()
            .map(|(id, text)| format!(
                r#"{{"resourceType": "Observation", "id": "{id}", "note": {}  }}"#,
                serde_json::to_string(text).unwrap()
            ))
            .collect();
        let entries: Vec<String> =
            resources.iter().map(|resource| format!(r#"{{"resource":{resource}}}"#)).collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();

        let read = read(&bundle(&entries)).unwrap();

        let out: Vec<String> =
            read.into_iter().map(|entry| String::from_utf8(entry.bytes).unwrap()).collect();
        prop_assert_eq!(out, resources);
    }
}
