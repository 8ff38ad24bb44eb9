//! `salus tx submit`: a signed transaction from a file.

use crate::{
    files,
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
    submit::{Done, settled},
};
use clap::Args;
use salus_types::Transaction;
use std::path::PathBuf;

/// Which transaction.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// The file that holds it, in canonical bytes or as JSON
    file: PathBuf,
}

impl Submit {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let bytes = files::read(&self.file, "the transaction")?;
        let transaction = parse(&bytes).map_err(|reason| {
            Problem::failed(
                "cli.transaction_invalid",
                format!("{} is not a transaction: {reason}", self.file.display()),
                "give a signed transaction, in canonical bytes or as JSON",
            )
        })?;
        let client = session.client()?;
        let done = block_on_until_signal(settled(&client, &transaction))?;
        session.output.answer(&done, Done::describe);
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Result<Transaction, String> {
    if bytes.first() == Some(&b'{') {
        let transaction: Transaction =
            serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        return Transaction::from_bytes(&transaction.to_bytes()).map_err(|error| error.reason);
    }
    Transaction::from_bytes(bytes).map_err(|error| error.reason)
}
