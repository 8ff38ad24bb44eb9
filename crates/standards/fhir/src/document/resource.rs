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
        let mut attachment = Map::new();
        self.write_attachment(&mut attachment);
        put("content", json!([{ "attachment": attachment }]));
        self.write_into(&mut resource);
        Value::Object(resource).to_string()
    }

    /// The next version of a resource, under this logical id: what this document says in place of what
    /// stands there. All else that the resource says stays, and so does its secret, if it has one.
    ///
    /// # Errors
    ///
    /// [`DocumentError::NotOne`]: the text is no `DocumentReference`, or has no attachment.
    pub fn to_next_version(&self, text: &[u8], id: &str) -> Result<String, DocumentError> {
        let resource: Option<Map<String, Value>> = serde_json::from_slice(text).ok();
        let name = ResourceType::DOCUMENT_REFERENCE.name();
        let mut resource = resource
            .filter(|found| found.get("resourceType").is_some_and(|found| found == name))
            .ok_or(DocumentError::NotOne)?;
        resource.insert("id".to_owned(), id.into());
        let attachment = attachment_of(&mut resource).ok_or(DocumentError::NotOne)?;
        self.write_attachment(attachment);
        self.write_into(&mut resource);
        Ok(Value::Object(resource).to_string())
    }

    fn write_into(&self, resource: &mut Map<String, Value>) {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let fields = [
            ("description", text(&self.title)),
            ("type", self.kind.as_ref().map(DocumentKind::to_concept)),
            ("author", self.author.as_ref().map(|name| json!([{ "display": name }]))),
            ("date", self.date.as_deref().map(|date| instant_of(date).into())),
            ("extension", self.secret.and_then(|secret| with_secret(resource, secret))),
        ];
        resource.extend(given(fields));
    }

    /// The name, the type and the bytes; what an attachment says of other bytes goes with them.
    fn write_attachment(&self, attachment: &mut Map<String, Value>) {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let fields = [("contentType", text(&self.media_type)), ("title", text(&self.file_name))];
        attachment.extend(given(fields));
        if !self.content.is_empty() {
            for of_others in ["hash", "url"] {
                attachment.remove(of_others);
            }
            let size = self.content.len().into();
            attachment.extend(given([
                ("data", Some(to_base64(&self.content).into())),
                ("size", Some(size)),
            ]));
        }
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
        let mut ours = found.extension.iter().filter(|one| one.url == SECRET_URL);
        Ok(Self {
            title: found.description,
            media_type: attachment.content_type,
            kind: found.kind.as_ref().and_then(DocumentKind::of_concept),
            author: found.author.into_iter().find_map(|one| one.display.or(one.reference)),
            date: found.date,
            file_name: attachment.title,
            secret: ours.find_map(|one| secret_of(one.value_base64_binary.as_deref()?)),
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

/// The attachment that has the bytes.
fn attachment_of(resource: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    let content = resource.get_mut("content")?.as_array_mut()?;
    let attachments =
        content.iter_mut().filter_map(|one| one.get_mut("attachment")?.as_object_mut());
    attachments.into_iter().find(|one| one.get("data").is_some_and(Value::is_string))
}

/// The secret that an extension holds.
fn secret_of(value: &str) -> Option<[u8; 32]> {
    from_base64(value).ok()?.try_into().ok()
}

/// The extensions of a resource with this secret in place of any that is none; nothing if it has one.
fn with_secret(resource: &Map<String, Value>, secret: [u8; 32]) -> Option<Value> {
    let there = resource.get("extension").and_then(Value::as_array);
    let there = || there.into_iter().flatten();
    let is_ours = |one: &&Value| one["url"] == SECRET_URL;
    let held = |one: &Value| secret_of(one["valueBase64Binary"].as_str()?);
    if there().filter(is_ours).any(|one| held(one).is_some()) {
        return None;
    }
    let ours = json!({ "url": SECRET_URL, "valueBase64Binary": to_base64(&secret) });
    Some(there().filter(|one| !is_ours(one)).cloned().chain([ours]).collect())
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
