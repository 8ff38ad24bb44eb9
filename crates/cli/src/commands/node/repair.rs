//! `salus node repair`: set damaged files aside, so that the node copies the state from its peers.

use crate::session::Session;
use clap::Args;
use salus_node::{Home, repair};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Repair {}

impl Repair {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = Home::new(session.required_home("what a node needs")?);
        let repaired = repair::repair(&home)?;
        session.output.answer(&repaired, |repaired| match &repaired.set_aside {
            None => "The home holds nothing of the ledger; start the node.".to_owned(),
            Some(folder) => format!(
                "The ledger's files are in {} now. Start the node: it copies the state from its \
                 peers and does not vote in the epoch that is running now.",
                folder.display()
            ),
        });
        Ok(())
    }
}
