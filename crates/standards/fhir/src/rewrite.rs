//! Writes a resource as the REST interface shows it: with the vault's ids, and everything else as it
//! stands.
//!
//! JSON is not parsed and printed, because that would change numbers (FHIR tells 1.0 from 1.00). Only
//! `id`, `meta.versionId`, `meta.lastUpdated` and the text of references are exchanged.

use crate::{
    json::{Member, blank, members, string, string_end},
    labels::{ACT_CODE, CONFIDENTIALITY, Labels},
    search::instant,
};
use std::fmt::Write as _;

/// What is exchanged.
#[derive(Clone, Copy, Debug)]
pub struct Rewrite<'r> {
    /// The logical id.
    pub id: &'r str,
    /// The version, and when it was anchored in milliseconds since 1970; `meta` stays as it is for
    /// none.
    pub version: Option<(u32, u64)>,
}

impl Rewrite<'_> {
    /// The resource with its ids exchanged. `resolve` says what a reference is called here; what it
    /// does not know stays. None if the text is not an object: what is sealed here always is one.
    pub fn apply(
        self,
        text: &str,
        mut resolve: impl FnMut(&str) -> Option<String>,
    ) -> Option<String> {
        let text = text.trim();
        let top = members(text)?;
        let mut out = String::with_capacity(text.len() + 160);
        out.push('{');
        let member = |name: &str| top.iter().find(|one| one.name == name);
        if let Some(resource_type) = member("resourceType") {
            out.push_str("\"resourceType\":");
            out.push_str(&text[resource_type.value.clone()]);
            out.push(',');
        }
        out.push_str("\"id\":\"");
        out.push_str(self.id);
        out.push('"');
        if let Some((version, anchored_ms)) = self.version {
            let at = instant(anchored_ms);
            // Writing to text cannot fail.
            let _ = write!(out, ",\"meta\":{{\"versionId\":\"{version}\",\"lastUpdated\":\"{at}\"");
            let meta = member("meta").map_or("{}", |meta| &text[meta.value.clone()]);
            for one in members(meta).unwrap_or_default() {
                if !matches!(&*one.name, "versionId" | "lastUpdated") {
                    out.push(',');
                    push_member(&mut out, meta, &one, &mut resolve);
                }
            }
            out.push('}');
        }
        for one in &top {
            let exchanged = matches!(&*one.name, "resourceType" | "id")
                || one.name == "meta" && self.version.is_some();
            if !exchanged {
                out.push(',');
                push_member(&mut out, text, one, &mut resolve);
            }
        }
        out.push('}');
        Some(out)
    }
}

/// The resource with these labels in `meta.security`, in place of those that stand there. None if the
/// text is not an object.
pub fn with_security(text: &str, labels: &Labels) -> Option<String> {
    let text = text.trim();
    let top = members(text)?;
    let security = security(labels);
    let mut parts = Vec::with_capacity(top.len() + 1);
    let mut placed = false;
    for one in &top {
        if one.name != "meta" {
            parts.push(text[one.whole.clone()].to_owned());
            continue;
        }
        placed = true;
        let meta = &text[one.value.clone()];
        let mut inner: Vec<String> = members(meta)
            .unwrap_or_default()
            .iter()
            .filter(|one| one.name != "security")
            .map(|one| meta[one.whole.clone()].to_owned())
            .collect();
        inner.push(format!("\"security\":{security}"));
        parts.push(format!("\"meta\":{{{}}}", inner.join(",")));
    }
    if !placed {
        parts.push(format!("\"meta\":{{\"security\":{security}}}"));
    }
    Some(format!("{{{}}}", parts.join(",")))
}

/// Labels as a list of codings.
fn security(labels: &Labels) -> serde_json::Value {
    let coding = |system: &str, code: &str| serde_json::json!({ "system": system, "code": code });
    let level = labels.confidentiality.map(|level| coding(CONFIDENTIALITY, level.code()));
    let reasons = labels.sensitivities.codes().map(|code| coding(ACT_CODE, code));
    let others = labels.others.iter().map(|one| coding(&one.system, &one.code));
    level.into_iter().chain(reasons).chain(others).collect()
}

