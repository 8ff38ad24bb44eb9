//! Announcing a node that observes.

use crate::{
    GovernanceError, GovernanceEvent,
    nodes::{check_address, check_key, with_observer},
    state::{self, OBSERVERS_OF_ONE_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{NodeKey, NodeRecord, TextMax};
use serde::{Deserialize, Serialize};

/// Announces a node of the sender that follows and serves without a vote, so that peers know it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnounceNode {
    /// The node's key.
    pub key: NodeKey,
    /// Where its peers reach it, `host:port`, 128 bytes at most.
    pub address: TextMax<255>,
    /// Where clients reach its API, an URL of 128 bytes at most; may be empty.
    pub api: TextMax<255>,
}

impl AnnounceNode {
    /// Announces the node.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`GovernanceError::NotAnOrganisation`]: the sender is no organisation.
    /// 2. [`GovernanceError::NodeAddress`]: an address cannot be one.
    /// 3. [`GovernanceError::NodeKey`]: the key is none.
    /// 4. [`GovernanceError::NodeExists`]: the node is on the ledger.
    /// 5. [`GovernanceError::TooManyNodes`]: the sender has [`OBSERVERS_OF_ONE_MAX`].
    /// 6. [`GovernanceError::RegistryFull`]: there is no room.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        let organisation = ctx.sender();
        if !identity::is_active_organisation(ctx.state(), organisation) {
            return Err(GovernanceError::NotAnOrganisation { account: organisation });
        }
        let node = NodeRecord {
            key: self.key,
            organisation,
            address: self.address.clone(),
            api: self.api.clone(),
        };
        check_address(&node)?;
        check_key(&node.key)?;
        if state::node(ctx.state(), &self.key).is_some() {
            return Err(GovernanceError::NodeExists { key: self.key });
        }
        let observers = state::observers(ctx.state());
        let own = observers.iter().filter(|one| one.organisation == organisation).count();
        if own >= OBSERVERS_OF_ONE_MAX {
            return Err(GovernanceError::TooManyNodes { max: OBSERVERS_OF_ONE_MAX });
        }
        let observers = with_observer(observers, node.clone())?;

        state::put_observers(ctx.state(), &observers);
        ctx.emit(&GovernanceEvent::NodeAnnounced { node });
        Ok(())
    }
}
