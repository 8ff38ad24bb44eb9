//! `salus bench`: measure a network from outside.

mod catchup;
mod consent;
mod ledger;
mod limits;
mod overload;
mod send;
mod state;
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
    /// What a decision by the consents of a patient costs
    Consent(consent::Consent),
    /// What this machine can do at most: signatures, hashing, disk, loopback
    Limits(limits::LimitsOfMachine),
    /// Many times what a network can take: what is still committed, refused, and noticed by others
    Overload(overload::Overload),
    /// What a commit of the state costs with so many keys
    State(state::State),
    /// Check that every transaction of a list is still final, for example after a crash
    VerifyFinal(verify_final::VerifyFinal),
}

impl Bench {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Ledger(command) => command.run(session),
            Self::Send(command) => command.run(session),
            Self::Catchup(command) => command.run(session),
            Self::Consent(command) => command.run(session),
            Self::Limits(command) => command.run(session),
            Self::Overload(command) => command.run(session),
            Self::State(command) => command.run(session),
            Self::VerifyFinal(command) => command.run(session),
        }
    }
}
