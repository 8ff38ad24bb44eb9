//! Documents as resources: nothing is lost on the way, and bounds are kept.

use super::{
    DOCUMENT_BYTES_MAX, Document, DocumentError, check_size, linked, linked::INLINE_BYTES_MAX,
};
use crate::{ResourceView, labels::Facts};
use proptest::prelude::*;
use serde_json::{Value, json};

fn letter(content: Vec<u8>) -> Document {
    Document {
        title: Some("Arztbrief \"Ä\" \\".to_owned()),
        media_type: Some("application/pdf".to_owned()),
        kind: Some("18842-5".parse().unwrap()),
        author: Some("Dr. Berg".to_owned()),
        date: Some("2026-11-21".to_owned()),
        file_name: Some("brief.pdf".to_owned()),
        secret: Some([7; 32]),
        content,
    }
}

proptest! {
    #[test]
    fn any_bytes_come_back_exactly(content in proptest::collection::vec(any::<u8>(), 1..4096)) {
        let document = letter(content);

        let text = document.to_resource("p");

        let found = Document::of_resource(text.as_bytes()).unwrap();
        let date = Some("2026-11-21T00:00:00Z".to_owned());
        let expected = Document { date, ..document };
        prop_assert!(found == expected);
    }
}

#[test]
fn a_document_is_a_resource_of_its_patient_with_its_day_and_kind() {
    let text = letter(vec![1]).to_resource("p1");

    let view = ResourceView::of(&text).unwrap();
    assert_eq!(view.resource_type.name(), "DocumentReference");
    assert_eq!(view.patient.as_deref(), Some("Patient/p1"));
    assert_eq!(view.dates.unwrap().first.to_string(), "2026-11-21");
    Facts::read(text.as_bytes()).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["type"]["coding"][0]["system"], "http://loinc.org");
    assert_eq!(value["content"][0]["attachment"]["size"], 1);
}

#[test]
fn the_next_version_keeps_what_it_does_not_change() {
    let before = json!({
        "resourceType": "DocumentReference", "id": "old", "status": "superseded",
        "meta": { "security": [{ "code": "R" }] }, "docStatus": "final",
        "extension": [{ "url": "urn:other", "valueString": "x" }],
        "content": [{ "attachment": { "data": "AQ==", "contentType": "text/plain" } }],
    });
    let changes = Document { secret: Some([1; 32]), content: vec![2], ..Document::default() };

    let next = changes.to_next_version(before.to_string().as_bytes(), "7").unwrap();

    let value: Value = serde_json::from_str(&next).unwrap();
    assert_eq!((&value["id"], &value["docStatus"]), (&json!("7"), &json!("final")));
    assert_eq!(value["meta"], before["meta"]);
    assert_eq!(value["extension"].as_array().unwrap().len(), 2);
    let again = Document::of_resource(next.as_bytes()).unwrap();
    assert_eq!(again.content, [2]);
    assert_eq!(again.media_type.as_deref(), Some("text/plain"));
    let changes = Document { secret: Some([2; 32]), ..Document::default() };
    let kept = changes.to_next_version(next.as_bytes(), "7").unwrap();
    let kept = Document::of_resource(kept.as_bytes()).unwrap();
    assert_eq!(kept.secret, Some([1; 32]), "the secret is the same for all versions");
}

#[test]
fn what_a_system_has_said_of_a_document_is_not_reduced_to_what_is_known_here() {
    let before = json!({
        "resourceType": "DocumentReference", "id": "7", "status": "current", "date": "2020",
        "author": [{ "reference": "Practitioner/9" }, { "reference": "Practitioner/10" }],
        "type": { "text": "Letter", "coding": [{ "system": "urn:a", "code": "1" }, { "code": "2" }] },
        "content": [
            { "attachment": { "url": "http://example.org/a" } },
            { "attachment": { "data": "AQ==", "hash": "xyz", "language": "de" }, "format": { "code": "f" } },
            { "attachment": { "data": "Ag==" } },
        ],
    });
    let titled = Document { title: Some("Letter".to_owned()), ..Document::default() };

    let next = titled.to_next_version(before.to_string().as_bytes(), "7").unwrap();

    let mut value: Value = serde_json::from_str(&next).unwrap();
    assert_eq!(value.as_object_mut().unwrap().remove("description"), Some(json!("Letter")));
    assert_eq!(value, before);
    let other = Document { content: vec![3], ..Document::default() };
    let next = other.to_next_version(before.to_string().as_bytes(), "7").unwrap();
    let value: Value = serde_json::from_str(&next).unwrap();
    let attachment = json!({ "data": "Aw==", "size": 1, "language": "de" });
    assert_eq!(value["content"][1], json!({ "attachment": attachment, "format": { "code": "f" } }));
    assert_eq!(
        (&value["content"][0], &value["content"][2]),
        (&before["content"][0], &before["content"][2])
    );
}

