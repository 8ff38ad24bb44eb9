//! The demo over the real bundles, against a count made independently.

use super::salus::{Salus, count, number};
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

pub(crate) fn check(salus: &Salus, folder: &Path) -> anyhow::Result<String> {
    let home = folder.join("home");
    let mut arguments = vec!["demo", "--exit", "--json", "--home", text(&home)?];
    let records = records();
    let expected = if let Some(folder) = &records {
        arguments.extend(["--records", text(folder)?]);
        Some(entries(folder)?)
    } else {
        eprintln!("accept: no test data folder; the demo runs on generated patients only");
        None
    };
    let report = salus.json(&arguments)?;
    let at = |name: &str| count(&report, name);

    ensure!(at("/validators")? == 4, "not four validators: {report}");
    if let Some(expected) = expected {
        let imported = at("/records_imported")?;
        ensure!(imported == expected, "{imported} records imported, {expected} are in the bundles");
    }
    ensure!(at("/reads_allowed")? > 0, "nothing was read");
    ensure!(at("/reads_denied")? > 0, "nothing was denied");
    ensure!(at("/reads_denied_after_revocation")? > 0, "no denial after revocation");
    ensure!(at("/reads_denied_after_expiry")? > 0, "no denial after expiry");
    ensure!(
        at("/accesses_accounted")? == at("/reads_allowed")?,
        "accesses accounted differ from reads allowed: {report}"
    );
    ensure!(at("/proofs_verified_offline")? >= 2, "fewer than two proofs verified");
    ensure!(at("/identifiers_found_on_ledger")? == 0, "identifiers found: {report}");
    Ok(format!(
        "{} records at {:.1} MB/s, final in {} / {} ms (p50 / p99)",
        at("/records_imported")?,
        number(&report, "/import_mb_per_s")?,
        number(&report, "/finality_ms/p50")?,
        number(&report, "/finality_ms/p99")?
    ))
}

/// The folder of real bundles, if the test data is there.
fn records() -> Option<PathBuf> {
    let data =
        std::env::var_os("SALUS_TEST_DATA").map_or_else(|| "../shared/data".into(), PathBuf::from);
    let folder = data.join("records/synthea");
    folder.is_dir().then_some(folder)
}

/// Entries of all bundles of a folder, counted with a general JSON parser.
fn entries(folder: &Path) -> anyhow::Result<u64> {
    let mut entries = 0;
    let mut bundles = 0;
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "gz") {
            continue;
        }
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(File::open(&path)?).read_to_end(&mut bytes)?;
        let bundle: Value = serde_json::from_slice(&bytes)?;
        let list = bundle["entry"].as_array().context("a bundle without entries")?;
        entries += u64::try_from(list.len())?;
        bundles += 1;
    }
    ensure!(bundles == 40, "{bundles} bundles in the test data, 40 are expected");
    Ok(entries)
}

pub(crate) fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}
