//! The command tree: options that every command takes, and the nouns.

use crate::{commands, demo};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A shared ledger for healthcare, in one binary.
///
/// Data goes to standard output, everything else to standard error. Exit codes: 0 done, 1 refused,
/// 2 failed. Start with `salus demo`.
#[derive(Debug, Parser)]
#[command(name = "salus", version, max_term_width = 100, propagate_version = true)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub(crate) options: Options,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// API of the node to talk to
    #[arg(long, global = true, env = "SALUS_API", value_name = "URL", hide_env_values = true)]
    #[arg(default_value = "http://127.0.0.1:22000", help_heading = "Everywhere")]
    pub(crate) api: String,

    /// Folder of a node (keys, token, configuration), or of a whole network where one is made
    #[arg(long, global = true, env = "SALUS_HOME", value_name = "DIR", hide_env_values = true)]
    #[arg(help_heading = "Everywhere")]
    pub(crate) home: Option<PathBuf>,

    /// Write JSON for machines to standard output
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
}

/// What can be done, by noun.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make, show and join networks
    #[command(subcommand)]
    Network(commands::network::Network),
    /// Run a node, see how it stands, back it up and restore it
    #[command(subcommand)]
    Node(commands::node::Node),
    /// Make and show signing keys
    #[command(subcommand)]
    Key(commands::key::Key),
    /// Organisations on the ledger
    #[command(subcommand)]
    Org(commands::org::Org),
    /// Accounts of people and devices
    #[command(subcommand)]
    Account(commands::account::Account),
    /// Decide together: members, validators, parameters
    #[command(subcommand)]
    Proposal(commands::proposal::Proposal),
    /// Health records in the organisation's vault
    #[command(subcommand)]
    Record(commands::record::Record),
    /// Documents of any format in the vault, notarised and signed on the ledger
    #[command(subcommand)]
    Document(commands::document::Document),
    /// Systems that ask the gateway with a key of their own
    #[command(subcommand)]
    Client(commands::client::Client),
    /// Patients' consents as FHIR has them: try them out
    #[command(subcommand)]
    Consent(commands::consent::Consent),
    /// Patients' grants
    #[command(subcommand)]
    Grant(commands::grant::Grant),
    /// One act of the patient at a hospital's desk
    #[command(subcommand)]
    Admission(commands::admission::Admission),
    /// Stays at a hospital, from admission to discharge
    #[command(subcommand)]
    Episode(commands::episode::Episode),
    /// Access that cannot wait: open it, agree to it, end it, review it
    #[command(subcommand)]
    Emergency(commands::emergency::Emergency),
    /// Who acts for a patient: guardians, proxies, assistants
    #[command(subcommand)]
    Delegation(commands::delegation::Delegation),
    /// Keys that are with custodians
    #[command(subcommand)]
    Custody(commands::custody::Custody),
    /// Who read what: the patient's account of accesses
    #[command(subcommand)]
    Access(commands::access::Access),
    /// Check that what is told about records holds, and that what was erased is gone
    #[command(subcommand)]
    Audit(commands::audit::Audit),
    /// Single transactions
    #[command(subcommand)]
    Tx(commands::tx::Tx),
    /// Proofs that a stranger verifies offline
    #[command(subcommand)]
    Proof(commands::proof::Proof),
    /// Measure
    #[command(subcommand)]
    Bench(commands::bench::Bench),
    /// Run a network of four organisations with real work on it, in one process
    Demo(demo::Demo),
    /// Write completions for a shell to standard output
    Completions(commands::completions::Completions),
}
