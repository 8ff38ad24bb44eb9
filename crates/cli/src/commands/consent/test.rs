//! `salus consent test`: runs decision tables. The format is in `docs/spec/consent-rules.md`.

use crate::{problem::Problem, session::Session};
use anyhow::Context as _;
use clap::Args;
use salus_fhir::consent::case::{CaseFile, Verdict};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Which cases to run.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The directory of cases: each file whose name ends in .json
    directory: PathBuf,
    /// Where files are that cases name and that are not in their directory
    #[arg(long, value_name = "DIR", env = "SALUS_TEST_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
}

/// How the cases went.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Cases that went as expected.
    passed: usize,
    /// Cases that did not.
    failed: usize,
    /// Cases that could not be judged: malformed, a file is missing, a consent is refused.
    refused: usize,
    /// Those that did not pass.
    cases: Vec<NotPassed>,
}

/// A case that did not pass.
#[derive(Debug, Serialize)]
struct NotPassed {
    /// The file that it stands in.
    file: String,
    /// Its name; none if the file as a whole cannot be read.
    case: Option<String>,
    /// `failed` or `refused`.
    outcome: &'static str,
    /// Why, in words.
    reason: String,
}

impl Test {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let mut files: Vec<PathBuf> = fs::read_dir(&self.directory)
            .and_then(|entries| entries.map(|entry| entry.map(|one| one.path())).collect())
            .map_err(|error| {
                Problem::failed(
                    "cli.folder_missing",
                    format!("{} cannot be read: {error}", self.directory.display()),
                    "name a directory with files of cases",
                )
            })?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        if files.is_empty() {
            return Err(Problem::failed(
                "cli.no_cases",
                format!("{} has no file of cases", self.directory.display()),
                "name a directory with files that end in .json",
            ));
        }
        let mut report = Report::default();
        for path in &files {
            let bytes =
                fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
            self.run_file(path, &bytes, &mut report);
        }
        session.output.answer(&report, Report::describe);
        if report.cases.is_empty() {
            return Ok(());
        }
        Err(Problem::refused(
            "cli.cases_not_passed",
            format!("{} cases failed and {} were refused", report.failed, report.refused),
            "correct the consents or what is expected of them",
        ))
    }

    fn run_file(&self, path: &Path, bytes: &[u8], report: &mut Report) {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let cases = match CaseFile::from_json(bytes) {
            Ok(cases) => cases,
            Err(reason) => {
                report.refused += 1;
                report.cases.push(NotPassed { file, case: None, outcome: "refused", reason });
                return;
            }
        };
        let verdicts = cases.run(&|name| self.resolve(name));
        for (case, verdict) in cases.cases.iter().zip(verdicts) {
            let (outcome, reason) = match verdict {
                Verdict::Passed => {
                    report.passed += 1;
                    continue;
                }
                Verdict::Failed(reason) => {
                    report.failed += 1;
                    ("failed", reason)
                }
                Verdict::Refused(reason) => {
                    report.refused += 1;
                    ("refused", reason)
                }
            };
            let case = Some(case.name.clone());
            report.cases.push(NotPassed { file: file.clone(), case, outcome, reason });
        }
    }

    /// The bytes of a file that a case names: beside the case, or among the data.
    fn resolve(&self, name: &str) -> Result<Vec<u8>, String> {
        let beside = self.directory.join(name);
        let among = self.data.as_ref().map(|data| data.join(name));
        let place = if beside.is_file() { Some(beside) } else { among };
        let place = place.ok_or_else(|| {
            format!("there is no file {name} beside the case; name the folder of data with --data")
        })?;
        fs::read(&place).map_err(|error| format!("{} cannot be read: {error}", place.display()))
    }
}

impl Report {
    fn describe(&self) -> String {
        let line = |one: &NotPassed| {
            let case = one.case.as_deref().unwrap_or("the file");
            format!("{} {}: {case}: {}", one.outcome, one.file, one.reason)
        };
        let total =
            format!("{} passed, {} failed, {} refused", self.passed, self.failed, self.refused);
        self.cases.iter().map(line).chain([total]).collect::<Vec<_>>().join("\n")
    }
}
