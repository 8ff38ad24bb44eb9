//! Four organisations, each with its own node, in one process: real engine, real sockets on loopback.

use super::{check_empty, story::Story};
use crate::{files, lifecycle::logs_to_file, ports, progress, time::now_ms};
use salus_api::{ApiToken, client::Client};
use salus_node::{
    Home, Node, NodeConfig, NodeHandle,
    init::{NetworkOptions, network},
};
use salus_types::{AccountId, BlockTime, NetworkFile, NetworkId};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What the nodes log: all that ours say in detail, so that the search for identifiers has something
/// to search.
const LOG: &str = "info,salus_node=debug,salus_vault=debug,salus_api=debug,salus_engine=debug";
/// How long the network may take to begin.
const READY_TIMEOUT: Duration = Duration::from_mins(1);

/// An organisation with its node.
pub(crate) struct Organisation {
    /// Its name.
    pub(crate) name: String,
    /// Its account.
    pub(crate) account: AccountId,
    /// Its home.
    pub(crate) home: PathBuf,
    /// A client of its node, with the token of its vault.
    pub(crate) client: Client,
    node: NodeHandle,
}

/// The network of the demo.
pub(crate) struct Network {
    /// Its folder.
    pub(crate) home: PathBuf,
    /// Its public identity.
    pub(crate) file: PathBuf,
    /// Its id.
    pub(crate) id: NetworkId,
    /// Two hospitals, a payer, a regulator.
    pub(crate) organisations: Vec<Organisation>,
    /// Where all nodes write their logs.
    pub(crate) log: PathBuf,
}

impl Network {
    /// Makes the network and starts its nodes.
    pub(crate) async fn start(home: &Path, story: &Story) -> anyhow::Result<Self> {
        check_empty(home)?;
        let starting = progress::spinner("Starting four validators");
        let (peer_port, api_port) = ports::free(4)?;
        let options = NetworkOptions {
            name: "demo".to_owned(),
            peer_port,
            api_port,
            ..NetworkOptions::new(home, 4, BlockTime::from_unix_ms(now_ms()))
        };
        let made = network(&options)?;
        let log = home.join("nodes.log");
        logs_to_file(LOG, &log)?;
        let file = home.join("network.json");
        let mut organisations = Vec::new();
        for (index, founder) in options.founders.iter().enumerate() {
            let home = Home::new(home.join(format!("node{index}")));
            let account = account_of(&made, &founder.name);
            // Starting waits for nobody, so the nodes find each other as they come.
            let node = Node::start_with(&home, NodeConfig::read(&home)?).await?;
            let token = files::read_text(&home.token(), "the token of the vault's API")?;
            organisations.push(Organisation {
                name: founder.name.clone(),
                account,
                home: home.folder().to_path_buf(),
                client: Client::new(&node.api_url())?.with_token(ApiToken::new(token.trim())),
                node,
            });
        }
        let started = Self { home: home.to_path_buf(), file, id: made.id(), organisations, log };
        started.ready().await?;
        starting.finish_and_clear();
        let names: Vec<_> = started.organisations.iter().map(|one| one.name.as_str()).collect();
        story.tell(format!(
            "Four validators run, of {}; they agree over sockets on loopback.",
            names.join(", ")
        ));
        Ok(started)
    }

    /// The first hospital: it keeps the records.
    pub(crate) fn hospital(&self) -> &Organisation {
        &self.organisations[0]
    }

    /// The second hospital: it is granted access.
    pub(crate) fn reader(&self) -> &Organisation {
        &self.organisations[1]
    }

    /// The payer: it is granted nothing.
    pub(crate) fn payer(&self) -> &Organisation {
        &self.organisations[2]
    }

    /// The regulator: patients check their accounts against its copy of the ledger.
    pub(crate) fn regulator(&self) -> &Organisation {
        &self.organisations[3]
    }

    /// Stops every node in order.
    pub(crate) async fn stop(self) {
        for organisation in self.organisations {
            if let Err(error) = organisation.node.stop().await {
                crate::output::note(format_args!(
                    "the node of {} did not stop in order: {error}",
                    organisation.name
                ));
            }
        }
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        for organisation in &self.organisations {
            loop {
                let status = organisation.client.status().await?;
                if status.height.0 >= 1 {
                    break;
                }
                if started.elapsed() > READY_TIMEOUT {
                    return Err(crate::problem::Problem::failed(
                        "demo.not_ready",
                        format!("the node of {} has no block yet", organisation.name),
                        format!("see {}", self.log.display()),
                    ));
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }
}

/// The account of a founder; names of founders differ.
fn account_of(network: &NetworkFile, name: &str) -> AccountId {
    let member = network.members.iter().find(|member| member.name.as_str() == name);
    member.map(|member| member.account).expect("every founder is in the network file")
}
