//! `salus tx show`: where a transaction stands.

use crate::{
    lifecycle::block_on_until_signal, problem::Problem, session::Session, text::outline,
    time::parse_length,
};
use clap::Args;
use salus_api::view::TransactionStanding;
use salus_types::TransactionHash;
use std::time::Duration;

/// Which transaction.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Its hash: 64 hexadecimal digits
    hash: TransactionHash,
    /// Wait so long for it to become final, at most 60s
    #[arg(long, value_name = "LENGTH", value_parser = parse_length, default_value = "0s")]
    wait: Duration,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let answer =
            block_on_until_signal(async { Ok(client.transaction(self.hash, self.wait).await?) })?;
        session.output.answer(&answer, outline);
        match answer.status {
            TransactionStanding::Unknown => Err(Problem::refused(
                "transaction.unknown",
                "this node has not seen the transaction",
                "ask the node that it was submitted to, with --api URL",
            )),
            TransactionStanding::Expired => Err(Problem::refused(
                "transaction.expired",
                "the transaction expired before it was in a block",
                "sign and submit it again",
            )),
            TransactionStanding::Pending | TransactionStanding::Final => Ok(()),
        }
    }
}
