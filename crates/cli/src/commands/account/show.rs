//! `salus account show`: an account, its kind and its keys.

use crate::{lifecycle::block_on_until_signal, session::Session, text::outline};
use clap::Args;
use salus_api::{client::At, view::StateAnswer};
use salus_types::AccountId;
use serde_json::Value;

/// Which account.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The account: 64 hexadecimal digits
    account: AccountId,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let path = format!("/v1/accounts/{}", self.account);
        let account: StateAnswer<Value> =
            block_on_until_signal(async { Ok(client.state(&path, At::default()).await?) })?;
        session.output.answer(&account, outline);
        Ok(())
    }
}
