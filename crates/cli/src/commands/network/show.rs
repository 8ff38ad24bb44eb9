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
        let network = match &self.file {
            Some(file) => read_network(file)?,
            None => {
                let client = session.client()?;
                block_on_until_signal(async { Ok(client.network().await?) })?
            }
        };
        session.output.answer(&network, describe);
        Ok(())
    }
}

fn describe(network: &NetworkFile) -> String {
    let mut text = format!(
        "Network {} ({}), since {}.\n",
        network.name.as_str(),
        network.id(),
        crate::time::show_ms(network.genesis_time.unix_ms())
    );
    for member in &network.members {
        text += &format!("  founder {} {}\n", member.account, member.name.as_str());
    }
    for node in network.validators.nodes() {
        text += &format!("  validator {} at {}\n", node.key, node.address.as_str());
    }
    text
}
