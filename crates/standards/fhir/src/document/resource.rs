//! A document as the text of a resource, there and back.

use super::{Document, DocumentError, DocumentKind, from_base64, to_base64};
use crate::ResourceType;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The extension with the secret of a document.
const SECRET_URL: &str = "urn:salus:document-secret";

impl Document {
    /// The resource of a new document about the Patient with this logical id.
    pub fn to_resource(&self, patient: &str) -> String {
        let mut resource = Map::new();
        let mut put = |name: &str, value: Value| resource.insert(name.to_owned(), value);
        put("resourceType", ResourceType::DOCUMENT_REFERENCE.name().into());
        put("status", "current".into());
        put("subject", json!({ "reference": format!("Patient/{patient}") }));
        self.write_into(&mut resource);
        Value::Object(resource).to_string()
    }

    /// The next version of a resource, under this logical id: the document in place of what stands
    /// there. All else that the resource says stays.
    ///
    /// # Errors
    ///
    /// [`DocumentError::NotOne`]: the text is no `DocumentReference`.
    pub fn to_next_version(&self, text: &[u8], id: &str) -> Result<String, DocumentError> {
        let resource: Option<Map<String, Value>> = serde_json::from_slice(text).ok();
        let name = ResourceType::DOCUMENT_REFERENCE.name();
        let mut resource = resource
            .filter(|found| found.get("resourceType").is_some_and(|found| found == name))
            .ok_or(DocumentError::NotOne)?;
        resource.insert("id".to_owned(), id.into());
        self.write_into(&mut resource);
        Ok(Value::Object(resource).to_string())
    }

    fn write_into(&self, resource: &mut Map<String, Value>) {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let attachment = [
            ("contentType", text(&self.media_type)),
            ("data", Some(to_base64(&self.content).into())),
            ("size", Some(self.content.len().into())),
            ("title", text(&self.file_name)),
        ];
        let attachment: Map<String, Value> = given(attachment).collect();
        let fields = [
            ("description", text(&self.title)),
            ("type", self.kind.as_ref().map(DocumentKind::to_concept)),
            ("author", self.author.as_ref().map(|name| json!([{ "display": name }]))),
            ("date", self.date.as_deref().map(|date| instant_of(date).into())),
            ("content", Some(json!([{ "attachment": attachment }]))),
            ("extension", self.secret.map(|secret| extensions(resource, secret))),
        ];
        resource.extend(given(fields));
    }

    /// The document of a resource, with its bytes.
    ///
    /// # Errors
    ///
    /// [`DocumentError::NotOne`]: the text is no `DocumentReference`, or has no bytes in it;
    /// [`DocumentError::Encoding`]: what it has is not base 64.
    pub fn of_resource(text: &[u8]) -> Result<Self, DocumentError> {
        let found: Reference = serde_json::from_slice(text).map_err(|_| DocumentError::NotOne)?;
        if found.resource_type != ResourceType::DOCUMENT_REFERENCE.name() {
            return Err(DocumentError::NotOne);
        }
        let attachments = found.content.into_iter().map(|one| one.attachment);
        let attachment = attachments.into_iter().find(|one| one.data.is_some());
        let attachment = attachment.ok_or(DocumentError::NotOne)?;
        let secret = found.extension.iter().find(|one| one.url == SECRET_URL);
        let secret = secret.and_then(|one| from_base64(one.value_base64_binary.as_deref()?).ok());
        Ok(Self {
            title: found.description,
            media_type: attachment.content_type,
            kind: found.kind.as_ref().and_then(DocumentKind::of_concept),
            author: found.author.into_iter().find_map(|one| one.display.or(one.reference)),
            date: found.date,
            file_name: attachment.title,
            secret: secret.and_then(|secret| secret.try_into().ok()),
            content: from_base64(attachment.data.as_deref().unwrap_or_default())?,
        })
    }
}

/// The fields that are given.
fn given<const N: usize>(
    fields: [(&str, Option<Value>); N],
) -> impl Iterator<Item = (String, Value)> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))
}

/// A day as the moment with which it begins, as `DocumentReference.date` wants it.
fn instant_of(date: &str) -> String {
    if date.contains('T') { date.to_owned() } else { format!("{date}T00:00:00Z") }
}

/// The extensions of a resource with this secret in place of any that is there.
fn extensions(resource: &Map<String, Value>, secret: [u8; 32]) -> Value {
    let there = resource.get("extension").and_then(Value::as_array);
    let others = there.into_iter().flatten().filter(|one| one["url"] != SECRET_URL).cloned();
    let ours = json!({ "url": SECRET_URL, "valueBase64Binary": to_base64(&secret) });
    others.chain([ours]).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    resource_type: String,
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    date: Option<String>,
    #[serde(default)]
    author: Vec<Author>,
    #[serde(default)]
    content: Vec<Content>,
    #[serde(default)]
    extension: Vec<Extension>,
}

#[derive(Deserialize)]
struct Author {
    display: Option<String>,
    reference: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    attachment: Attachment,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    content_type: Option<String>,
    data: Option<String>,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    #[serde(default)]
    url: String,
    value_base64_binary: Option<String>,
}
