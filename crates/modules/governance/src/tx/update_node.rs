//! Moving a node to other addresses.

use crate::{
    GovernanceError, GovernanceEvent,
    nodes::{check_address, with_observer, with_validator},
    state,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::{NodeKey, NodeRecord, TextMax};
use serde::{Deserialize, Serialize};

/// Changes the addresses of a node of the sender, a validator or an observer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateNode {
    /// The node's key.
    pub key: NodeKey,
    /// Where its peers reach it, `host:port`, 128 bytes at most.
    pub address: TextMax<255>,
    /// Where clients reach its API, an URL of 128 bytes at most; may be empty.
    pub api: TextMax<255>,
}

impl UpdateNode {
    /// Changes the addresses.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`GovernanceError::UnknownNode`]: the node is not on the ledger.
    /// 2. [`GovernanceError::NodeOfAnother`]: another organisation runs it.
    /// 3. [`GovernanceError::NodeAddress`]: an address cannot be one.
    /// 4. [`GovernanceError::RegistryFull`]: there is no room for longer addresses.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        let key = self.key;
        let (found, votes) =
            state::node(ctx.state(), &key).ok_or(GovernanceError::UnknownNode { key })?;
        if found.organisation != ctx.sender() {
            return Err(GovernanceError::NodeOfAnother { key });
        }
        let node = NodeRecord {
            key,
            organisation: found.organisation,
            address: self.address.clone(),
            api: self.api.clone(),
        };
        check_address(&node)?;

        if votes {
            let set = with_validator(state::validators(ctx.state()), node.clone())?;
            state::put_validators(ctx.state(), &set);
        } else {
            let observers = with_observer(state::observers(ctx.state()), node.clone())?;
            state::put_observers(ctx.state(), &observers);
        }
        ctx.emit(&GovernanceEvent::NodeUpdated { node });
        Ok(())
    }
}
