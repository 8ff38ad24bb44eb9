//! `salus document add`: a file of any format into a patient's records.

use crate::{documents::read_content, lifecycle::block_on_until_signal, session::Session};
use anyhow::Context as _;
use clap::Args;
use salus_api::records::{DocumentContent, DocumentOrder};
use salus_fhir::document::to_base64;
use salus_types::AccountId;
use std::path::{Path, PathBuf};

/// What is said of a document.
#[derive(Debug, Args)]
pub(super) struct Said {
    /// What kind of document it is: a code of LOINC, such as 18842-5, or system|code
    #[arg(long, value_name = "CODE")]
    kind: Option<String>,
    /// Who wrote it
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// When it was written: a day such as 2026-11-21, or a moment
    #[arg(long)]
    date: Option<String>,
    /// The media type; by the ending of the file's name when left out
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
    /// Who in the organisation writes it: JSON with `person`, `roles`, `departments`, `treatment`
    #[arg(long, value_name = "JSON")]
    actor: Option<String>,
}

/// Media types by endings of names.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("dcm", "application/dicom"),
    ("hl7", "x-application/hl7-v2+er7"),
    ("xml", "application/xml"),
    ("json", "application/json"),
    ("txt", "text/plain"),
    ("html", "text/html"),
    ("csv", "text/csv"),
    ("rtf", "application/rtf"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("zip", "application/zip"),
];

impl Said {
    /// What is said of a document, with the bytes of its file if there is one.
    pub(super) fn content(
        &self,
        title: Option<&str>,
        file: Option<&Path>,
    ) -> anyhow::Result<DocumentContent> {
        let by_ending = || {
            let ending = file?.extension()?.to_str()?.to_ascii_lowercase();
            MEDIA_TYPES.iter().find(|(known, _)| *known == ending).map(|(_, name)| *name)
        };
        let media_type = self.media_type.as_deref().or_else(by_ending);
        let name = file.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let content = file.map(read_content).transpose()?;
        Ok(DocumentContent {
            title: title.map(str::to_owned),
            media_type: media_type.map(str::to_owned),
            kind: self.kind.clone(),
            author: self.author.clone(),
            date: self.date.clone(),
            file_name: name,
            content: content.as_deref().map(to_base64),
        })
    }

    /// Who writes it.
    pub(super) fn actor(&self) -> anyhow::Result<Option<salus_vault::actor::Actor>> {
        let actor = self.actor.as_deref().map(serde_json::from_str).transpose();
        actor.context("--actor is JSON with `person`")
    }
}

/// Which file, whose, and what is said of it.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The file: PDF, DICOM, HL7 v2, CDA, an image, anything of at most 12,000,000 bytes
    file: PathBuf,
    /// The account of the patient, who has a Patient in the vault
    #[arg(long, value_name = "ACCOUNT")]
    patient: AccountId,
    /// What people call it
    #[arg(long)]
    title: String,
    #[command(flatten)]
    said: Said,
}

impl Add {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let order = DocumentOrder {
            patient: self.patient,
            document: self.said.content(Some(&self.title), Some(&self.file))?,
            purpose: None,
            actor: self.said.actor()?,
        };
        let gateway = session.gateway()?;
        let added = block_on_until_signal(async { Ok(gateway.add_document(&order).await?) })?;
        session.output.answer(&added, |added| {
            format!(
                "Document {} is sealed, and anchored on the ledger.\n\
                 Notarise it with `salus document notarise --record {}`.",
                added.record, added.record
            )
        });
        Ok(())
    }
}
