//! Import: a bundle comes in, sealed and anchored records come out.
//!
//! ```text
//! read ─▶ find patients, known records ─▶ seal ─▶ write pack ─▶ stage rows ─▶ … ─▶ accept ─▶ anchor
//! ```
//!
//! An import is all or nothing: nothing of it is a record before its last entry was read without
//! error. It is reported as done when every pack and row is durable and every anchor is final. A crash
//! before the import was accepted undoes it; a crash after that is made good by [`Vault::resume`].

mod anchoring;
pub(crate) mod claims;
mod parse;
pub(crate) mod patients;
pub(crate) mod sealing;

pub use anchoring::ResumeReport;

use crate::{Result, Vault, VaultError, index::staging::ImportId, port::Tip};
use claims::Claimed;
use futures::{StreamExt as _, stream::FuturesUnordered};
use parse::Parsed;
use patients::Patients;
use salus_crypto::random;
use salus_fhir::{BundlePatients, FhirError};
use salus_types::{AccountId, BytesMax, Height};
use serde::Serialize;
use std::{io::Read, sync::Arc};

/// Packs of one import that are sealed and written at the same time.
const PACKS_AT_A_TIME: usize = 2;

/// A patient who keeps their own key and whose account is on the ledger already.
#[derive(Clone, Debug)]
pub struct KnownPatient {
    /// The account.
    pub account: AccountId,
    /// The patient's X-Wing public key, to which category keys are wrapped as well.
    pub sealing_key: Option<BytesMax<2048>>,
}

/// How a bundle is imported.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Whose records they are; without it, patients are those of the bundle, and for each one that
    /// is new here an assisted account is opened.
    pub patient: Option<KnownPatient>,
    /// The system that the bundle comes from. Ids of resources are unique within it: the same id
    /// from the same system is the same resource.
    pub source_system: String,
}

/// What an import has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Entries of the bundle.
    pub entries: u64,
    /// Entries that became new records.
    pub new_records: u64,
    /// Entries that became new versions of records.
    pub new_versions: u64,
    /// Entries that were here already, byte for byte.
    pub unchanged: u64,
    /// Length of the bundle in bytes, decompressed.
    pub bytes: u64,
    /// The patients of the bundle, in its order.
    pub patients: Vec<AccountId>,
    /// The height at which the last anchor was final; the tip at the time if there was nothing new.
    pub height: Height,
}

impl Vault {
    /// Imports a FHIR R4 bundle, JSON or gzip. Goes on to its end even if the caller does not wait.
    ///
    /// # Errors
    ///
    /// - [`VaultError::Fhir`]: the bundle was not accepted; nothing of it was imported.
    /// - [`VaultError::Storage`], [`VaultError::Busy`]: nothing of it was imported.
    /// - [`VaultError::Ledger`]: everything is sealed, and some of it is not anchored yet;
    ///   [`Self::resume`] or the same import again goes on.
    pub async fn import<R: Read + Send + 'static>(
        self: &Arc<Self>,
        input: R,
        options: ImportOptions,
    ) -> Result<ImportReport> {
        let vault = Arc::clone(self);
        let task = tokio::spawn(async move { vault.import_all(input, &options).await });
        task.await
            .map_err(|source| VaultError::Storage { doing: "an import", source: source.into() })?
    }

    async fn import_all<R: Read + Send + 'static>(
        &self,
        input: R,
        options: &ImportOptions,
    ) -> Result<ImportReport> {
        let _turn = self.imports.acquire().await.map_err(|_| closed())?;
        let import: ImportId = random();
        self.index.begin_import(&import).await?;
        let mut claimed = self.claims.none();
        let mut report = match self.stage_all(&import, input, options, &mut claimed).await {
            Ok(report) => report,
            Err(error) => {
                if let Err(error) = self.give_up(&import).await {
                    tracing::warn!(code = error.code(), "an import that failed is removed later");
                }
                return Err(error);
            }
        };
        self.index.accept_import(&import).await?;
        let tip = self.anchor_patients(&report.patients).await?;
        report.height = tip.height;
        Ok(report)
    }

    /// Seals and stages every entry.
    async fn stage_all<R: Read + Send + 'static>(
        &self,
        import: &ImportId,
        input: R,
        options: &ImportOptions,
        claimed: &mut Claimed<'_>,
    ) -> Result<ImportReport> {
        let known = match options.patient {
            Some(_) => BundlePatients::OneKnown,
            None => BundlePatients::Own,
        };
        let mut parsed = parse::parse(input, self.limits, known);
        let mut patients = Patients::new(self, options, claimed);
        let mut report = ImportReport::default();
        let mut writing = FuturesUnordered::new();
        let mut number = 0;
        while let Some(next) = parsed.recv().await {
            let batch = match next? {
                Parsed::Batch(batch) => batch,
                Parsed::End(bytes) => {
                    while let Some(written) = writing.next().await {
                        written?;
                    }
                    if report.entries == 0 {
                        return Err(nothing());
                    }
                    report.bytes = bytes;
                    report.patients = patients.accounts();
                    return Ok(report);
                }
            };
            report.entries += batch.len() as u64;
            let plan = self.plan(batch, &mut patients, &mut report).await?;
            if plan.is_empty() {
                continue;
            }
            if writing.len() >= PACKS_AT_A_TIME
                && let Some(written) = writing.next().await
            {
                written?;
            }
            writing.push(self.seal_and_stage(*import, number, plan));
            number += 1;
        }
        Err(closed())
    }

    /// Removes whatever an import staged.
    pub(crate) async fn give_up(&self, import: &ImportId) -> Result<()> {
        self.packs.remove(import).await?;
        self.index.give_up_import(import).await
    }

    /// Anchors what waits of these patients; gives the block of the last anchor.
    async fn anchor_patients(&self, patients: &[AccountId]) -> Result<Tip> {
        self.register(Some(patients)).await?;
        self.anchor_waiting(Some(patients)).await.map(|(_, tip)| tip)
    }
}

/// The parts of the import work by themselves; that they stop means that the process does.
pub(crate) fn closed() -> VaultError {
    VaultError::Storage {
        doing: "an import",
        source: Box::new(std::io::Error::other("the process is stopping")),
    }
}

/// An import of a bundle that holds no entry at all is a mistake that is worth telling.
fn nothing() -> VaultError {
    VaultError::Fhir(FhirError::NotABundle {
        at: salus_fhir::Position::default(),
        reason: "it has no entries",
    })
}
