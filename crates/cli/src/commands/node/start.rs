//! `salus node start`: the node of a home, until Ctrl-C.

use crate::{
    lifecycle::{block_on, signal},
    session::Session,
};
use clap::Args;
use salus_node::{Home, Node, NodeConfig, telemetry};
use serde_json::json;
use std::net::SocketAddr;

/// What differs from the home's node.toml.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Where to listen for peers
    #[arg(long, value_name = "ADDRESS")]
    peer_listen: Option<SocketAddr>,
    /// Where to listen for clients
    #[arg(long, value_name = "ADDRESS")]
    api_listen: Option<SocketAddr>,
    /// What to log, such as `info` or `salus_node=debug,info`
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
}

impl Start {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = Home::new(session.required_home("what a node needs")?);
        let flags: Vec<(&str, String)> = [
            ("peer_listen", self.peer_listen.map(|address| address.to_string())),
            ("api_listen", self.api_listen.map(|address| address.to_string())),
            ("log", self.log.clone()),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
        let config = NodeConfig::read_with(&home, &flags)?;
        // Traces that are on their way are sent when this goes, after the node.
        let _telemetry = telemetry::install(&config)?;
        block_on(async {
            let node = Node::start_with(&home, config).await?;
            let started = json!({
                "node": node.key(),
                "network": node.network().id(),
                "api": node.api_url(),
                "peers": node.peer_address(),
            });
            session.output.line(&started, |_| {
                format!("Node {} runs; its API is {}. Ctrl-C stops it.", node.key(), node.api_url())
            });
            let failed = tokio::select! {
                failed = node.failed() => failed,
                () = signal() => Ok(()),
            };
            let stopped = node.stop().await;
            failed?;
            Ok(stopped?)
        })
    }
}
