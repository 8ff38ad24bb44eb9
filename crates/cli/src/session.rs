//! What a command works with: the options of every command, the node's API, the home.

use crate::{
    files, keys::signer_of, output::Output, problem::Problem, submit::Signer, tree::Options,
};
use salus_api::{ApiToken, client::Client};
use salus_node::Home;
use std::path::Path;

/// The options that were given, and what follows from them.
#[derive(Debug)]
pub(crate) struct Session {
    options: Options,
    /// Where answers go.
    pub(crate) output: Output,
}

impl Session {
    pub(crate) fn new(options: Options, output: Output) -> Self {
        Self { options, output }
    }

    /// The home, where one was given.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.options.home.as_deref()
    }

    /// The home, for a command that cannot do without.
    pub(crate) fn required_home(&self, what: &str) -> anyhow::Result<&Path> {
        self.home().ok_or_else(|| {
            Problem::failed(
                "cli.home_missing",
                format!("no home was given, and {what} is in one"),
                "add --home DIR, or set SALUS_HOME",
            )
        })
    }

    /// A client of the node, for facts of the ledger that everybody may read.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(&self.options.api)?)
    }

    /// A client of the organisation's own node, with the token of its home.
    pub(crate) fn gateway(&self) -> anyhow::Result<Client> {
        let home = self.required_home("the token for the vault's API")?;
        let text = files::read_secret(&Home::new(home).token(), "the token of the node's API")?;
        let token = ApiToken::new(text.trim());
        Ok(self.client()?.with_token(token))
    }

    /// The organisation of the home: its account and the key that signs for it.
    pub(crate) fn organisation(&self) -> anyhow::Result<Signer> {
        let home = Home::new(self.required_home("the organisation's key")?);
        signer_of(&home.organisation_key(), None)
    }
}
