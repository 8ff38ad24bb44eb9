//! `salus network join`: a home for a node that follows from the network file alone.

use crate::{
    card::Card, files, lifecycle::block_on_until_signal, problem::Problem, session::Session,
};
use clap::Args;
use salus_node::{
    Home, NodeConfig, clock,
    init::{observer, read_network},
};
use salus_types::{BytesMax, NodeRecord, OrganisationFunction, TextMax, VecMax};
use serde_json::json;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

/// Which network, as whom, and where.
#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The network file: the network's public identity, from a source that you trust
    #[arg(long, value_name = "NETWORK_FILE")]
    network: PathBuf,
    /// Name of the organisation, a public fact
    #[arg(long, default_value = "Newcomer")]
    name: String,
    /// What it does: hospital, payer, manufacturer, wholesaler, pharmacy, laboratory, regulator,
    /// researcher, issuer; may be repeated
    #[arg(long = "function", value_parser = parse_function, default_value = "regulator")]
    functions: Vec<OrganisationFunction>,
    /// Where the node listens for its peers
    #[arg(long, default_value = "127.0.0.1:21100")]
    peer_listen: SocketAddr,
    /// Where its peers reach it, host:port, if not where it listens
    #[arg(long, value_name = "HOST:PORT")]
    peer_address: Option<String>,
    /// Where the node listens for its clients
    #[arg(long, default_value = "127.0.0.1:22100")]
    api_listen: SocketAddr,
    /// APIs of members that may let it follow; those of the network file when left out
    #[arg(long = "bootstrap", value_name = "URL")]
    bootstrap: Vec<String>,
}

fn parse_function(text: &str) -> Result<OrganisationFunction, String> {
    serde_json::from_value(json!(text.to_lowercase()))
        .map_err(|_| format!("`{text}` is not a function; see `salus network join --help`"))
}

impl Join {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = session.required_home("the new node")?;
        let network = read_network(&self.network)?;
        let config = NodeConfig {
            peer_listen: self.peer_listen,
            peer_address: self.peer_address.clone().unwrap_or_default(),
            api_listen: self.api_listen,
            bootstrap: self.bootstrap.clone(),
            ..NodeConfig::default()
        };
        let address = match &self.peer_address {
            Some(address) => address.clone(),
            None => self.peer_listen.to_string(),
        };
        let mut functions = self.functions.clone();
        functions.sort_unstable();
        functions.dedup();
        let name = TextMax::new(self.name.trim()).map_err(|error| setting(&error.reason))?;
        let functions = VecMax::new(functions).map_err(|error| setting(&error.reason))?;

        let secrets = observer(home, &network, &config)?;
        let account = secrets.organisation.account.ok_or_else(|| setting("it has no account"))?;
        let card = Card {
            account,
            name,
            functions,
            key: secrets.organisation.key.public(),
            sealing_key: BytesMax::new(secrets.sealing.public().as_bytes())
                .map_err(|error| setting(&error.reason))?,
            node: NodeRecord {
                key: secrets.node.public(),
                organisation: account,
                address: TextMax::new(address).map_err(|error| setting(&error.reason))?,
                api: TextMax::new(api_url(self.api_listen))
                    .map_err(|error| setting(&error.reason))?,
            },
        };
        let path = home.join("card.json");
        let text = serde_json::to_string_pretty(&card)? + "\n";
        files::create(&path, "the organisation's card", text.as_bytes())?;
        let apis = NodeConfig::read(&Home::new(home))?.bootstrap;
        let ahead_ms = block_on_until_signal(async { Ok(clock::ahead_ms(&apis).await) })?;
        let warning = clock_warning(ahead_ms);
        let answer = json!({
            "home": home, "card": path, "account": account, "node": card.node,
            "clock_ahead_ms": ahead_ms,
        });
        session.output.answer(&answer, |_| {
            format!(
                "{warning}The home is {home}. Follow the network with\n  salus node start --home {home}\n\
                 To become a member, and then a validator, give {card} to a member, who proposes\n  \
                 salus proposal new admit {card} --home DIR\n  \
                 salus proposal new add-validator {card} --home DIR",
                home = home.display(),
                card = path.display(),
            )
        });
        Ok(())
    }
}

/// A sentence when the members' nodes would refuse connections for the time they are made at.
fn clock_warning(ahead_ms: Option<i64>) -> String {
    match ahead_ms.filter(|ahead_ms| clock::is_apart(*ahead_ms)) {
        None => String::new(),
        Some(ahead_ms) => format!(
            "WRONG: this machine's clock is {} s {} the clocks of the members' nodes, which refuse \
             its connections; set the clock before you start the node.\n",
            ahead_ms.unsigned_abs() / 1000,
            if ahead_ms > 0 { "ahead of" } else { "behind" },
        ),
    }
}

fn api_url(listen: SocketAddr) -> String {
    // A wildcard is where a node listens, not where it is reached.
    if listen.ip() == IpAddr::from([0, 0, 0, 0]) {
        String::new()
    } else {
        format!("http://{listen}")
    }
}

fn setting(reason: &str) -> anyhow::Error {
    Problem::failed("cli.setting", reason.to_owned(), "see `salus network join --help`")
}
