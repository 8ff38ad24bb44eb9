//! `salus node backup`: a back-up of a home, taken while its node runs.

use crate::{files, lifecycle::block_on_until_signal, problem::Problem, session::Session};
use clap::Args;
use salus_api::{
    ApiToken,
    client::{Client, ClientError},
};
use salus_node::{
    Home, NodeConfig,
    backup::{Take, take},
};
use std::path::PathBuf;

/// Where to, and what of the secrets.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Seal the home's keys and token under the passphrase in this file; left out otherwise
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Backup {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = Home::new(session.required_home("what is backed up")?);
        let passphrase = self.passphrase_file.as_deref().map(files::read_passphrase).transpose()?;
        let client = client_of(&home)?;
        let what = Take {
            home: &home,
            client: &client,
            to: &self.to,
            passphrase: passphrase.as_ref().map(|text| text.as_str()),
        };
        let manifest = block_on_until_signal(async { Ok(take(&what).await?) })?;
        session.output.answer(&manifest, |manifest| {
            let bytes: u64 = manifest.files.values().map(|entry| entry.bytes).sum();
            let blocks = if manifest.has_ledger() {
                format!("the ledger up to block {}", manifest.height)
            } else {
                "no blocks, for this node keeps the newest only: who restores it copies the state \
                 from peers,"
                    .to_owned()
            };
            let files = manifest.files.len();
            format!("{} holds {blocks} and {files} files, {bytes} bytes.", self.to.display())
        });
        Ok(())
    }
}

/// A client of the node that runs on a home, with its token.
fn client_of(home: &Home) -> anyhow::Result<Client> {
    let config = NodeConfig::read(home)?;
    let token = files::read_text(&home.token(), "the token of the node's API")?;
    let client = Client::new(&format!("http://{}", config.api_listen));
    let client = client.map_err(|error: ClientError| {
        Problem::failed("cli.api", error.to_string(), "set `api_listen` in node.toml")
    })?;
    Ok(client.with_token(ApiToken::new(token.trim())))
}
