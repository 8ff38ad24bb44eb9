//! `salus proposal new`: something for the members to decide.

use crate::{
    card::Card,
    lifecycle::block_on_until_signal,
    parameters::changed,
    session::Session,
    submit::{Done, call, execute},
    time::parse_instant,
};
use clap::{Args, Subcommand, ValueEnum};
use salus_api::client::{At, Client};
use salus_governance::{Action, Governance, GovernanceEvent, GovernanceTx, tx::Propose};
use salus_types::{AccountId, BlockTime, NodeKey, OrganisationRole, decode};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What is proposed, by the organisation of the home.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// What is proposed
    #[command(subcommand)]
    what: What,
}

/// What can be proposed.
#[derive(Debug, Subcommand)]
enum What {
    /// Make an organisation part of the network
    Admit {
        /// Its card: the file that `salus network join` wrote
        card: PathBuf,
        /// What it is to be
        #[arg(long = "as", value_enum, default_value = "member")]
        role: Role,
    },
    /// Suspend an organisation: its transactions are refused
    Suspend {
        /// The organisation's account
        account: AccountId,
    },
    /// End a suspension
    Resume {
        /// The organisation's account
        account: AccountId,
    },
    /// Expel an organisation for ever, with all its nodes
    Expel {
        /// The organisation's account
        account: AccountId,
    },
    /// Let a node vote on blocks, from the next epoch on
    AddValidator {
        /// The card of the organisation that runs it
        card: PathBuf,
    },
    /// End a node's vote on blocks, from the next epoch on
    RemoveValidator {
        /// The node's key
        key: NodeKey,
    },
    /// Change parameters; those that are not named stay
    Parameters {
        /// A JSON file with the parameters to change, such as `{"idle_interval_ms": 500}`
        file: PathBuf,
    },
    /// Change the protocol, once every node runs a program that knows the version
    ProtocolVersion {
        /// The version; one more than that in force
        number: u16,
    },
    /// Let an organisation open emergencies, or renew that
    AccreditEmergency {
        /// The organisation's account
        account: AccountId,
        /// Until when: a time, or a length from now such as 365d
        #[arg(long, value_name = "TIME", value_parser = parse_instant)]
        until: u64,
    },
    /// End that before its time
    WithdrawEmergency {
        /// The organisation's account
        account: AccountId,
    },
    /// Change limits of access; those that are not named stay
    AccessLimits {
        /// A JSON file with the limits to change, such as `{"release_ms": 300000}`
        file: PathBuf,
    },
}

/// What an organisation can be.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    /// Votes on proposals
    Member,
    /// Follows and verifies
    Observer,
}

impl New {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let signer = session.organisation()?;
        let client = session.client()?;
        let (number, done) = block_on_until_signal(async {
            let action = self.what.action(&client).await?;
            let network = client.network().await?.id();
            let propose = GovernanceTx::Propose(Propose { action });
            let calls = vec![call::<Governance>(&propose)];
            let done = execute(&client, network, &signer, calls).await?;
            Ok((number_of(&done), done))
        })?;
        let answer = json!({ "proposal": number, "done": done });
        session.output.answer(&answer, |_| match number {
            Some(number) => format!(
                "Proposal {number} is open. Each member votes with\n  \
                 salus proposal vote {number} approve --home DIR\n{}",
                done.describe()
            ),
            None => done.describe(),
        });
        Ok(())
    }
}

/// The number that the ledger gave to the proposal.
fn number_of(done: &Done) -> Option<u64> {
    done.events.iter().find_map(|event| {
        match decode::<GovernanceEvent>("event", &event.payload).ok()? {
            GovernanceEvent::ProposalOpened { proposal, .. } => Some(proposal),
            _ => None,
        }
    })
}

impl What {
    async fn action(&self, client: &Client) -> anyhow::Result<Action> {
        Ok(match self {
            Self::Admit { card, role } => {
                let role = match role {
                    Role::Member => OrganisationRole::Member,
                    Role::Observer => OrganisationRole::Observer,
                };
                Action::AdmitOrganisation(Card::read(card)?.admission(role))
            }
            Self::Suspend { account } => Action::SuspendOrganisation { account: *account },
            Self::Resume { account } => Action::ResumeOrganisation { account: *account },
            Self::Expel { account } => Action::ExpelOrganisation { account: *account },
            Self::AddValidator { card } => Action::AddValidator { node: Card::read(card)?.node },
            Self::RemoveValidator { key } => Action::RemoveValidator { key: *key },
            Self::Parameters { file } => {
                let now = client.state::<Value>("/v1/parameters", At::default()).await?.value;
                let parameters = changed(now, file)?;
                Action::SetParameters { parameters }
            }
            Self::ProtocolVersion { number } => Action::SetProtocolVersion { version: *number },
            Self::AccreditEmergency { account, until } => Action::AccreditEmergencyService {
                account: *account,
                until: BlockTime::from_unix_ms(*until),
            },
            Self::WithdrawEmergency { account } => {
                Action::WithdrawEmergencyService { account: *account }
            }
            Self::AccessLimits { file } => {
                let now = client.state::<Value>("/v1/access-limits", At::default()).await?.value;
                Action::SetAccessLimits { limits: changed(now, file)? }
            }
        })
    }
}
