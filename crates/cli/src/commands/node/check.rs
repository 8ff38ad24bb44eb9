//! `salus node check`: whether what a stopped node keeps of the ledger is as it was written.

use crate::{problem::Problem, session::Session};
use clap::Args;
use salus_node::{Home, repair};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Check {}

impl Check {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = Home::new(session.required_home("what a node needs")?);
        let checked = repair::check(&home)?;
        session.output.answer(&checked, |checked| {
            let mut lines =
                vec![format!("{} files with {} bytes were read.", checked.files, checked.bytes)];
            lines.extend(checked.findings.iter().map(|finding| {
                let end = if finding.mends_itself { " (the next start mends it)" } else { "" };
                format!("{}: {}{end}", finding.path.display(), finding.what)
            }));
            lines.join("\n")
        });
        match checked.damage() {
            None => Ok(()),
            Some(found) => Err(Problem::refused(
                "node.damaged",
                format!("{} is damaged", found.path.display()),
                "run `salus node repair` with the same home, then start the node",
            )),
        }
    }
}