#[test]
fn what_is_no_secret_gives_way_to_one() {
    let url = "urn:salus:document-secret";
    let before = json!({
        "resourceType": "DocumentReference", "id": "7", "status": "current",
        "extension": [{ "url": url, "valueBase64Binary": "AQ==" }, { "url": "urn:other" }],
        "content": [{ "attachment": { "data": "AQ==" } }],
    });
    let changes = Document { secret: Some([1; 32]), ..Document::default() };

    let next = changes.to_next_version(before.to_string().as_bytes(), "7").unwrap();

    assert_eq!(Document::of_resource(next.as_bytes()).unwrap().secret, Some([1; 32]));
    let value: Value = serde_json::from_str(&next).unwrap();
    let extensions = value["extension"].as_array().unwrap();
    assert_eq!((extensions.len(), &extensions[0]), (2, &json!({ "url": "urn:other" })));
}

#[test]
fn bounds_have_their_codes() {
    let code = |document: Document| document.check().unwrap_err().code();
    let good = || letter(vec![1]);
    let some = |text: &str| Some(text.to_owned());

    good().check().unwrap();
    letter(vec![0; DOCUMENT_BYTES_MAX]).check().unwrap();
    assert_eq!(code(letter(Vec::new())), "document.empty");
    assert_eq!(code(letter(vec![0; DOCUMENT_BYTES_MAX + 1])), "document.too_large");
    assert_eq!(check_size(u64::MAX).unwrap_err().code(), "document.too_large");
    for wrong in [
        Document { title: some(""), ..good() },
        Document { title: some("two\nlines"), ..good() },
        Document { author: some(&"x".repeat(501)), ..good() },
        Document { media_type: some("pdf"), ..good() },
        Document { media_type: some("text/plain; charset=x"), ..good() },
        Document { date: some("2026-11"), ..good() },
        Document { date: some("2026-02-30"), ..good() },
        Document { date: some("2026-11-21T10:00:00"), ..good() },
        Document { file_name: some("../passwd"), ..good() },
    ] {
        assert_eq!(code(wrong), "document.metadata");
    }
    for date in ["2026-11-21T10:00:00Z", "2026-11-21T10:00:00.5+01:00"] {
        Document { date: some(date), ..good() }.check().unwrap();
    }
    for kind in ["", "|", "a|", "a b", "http://x|"] {
        let error = kind.parse::<super::DocumentKind>().unwrap_err();
        assert_eq!(error.code(), "document.metadata", "{kind}");
    }
}

#[test]
fn what_is_no_document_is_told() {
    let data = |data: Value| json!({ "resourceType": "DocumentReference", "content": [{ "attachment": data }] });
    for (text, error) in [
        (json!({ "resourceType": "Patient" }), DocumentError::NotOne),
        (json!([]), DocumentError::NotOne),
        (data(json!({ "url": "http://elsewhere" })), DocumentError::NotOne),
        (data(json!({ "data": "???" })), DocumentError::Encoding),
    ] {
        assert_eq!(Document::of_resource(text.to_string().as_bytes()), Err(error));
    }
    let spaced = data(json!({ "data": "AQ\n ID" })).to_string();
    assert_eq!(Document::of_resource(spaced.as_bytes()).unwrap().content, [1, 2, 3]);
}

#[test]
fn many_bytes_are_shown_as_a_link_and_all_else_stays() {
    let small = letter(vec![1; 100]).to_resource("p");
    let large = letter(vec![1; INLINE_BYTES_MAX]).to_resource("p");

    let shown = linked(&large, "7").unwrap();

    assert_eq!(linked(&small, "7"), None);
    assert_eq!(linked(&shown, "7"), None);
    assert!(shown.len() < 1_000);
    let [mut shown, mut large]: [Value; 2] =
        [&shown, &large].map(|text| serde_json::from_str(text).unwrap());
    let attachment = shown["content"][0]["attachment"].as_object_mut().unwrap();
    assert_eq!(attachment.remove("url"), Some(json!("Binary/7")));
    large["content"][0]["attachment"].as_object_mut().unwrap().remove("data");
    assert_eq!(shown, large);
    for odd in ["", "[]", "{}", r#"{"content":{}}"#, r#"{"content":[1]}"#] {
        assert_eq!(linked(&format!("{odd}{}", " ".repeat(INLINE_BYTES_MAX)), "7"), None);
    }
}
