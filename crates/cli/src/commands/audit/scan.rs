//! `salus audit scan`: traces of a patient in files.

use super::fingerprint::Needles;
use crate::{demo::search::Search, problem::Problem, session::Session};
use anyhow::Context as _;
use clap::Args;
use salus_node::Home;
use salus_types::AccountId;
use salus_vault::erasure::{FoundTrace, Reach, Trace, scan};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Findings that are told one by one to people.
const TOLD: usize = 50;

/// Whose traces, by what, and where.
#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// The patient's account
    #[arg(long, value_name = "ACCOUNT")]
    patient: AccountId,
    /// What `salus audit fingerprint` wrote before the erasure; without it, only the account is looked
    /// for outside the ledger's files
    #[arg(long, value_name = "FILE")]
    needles: Option<PathBuf>,
    /// Further folders, such as back-ups
    #[arg(long = "also", value_name = "DIR")]
    also: Vec<PathBuf>,
}

/// Traces in a folder.
#[derive(Debug, Serialize)]
struct InFolder {
    folder: PathBuf,
    files: u64,
    bytes: u64,
    /// What is where it may not be.
    traces: Vec<FoundTrace>,
    /// Pseudonyms in files of the ledger, which stay.
    on_ledger: u64,
}

#[derive(Debug, Serialize)]
struct Answer {
    patient: AccountId,
    needles: usize,
    traces: u64,
    folders: Vec<InFolder>,
}

impl Scan {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = session.required_home("what is to be searched")?;
        let needles = self.needles.as_deref().map(read).transpose()?;
        if needles.as_ref().is_some_and(|needles| needles.patient != self.patient) {
            return Err(Problem::failed(
                "cli.other_patient",
                "the needles are another patient's",
                "give those that were taken of this patient",
            ));
        }
        let account = Trace {
            kind: "account".to_owned(),
            reach: Reach::Ledger,
            bytes: self.patient.0.to_vec(),
        };
        let traces = match &needles {
            Some(needles) => needles.traces()?,
            None => vec![account],
        };
        let words = match &needles {
            Some(needles) => {
                Some(Search::new(&needles.identifiers(), std::env::current_exe().ok().as_deref())?)
            }
            None => None,
        };
        let mut folders = Vec::new();
        for folder in std::iter::once(home).chain(self.also.iter().map(PathBuf::as_path)) {
            folders.push(in_folder(folder, &traces, words.as_ref())?);
        }
        let found = folders.iter().flat_map(|folder| &folder.traces).map(|trace| trace.count).sum();
        let answer =
            Answer { patient: self.patient, needles: traces.len(), traces: found, folders };
        session.output.answer(&answer, describe);
        if found == 0 {
            return Ok(());
        }
        Err(Problem::refused(
            "audit.traces_found",
            format!("{found} traces of the patient are in these files"),
            "after an erasure, destroy these files or restore them and start their node",
        ))
    }
}

fn read(path: &Path) -> anyhow::Result<Needles> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is not what `salus audit fingerprint` writes", path.display()))
}

fn in_folder(folder: &Path, traces: &[Trace], words: Option<&Search>) -> anyhow::Result<InFolder> {
    let scanned = scan(folder, traces, &Home::is_of_ledger)
        .with_context(|| format!("{} cannot be searched", folder.display()))?;
    let (may, may_not): (Vec<_>, Vec<_>) = scanned.found.into_iter().partition(|one| one.may_be);
    let mut found = may_not;
    if let Some(words) = words {
        for finding in words.folder(folder, &[])?.found {
            let file = Path::new(&finding.place);
            let file = file.strip_prefix(folder).unwrap_or(file).to_owned();
            found.push(FoundTrace { file, kind: finding.kind.to_owned(), may_be: false, count: 1 });
        }
    }
    Ok(InFolder {
        folder: folder.to_owned(),
        files: scanned.files,
        bytes: scanned.bytes,
        traces: found,
        on_ledger: may.iter().map(|one| one.count).sum(),
    })
}

fn describe(answer: &Answer) -> String {
    let each = answer.folders.iter().map(|one| {
        let told = one.traces.iter().take(TOLD).map(|trace| {
            format!("  {} times {} in {}\n", trace.count, trace.kind, trace.file.display())
        });
        format!(
            "{}: {} files, {} traces; {} pseudonyms in the ledger's files, which stay.\n{}",
            one.folder.display(),
            one.files,
            one.traces.iter().map(|trace| trace.count).sum::<u64>(),
            one.on_ledger,
            told.collect::<String>()
        )
    });
    each.collect()
}
