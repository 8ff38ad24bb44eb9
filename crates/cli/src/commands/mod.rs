//! The commands, one folder for each noun, one file for each verb.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod admission;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod client;
pub(crate) mod completions;
pub(crate) mod consent;
pub(crate) mod custody;
pub(crate) mod delegation;
pub(crate) mod document;
pub(crate) mod emergency;
pub(crate) mod episode;
pub(crate) mod grant;
pub(crate) mod key;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod org;
pub(crate) mod proof;
pub(crate) mod proposal;
pub(crate) mod record;
pub(crate) mod tx;

use crate::{
    output::Output,
    session::Session,
    tree::{Cli, Command},
};

/// Runs the command that was given.
pub(crate) fn run(cli: Cli, output: Output) -> anyhow::Result<()> {
    let session = Session::new(cli.options, output);
    match cli.command {
        Command::Network(command) => command.run(&session),
        Command::Node(command) => command.run(&session),
        Command::Key(command) => command.run(&session),
        Command::Org(command) => command.run(&session),
        Command::Account(command) => command.run(&session),
        Command::Proposal(command) => command.run(&session),
        Command::Record(command) => command.run(&session),
        Command::Document(command) => command.run(&session),
        Command::Client(command) => command.run(&session),
        Command::Consent(command) => command.run(&session),
        Command::Grant(command) => command.run(&session),
        Command::Admission(command) => command.run(&session),
        Command::Episode(command) => command.run(&session),
        Command::Emergency(command) => command.run(&session),
        Command::Delegation(command) => command.run(&session),
        Command::Custody(command) => command.run(&session),
        Command::Access(command) => command.run(&session),
        Command::Audit(command) => command.run(&session),
        Command::Tx(command) => command.run(&session),
        Command::Proof(command) => command.run(&session),
        Command::Bench(command) => command.run(&session),
        Command::Demo(command) => command.run(&session),
        Command::Completions(command) => {
            command.run();
            Ok(())
        }
    }
}
