//! `salus proof export`: a proof, as a file that a stranger can verify.

use crate::{files, lifecycle::block_on_until_signal, session::Session};
use clap::{Args, Subcommand};
use salus_types::{AccountId, TransactionHash};
use serde_json::json;
use std::path::PathBuf;

/// Of what, and where to.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The file to write; must not exist yet
    #[arg(long, global = true, value_name = "FILE", default_value = "salus.proof")]
    out: PathBuf,
    /// Of what
    #[command(subcommand)]
    of: Of,
}

/// When it stood so.
#[derive(Debug, Args)]
struct When {
    /// A recent height; the latest when left out
    #[arg(long, value_name = "HEIGHT")]
    height: Option<u64>,
}

/// What is proved.
#[derive(Debug, Subcommand)]
enum Of {
    /// That a record was anchored, by whom, and what its commitments are
    Record {
        /// The record
        record: String,
        #[command(flatten)]
        when: When,
    },
    /// How a grant stands
    Grant {
        /// The grant
        grant: String,
        #[command(flatten)]
        when: When,
    },
    /// That an access was accounted for
    Access {
        /// The patient's account
        patient: AccountId,
        /// The number of the access
        sequence: u64,
        #[command(flatten)]
        when: When,
    },
    /// How an account stands
    Account {
        /// The account
        account: AccountId,
        #[command(flatten)]
        when: When,
    },
    /// That a transaction is in a block, and its receipt
    Transaction {
        /// Its hash
        hash: TransactionHash,
    },
}

impl Of {
    fn path(&self) -> String {
        match self {
            Self::Record { record, when } => when.at(format!("records/{record}")),
            Self::Grant { grant, when } => when.at(format!("grants/{grant}")),
            Self::Access { patient, sequence, when } => {
                when.at(format!("accesses/{patient}/{sequence}"))
            }
            Self::Account { account, when } => when.at(format!("accounts/{account}")),
            Self::Transaction { hash } => format!("transactions/{hash}"),
        }
    }
}

impl When {
    fn at(&self, path: String) -> String {
        match self.height {
            Some(height) => format!("{path}?height={height}"),
            None => path,
        }
    }
}

impl Export {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let proof = block_on_until_signal(async { Ok(client.proof(&self.of.path()).await?) })?;
        files::create(&self.out, "the proof", &proof)?;
        let done = json!({ "file": self.out, "bytes": proof.len() });
        session.output.answer(&done, |_| {
            format!(
                "The proof is in {} ({} bytes). Anyone verifies it offline with\n  \
                 salus proof verify {} --network NETWORK_FILE",
                self.out.display(),
                proof.len(),
                self.out.display()
            )
        });
        Ok(())
    }
}
