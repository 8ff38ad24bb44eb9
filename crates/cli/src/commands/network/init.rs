//! `salus network init`: a new network, with a home for each founding validator.

use crate::{parameters::changed, session::Session, time::now_ms};
use clap::Args;
use salus_node::init::{NetworkOptions, network};
use salus_types::{BlockTime, LedgerParameters};
use serde_json::json;
use std::{net::IpAddr, path::PathBuf};

/// What the network is.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Founding organisations, each with one validator, 1 to 30
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=30))]
    validators: u16,
    /// Name of the network
    #[arg(long, default_value = "salus")]
    name: String,
    /// Address of all nodes, for a network on one machine; or one for each, separated by commas
    #[arg(long, default_value = "127.0.0.1", value_delimiter = ',')]
    host: Vec<IpAddr>,
    /// Port for peers of the first node; the others follow
    #[arg(long, default_value_t = 21_000)]
    peer_port: u16,
    /// Port for the API of the first node; the others follow
    #[arg(long, default_value_t = 22_000)]
    api_port: u16,
    /// A JSON file with first parameters that differ from the usual ones
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
}

impl Init {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = session.required_home("the new network")?;
        let parameters = match &self.parameters {
            Some(file) => changed(serde_json::to_value(LedgerParameters::default())?, file)?,
            None => LedgerParameters::default(),
        };
        let now = BlockTime::from_unix_ms(now_ms());
        let made = network(&NetworkOptions {
            name: self.name.clone(),
            hosts: self.host.clone(),
            peer_port: self.peer_port,
            api_port: self.api_port,
            parameters,
            ..NetworkOptions::new(home, usize::from(self.validators), now)
        })?;
        let homes: Vec<PathBuf> =
            (0..self.validators).map(|index| home.join(format!("node{index}"))).collect();
        let answer = json!({
            "network": made.id(),
            "file": home.join("network.json"),
            "homes": homes,
        });
        session.output.answer(&answer, |_| {
            let starts: Vec<String> = homes
                .iter()
                .map(|home| format!("  salus node start --home {}", home.display()))
                .collect();
            format!(
                "Network {} is ready in {}. Everybody may have its file network.json; each home is \
                 for its organisation only.\nStart the nodes, each in a terminal of its own:\n{}",
                made.id(),
                home.display(),
                starts.join("\n")
            )
        });
        Ok(())
    }
}
