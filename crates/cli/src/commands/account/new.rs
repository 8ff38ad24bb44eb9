//! `salus account new`: an account for the holder of a key.

use crate::{
    keys::KeyFile,
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
    submit::{Signer, call, execute},
};
use clap::{Args, ValueEnum};
use salus_crypto::random;
use salus_identity::{Identity, IdentityTx, tx::RegisterAccount};
use salus_types::{AccountId, AccountKind, Salt};
use serde_json::json;
use std::path::PathBuf;

/// What the account stands for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// A person, under a pseudonym
    Person,
    /// A device or a piece of software
    Device,
}

/// For whom.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The key file of the holder; the account is noted in it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What the account stands for
    #[arg(long, value_enum, default_value = "person")]
    kind: Kind,
    /// The organisation of the home registers it as one of its people, such as a medic who opens
    /// emergencies
    #[arg(long)]
    staff: bool,
}

impl New {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let mut file = KeyFile::read(&self.key)?;
        if let Some(account) = file.account() {
            return Err(Problem::refused(
                "cli.key_has_account",
                format!("{} acts for account {account} already", self.key.display()),
                "make a key for each account with `salus key new FILE`",
            ));
        }
        let client = session.client()?;
        let kind = match self.kind {
            Kind::Person => AccountKind::Person,
            Kind::Device => AccountKind::Device,
        };
        let (account, done) = block_on_until_signal(async {
            let network = client.network().await?.id();
            let salt = Salt(random::<16>());
            let account = AccountId::derive(network, &file.public(), salt);
            let register = IdentityTx::RegisterAccount(RegisterAccount {
                account,
                kind,
                key: file.public(),
                salt,
            });
            let signer = if self.staff {
                session.organisation()?
            } else {
                Signer { account, key: file.key()? }
            };
            let done =
                execute(&client, network, &signer, vec![call::<Identity>(&register)]).await?;
            Ok((account, done))
        })?;
        file.set_account(&self.key, account)?;
        let made = json!({ "account": account, "key": self.key, "done": done });
        session.output.answer(&made, |_| format!("Account {account}.\n{}", done.describe()));
        Ok(())
    }
}
