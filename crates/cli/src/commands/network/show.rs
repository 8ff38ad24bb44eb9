//! `salus network show`: a network's public identity, from a node or from a file.

use crate::{files::read_network, lifecycle::block_on_until_signal, session::Session};
use clap::Args;
use salus_types::NetworkFile;
use std::path::PathBuf;

/// Which network.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A network file; the network of the node at --api when left out
    file: Option<PathBuf>,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let network = if let Some(file) = &self.file {
            read_network(file)?
        } else {
            let client = session.client()?;
            block_on_until_signal(async { Ok(client.network().await?) })?
        };
        session.output.answer(&network, describe);
        Ok(())
    }
}

fn describe(network: &NetworkFile) -> String {
    let first = format!(
        "Network {} ({}), since {}.",
        network.name.as_str(),
        network.id(),
        crate::time::show_ms(network.genesis_time.unix_ms())
    );
    let members = network.members.iter();
    let members = members.map(|one| format!("  founder {} {}", one.account, one.name.as_str()));
    let nodes = network.validators.nodes().iter();
    let nodes = nodes.map(|one| format!("  validator {} at {}", one.key, one.address.as_str()));
    std::iter::once(first).chain(members).chain(nodes).collect::<Vec<_>>().join("\n")
}
