//! `salus node restore`: a home from a back-up, proved against the network file.

use crate::{files, lifecycle::block_on_until_signal, session::Session, time::now_ms};
use clap::Args;
use salus_node::{
    Home,
    backup::{self, Restored, VotesAgain},
};
use salus_types::BlockTime;
use serde_json::json;
use std::path::PathBuf;

/// From where, and how careful.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The back-up
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The network file, from a member and not from the back-up
    #[arg(long, value_name = "FILE")]
    network: PathBuf,
    /// The passphrase of the back-up's keys
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// A home, or a copy of one, whose keys and token are taken instead of the back-up's
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// The ledger.blocks of another back-up, taken where it holds more
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Vote in the present epoch already: only when too few validators are left to decide anything,
    /// and every restored one was given the longest ledger that is left
    #[arg(long)]
    vote_at_once: bool,
}

impl Restore {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = Home::new(session.required_home("where to restore to")?);
        let passphrase = self.passphrase_file.as_deref().map(files::read_passphrase).transpose()?;
        let votes = if self.vote_at_once {
            VotesAgain::AtOnce
        } else {
            VotesAgain::InEpochsAfter(BlockTime::from_unix_ms(now_ms()))
        };
        let what = backup::Restore {
            from: &self.from,
            home: &home,
            network: &self.network,
            passphrase: passphrase.as_ref().map(|text| text.as_str()),
            keys: self.keys.as_deref(),
            ledger: self.ledger.as_deref(),
            votes,
        };
        let restored = block_on_until_signal(async { Ok(backup::restore(&what).await?) })?;
        let Restored { height, block, ledger, records_checked } = restored;
        let answer = json!({
            "height": height, "block": block, "ledger": ledger, "records_checked": records_checked
        });
        session.output.answer(&answer, |_| {
            let folder = home.folder().display();
            let held = if ledger {
                format!(
                    "{folder} holds the ledger up to block {height}, proved by the network file, and \
                     {records_checked} sealed records, all anchored or about to be."
                )
            } else {
                format!(
                    "{folder} holds {records_checked} sealed records and no blocks: it copies the \
                     state from its peers, proved by the network file, when it starts."
                )
            };
            format!("{held}\nStart it with: salus node start --home {folder}")
        });
        Ok(())
    }
}
