//! Who asks, and what for: what is the same of every question to the vault.

use crate::{
    Result, Vault, VaultError, accounted,
    error::Doing as _,
    port::OrganisationView,
    read::{Ask, DECIDING, check_ahead},
    rules::Act,
};
use salus_consent::AccessKind;
use salus_types::{AccountId, BlockTime, Height, NetworkId, PublicKey, Salt};

impl Ask {
    /// As what it is accounted for.
    pub(crate) fn kind(&self) -> AccessKind {
        match (self.asking.act, self.basis) {
            (Act::Export, _) => AccessKind::Export,
            (_, Some(basis)) => accounted::kind_on(basis),
            (_, None) => AccessKind::OwnRead,
        }
    }
}

/// What every signed question between organisations says beside what it asks.
pub(crate) struct Asked {
    pub(crate) network: NetworkId,
    pub(crate) to: AccountId,
    pub(crate) requester: AccountId,
    pub(crate) height: Height,
    pub(crate) time: BlockTime,
    pub(crate) nonce: Salt,
}

impl Vault {
    /// Checks that a question is meant for this vault, fresh, signed by a current key of an
    /// organisation in good standing, and not answered before.
    pub(crate) async fn authentic(
        &self,
        asked: &Asked,
        verify: impl FnOnce(&[PublicKey]) -> Result<()> + Send,
    ) -> Result<OrganisationView> {
        if asked.network != self.ledger.network() || asked.to != self.organisation {
            return Err(VaultError::Misdirected);
        }
        let tip = self.ledger.tip().await.doing(DECIDING)?;
        self.replay.check_fresh(asked.time, tip.time)?;
        check_ahead(asked.height, tip)?;
        let organisation = self.ledger.organisation(asked.requester).await.doing(DECIDING)?;
        let organisation =
            organisation.filter(|one| one.active).ok_or(VaultError::OrganisationInactive)?;
        verify(&organisation.attest_keys)?;
        self.replay.remember(asked.requester, asked.nonce, asked.time, tip.time)?;
        Ok(organisation)
    }
}
