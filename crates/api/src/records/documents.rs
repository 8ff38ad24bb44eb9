//! Documents that are added and changed.

use salus_consent::{PurposeOfUse, RecordId};
use salus_types::AccountId;
use salus_vault::actor::Actor;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A document, or what of one is changed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentContent {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The media type, such as `application/pdf`; `application/octet-stream` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What kind of document it is: a code of LOINC such as `18842-5`, or `system|code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was written, such as `2026-11-21`; now when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The name of its file, without a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Its exact bytes, 1 to 12,000,000, in base 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl fmt::Debug for DocumentContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentContent([redacted])")
    }
}

/// A document that is added to a patient's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentOrder {
    /// Whose it is.
    #[schema(value_type = String)]
    pub patient: AccountId,
    /// The document, with its bytes and a title.
    pub document: DocumentContent,
    /// What for, as the rules of the organisation are asked; `TREAT` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub purpose: Option<PurposeOfUse>,
    /// Who in the organisation writes it: as for a read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub actor: Option<Actor>,
}

/// The next version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentChange {
    /// The version that is changed; the latest, whichever that is, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What is changed; all else stays.
    pub document: DocumentContent,
    /// What for, as the rules of the organisation are asked; `TREAT` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub purpose: Option<PurposeOfUse>,
    /// Who in the organisation writes it: as for a read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub actor: Option<Actor>,
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentAnswer {
    /// Its record: a `DocumentReference`, read like any other.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// Its latest version, from 1.
    pub version: u32,
    /// Whether that version is new; not if all was said before.
    pub changed: bool,
}
