//! `salus bench`: measure a network from outside.

mod catchup;
mod ledger;
mod send;
mod verify_final;

use crate::session::Session;
use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Transactions per second, time to finality and cost, with validators as separate processes
    Ledger(ledger::Ledger),
    /// Send steadily to a network that runs, again and elsewhere when nodes fail, until Ctrl-C
    Send(send::Send),
    /// How fast a validator that was away comes back, against the rate at which the others went on
    Catchup(catchup::Catchup),
    /// Check that every transaction of a list is still final, for example after a crash
    VerifyFinal(verify_final::VerifyFinal),
}

impl Bench {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Ledger(command) => command.run(session),
            Self::Send(command) => command.run(session),
            Self::Catchup(command) => command.run(session),
            Self::VerifyFinal(command) => command.run(session),
        }
    }
}