fn push_member(
    out: &mut String,
    text: &str,
    member: &Member<'_>,
    resolve: &mut dyn FnMut(&str) -> Option<String>,
) {
    copy(out, &text[member.whole.clone()], resolve);
}

/// Copies JSON text and exchanges what stands under a member called `reference`.
fn copy(out: &mut String, text: &str, resolve: &mut dyn FnMut(&str) -> Option<String>) {
    let bytes = text.as_bytes();
    let mut refers = false;
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if *byte != b'"' {
            refers &= matches!(byte, b':' | b' ' | b'\t' | b'\r' | b'\n');
            at += 1;
            continue;
        }
        let Some(end) = string_end(bytes, at) else { break };
        if bytes.get(blank(bytes, end)) == Some(&b':') {
            refers = &text[at..end] == "\"reference\"";
        } else {
            if refers
                && let Some(reference) = string(&text[at..end])
                && let Some(named) = resolve(&reference)
            {
                out.push_str(&text[copied..at]);
                // Printing a string cannot fail.
                out.push_str(&serde_json::to_string(&named).unwrap_or_default());
                copied = end;
            }
            refers = false;
        }
        at = end;
    }
    out.push_str(&text[copied..]);
}

#[cfg(test)]
mod tests {
    use super::Rewrite;

    fn named(reference: &str) -> Option<String> {
        (reference == "urn:uuid:p").then(|| "Patient/42".to_owned())
    }

    #[test]
    fn ids_and_references_are_exchanged_and_numbers_stay_as_they_are() {
        let text = r#" {"id" : "old", "resourceType":"Observation",
            "meta": {"versionId":"9", "tag":[{"code":"x"}]},
            "subject": {"reference" : "urn:uuid:p", "display":"urn:uuid:p"},
            "performer":[{"reference":"Practitioner/1"}], "valueQuantity":{"value": 1.00}} "#;

        let rewrite = Rewrite { id: "7", version: Some((3, 1_000)) };
        let shown = rewrite.apply(text, named).unwrap();

        assert!(shown.starts_with(
            r#"{"resourceType":"Observation","id":"7","meta":{"versionId":"3","lastUpdated":"1970-01-01T00:00:01.000Z","tag":[{"code":"x"}]},"#
        ));
        assert!(shown.contains(r#""reference" : "Patient/42", "display":"urn:uuid:p""#));
        assert!(shown.contains(r#""reference":"Practitioner/1""#));
        assert!(shown.contains(r#""value": 1.00"#));
        assert_eq!(shown.matches("\"id\"").count(), 1);
        assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok());
    }

    #[test]
    fn labels_take_the_place_of_those_that_stand_there_and_all_else_stays() {
        let mut labels = super::Labels::default();
        labels.add(super::CONFIDENTIALITY, "R");
        labels.add(super::ACT_CODE, "HIV");
        let text =
            r#"{"resourceType":"Basic","meta":{"tag":[1.0],"security":[{"code":"old"}]},"n":1.00}"#;

        let shown = super::with_security(text, &labels).unwrap();

        assert!(!shown.contains("old"));
        assert!(shown.contains("\"tag\":[1.0]") && shown.ends_with("\"n\":1.00}"));
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let codes = value["meta"]["security"].as_array().unwrap().iter();
        let codes: Vec<_> = codes.map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["R", "HIV"]);
        assert!(super::with_security(r#"{"a":1}"#, &labels).unwrap().contains("security"));
        assert!(super::with_security("[]", &labels).is_none());
    }

    #[test]
    fn an_id_is_put_in_where_there_is_none_and_meta_stays() {
        let rewrite = Rewrite { id: "7", version: None };

        let shown = rewrite.apply(r#"{"resourceType":"Basic","meta":{"versionId":"9"}}"#, named);

        let expected = r#"{"resourceType":"Basic","id":"7","meta":{"versionId":"9"}}"#;
        assert_eq!(shown.as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_object_is_not_rewritten() {
        let rewrite = Rewrite { id: "7", version: None };

        for text in ["", "[]", "{", "{\"a\"}", "{\"a\":1", "\"x\"", "{\"a\":\"\\"] {
            assert_eq!(rewrite.apply(text, named), None, "{text}");
        }
    }
}
