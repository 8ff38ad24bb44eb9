//! An organisation's card: what it tells the members so that they can admit it and let its node vote.
//! Everything on it is public.

use crate::{files, problem::Problem};
use salus_governance::action::AdmitOrganisation;
use salus_types::{
    AccountId, BytesMax, NodeRecord, OrganisationFunction, OrganisationRole, PublicKey, TextMax,
    VecMax,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What an organisation tells about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Card {
    /// Its account.
    pub(crate) account: AccountId,
    /// Its name.
    pub(crate) name: TextMax<128>,
    /// What it does.
    pub(crate) functions: VecMax<OrganisationFunction, 9>,
    /// Its first key.
    pub(crate) key: PublicKey,
    /// Its X-Wing public key.
    pub(crate) sealing_key: BytesMax<2048>,
    /// The node that it runs.
    pub(crate) node: NodeRecord,
}

impl Card {
    /// Reads a card.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = files::read_text(path, "the organisation's card")?;
        serde_json::from_str(&text).map_err(|error| {
            Problem::failed(
                "cli.card_invalid",
                format!("{} is not an organisation's card: {error}", path.display()),
                "ask the organisation for the card.json that `salus network join` wrote",
            )
        })
    }

    /// What members vote on to admit it.
    pub(crate) fn admission(&self, role: OrganisationRole) -> AdmitOrganisation {
        AdmitOrganisation {
            account: self.account,
            name: self.name.clone(),
            functions: self.functions.clone(),
            key: self.key,
            sealing_key: self.sealing_key.clone(),
            role,
        }
    }
}
