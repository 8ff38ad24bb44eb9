//! The FHIR bundles that the demo takes: files of a folder, or patients of its own making.

use super::people;
use crate::problem::Problem;
use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// A bundle, as it is sent to the vault.
#[derive(Clone)]
pub(crate) struct Bundle {
    /// Plain JSON, or gzip.
    pub(crate) bytes: Vec<u8>,
    /// Whether the bytes are gzip.
    pub(crate) is_gzip: bool,
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bundle({} bytes, [redacted])", self.bytes.len())
    }
}

/// Every bundle of a folder: all `*.json` and `*.json.gz`, in the order of their names.
pub(crate) fn of_folder(folder: &Path) -> anyhow::Result<Vec<Bundle>> {
    let entries = folder.read_dir().map_err(|error| {
        Problem::failed(
            "demo.records_missing",
            format!(
                "{}, given as the folder of records, cannot be read: {error}",
                folder.display()
            ),
            "give a folder with FHIR R4 bundles, *.json or *.json.gz",
        )
    })?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    paths.retain(|path| {
        let ends = |path: &Path, with: &str| {
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(with))
        };
        let is_gzip =
            ends(path, "gz") && path.file_stem().is_some_and(|stem| ends(Path::new(stem), "json"));
        path.is_file() && (ends(path, "json") || is_gzip)
    });
    paths.sort();
    if paths.is_empty() {
        return Err(Problem::failed(
            "demo.records_none",
            format!("{} holds no *.json and no *.json.gz", folder.display()),
            "give a folder with FHIR R4 bundles, or leave --records out for generated patients",
        ));
    }
    let read = |path: &PathBuf| {
        // The names of such files are often those of patients, so errors do not repeat them.
        let bytes = std::fs::read(path)
            .with_context(|| format!("a bundle of {} cannot be read", folder.display()))?;
        let is_gzip = bytes.starts_with(&[0x1f, 0x8b]);
        Ok(Bundle { bytes, is_gzip })
    };
    paths.iter().map(read).collect()
}

impl Bundle {
    /// The bundle's JSON.
    pub(crate) fn plain(&self) -> anyhow::Result<Vec<u8>> {
        if !self.is_gzip {
            return Ok(self.bytes.clone());
        }
        let mut plain = Vec::new();
        std::io::Read::read_to_end(
            &mut flate2::read::MultiGzDecoder::new(self.bytes.as_slice()),
            &mut plain,
        )
        .context("a bundle is not whole gzip")?;
        Ok(plain)
    }
}

/// Patients of our own making, the same ones for the same number.
pub(crate) fn generated(count: u32) -> Vec<Bundle> {
    (0..count)
        .map(|number| Bundle { bytes: people::bundle(number).into_bytes(), is_gzip: false })
        .collect()
}
