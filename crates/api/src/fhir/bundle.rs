//! Bundles that are answered: resources go in as they are, not parsed and printed.

use super::answer::{base, etag, location};
use crate::state::Shared;
use salus_fhir::{rest::Resource, search::instant};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A bundle that is being written.
pub(super) struct Bundle {
    text: String,
    entries: usize,
}

impl Bundle {
    /// A bundle of a type, with its links.
    pub(super) fn new(kind: &str, total: Option<u64>, links: &[(&str, String)]) -> Self {
        let mut text = format!(r#"{{"resourceType":"Bundle","type":"{kind}""#);
        if let Some(total) = total {
            let _ = write!(text, r#","total":{total}"#);
        }
        let links: Vec<Value> = links
            .iter()
            .map(|(relation, url)| json!({ "relation": relation, "url": url }))
            .collect();
        if !links.is_empty() {
            let _ = write!(text, r#","link":{}"#, Value::from(links));
        }
        Self { text, entries: 0 }
    }

    fn begin(&mut self) {
        self.text.push_str(if self.entries == 0 { r#","entry":["# } else { "," });
        self.entries += 1;
    }

    /// A resource that was found: `mode` is `match` or `include`.
    pub(super) fn found(&mut self, shared: &Shared, resource: &Resource, mode: &str) {
        self.begin();
        let url = format!("{}/{}/{}", base(shared), resource.resource_type, resource.id);
        let text = &resource.text;
        let _ = write!(
            self.text,
            r#"{{"fullUrl":{},"resource":{text},"search":{{"mode":"{mode}"}}}}"#,
            Value::from(url)
        );
    }

    /// A version of a resource.
    pub(super) fn version(&mut self, shared: &Shared, resource: &Resource) {
        self.begin();
        let Resource { resource_type, id, version, text, .. } = resource;
        let method = if *version == 1 { "POST" } else { "PUT" };
        let request = json!({ "method": method, "url": format!("{resource_type}/{id}") });
        let response = json!({
            "status": if *version == 1 { "201" } else { "200" },
            "etag": etag(*version),
            "lastModified": instant(resource.last_updated_ms),
        });
        let url = Value::from(format!("{}/{resource_type}/{id}", base(shared)));
        let _ = write!(
            self.text,
            r#"{{"fullUrl":{url},"resource":{text},"request":{request},"response":{response}}}"#
        );
    }

    /// What became of an entry of a batch or transaction; `resource` is JSON.
    pub(super) fn done(
        &mut self,
        shared: &Shared,
        status: &str,
        version: Option<&Resource>,
        resource: Option<&str>,
    ) {
        self.begin();
        let mut response = json!({ "status": status });
        if let Some(version) = version {
            response["location"] = location(shared, version).into();
            response["etag"] = etag(version.version).into();
            response["lastModified"] = instant(version.last_updated_ms).into();
        }
        self.text.push('{');
        if let Some(resource) = resource {
            let _ = write!(self.text, r#""resource":{resource},"#);
        }
        let _ = write!(self.text, r#""response":{response}}}"#);
    }

    /// An entry that was refused.
    pub(super) fn refused(&mut self, status: u16, outcome: &Value) {
        self.begin();
        let response = json!({ "status": status.to_string(), "outcome": outcome });
        let _ = write!(self.text, r#"{{"response":{response}}}"#);
    }

    /// A resource whose text is made elsewhere, with its address.
    pub(super) fn made(&mut self, url: &str, resource: &str) {
        self.begin();
        let url = Value::from(url);
        let _ = write!(
            self.text,
            r#"{{"fullUrl":{url},"resource":{resource},"search":{{"mode":"match"}}}}"#
        );
    }

    /// The text of the bundle.
    pub(super) fn end(mut self) -> String {
        self.text.push_str(if self.entries == 0 { "}" } else { "]}" });
        self.text
    }
}
