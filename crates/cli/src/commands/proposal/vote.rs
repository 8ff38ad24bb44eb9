//! `salus proposal vote`: one organisation's vote.

use crate::{
    lifecycle::block_on_until_signal,
    session::Session,
    submit::{call, execute},
};
use clap::{Args, ValueEnum};
use salus_governance::{Choice, Governance, GovernanceTx, tx::Vote as CastVote};
use serde_json::json;

/// For or against.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Answer {
    /// For the proposal
    Approve,
    /// Against it
    Reject,
}

/// On what, and how.
#[derive(Debug, Args)]
pub(crate) struct Vote {
    /// The number of the proposal
    proposal: u64,
    /// The vote
    #[arg(value_enum)]
    answer: Answer,
}

impl Vote {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let signer = session.organisation()?;
        let client = session.client()?;
        let choice = match self.answer {
            Answer::Approve => Choice::Approve,
            Answer::Reject => Choice::Reject,
        };
        let vote = GovernanceTx::Vote(CastVote { proposal: self.proposal, choice });
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            execute(&client, network, &signer, vec![call::<Governance>(&vote)]).await
        })?;
        let answer = json!({ "proposal": self.proposal, "choice": choice, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "The vote on proposal {} is cast. See how it stands with `salus proposal show {}`.\n{}",
                self.proposal,
                self.proposal,
                done.describe()
            )
        });
        Ok(())
    }
}
