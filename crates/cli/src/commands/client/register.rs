//! `salus client register`: who may ask at the gateway, with which key, for what at most.

use crate::{
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
    submit::{call, execute},
};
use anyhow::Context as _;
use clap::Args;
use salus_api::{
    fhir::Scope,
    smart::{ClientRegistration, Jwk},
};
use salus_identity::{Identity, IdentityTx, tx::SetEntry};
use salus_types::{BytesMax, TextMax};
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;

/// Which client, with what.
#[derive(Debug, Args)]
pub(crate) struct Register {
    /// The client's id, at most 51 visible characters
    client: String,
    /// Its public keys: a file with a JSON Web Key Set
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// What it may ask for at most, such as "system/Patient.rs system/Observation.rs"
    #[arg(long)]
    scope: String,
}

/// A JSON Web Key Set.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Jwk>,
}

impl Register {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let refuse = |detail: String, advice: &str| Problem::refused("cli.client", detail, advice);
        let name = ClientRegistration::entry_name(&self.client).ok_or_else(|| {
            refuse("this is no id of a client".to_owned(), "take 1 to 51 visible ASCII characters")
        })?;
        let text = std::fs::read(&self.keys)
            .with_context(|| format!("{} cannot be read", self.keys.display()))?;
        let keys = serde_json::from_slice::<KeySet>(&text).map(|set| set.keys).unwrap_or_default();
        if keys.is_empty() || keys.iter().any(|key| key.key().is_none()) {
            let detail = format!("{} holds no keys that are taken", self.keys.display());
            let advice =
                "give a key set of public EC keys (P-384, P-256) or RSA keys (2,048 to 4,096 bits)";
            return Err(refuse(detail, advice));
        }
        for scope in self.scope.split_ascii_whitespace() {
            if scope.parse::<Scope>().is_err() {
                let detail = format!("`{scope}` is no scope that is enforced");
                return Err(refuse(detail, "give scopes such as system/Observation.rs"));
            }
        }
        let registration = ClientRegistration { keys, scope: self.scope.clone() };
        let value = BytesMax::new(serde_json::to_vec(&registration)?)
            .map_err(|error| refuse(error.to_string(), "give one key, or shorter scopes"))?;
        let entry = IdentityTx::SetEntry(SetEntry {
            name: TextMax::new(name).map_err(|error| anyhow::anyhow!("{error}"))?,
            value,
        });
        let signer = session.organisation()?;
        let client = session.client()?;
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            execute(&client, network, &signer, vec![call::<Identity>(&entry)]).await
        })?;
        let answer = json!({ "client": self.client, "scope": self.scope, "done": done });
        session.output.answer(&answer, |_| {
            format!("Client {} may ask for tokens now.\n{}", self.client, done.describe())
        });
        Ok(())
    }
}
