//! Withdrawing a node that observes.

use crate::{GovernanceError, GovernanceEvent, nodes::keep_observers, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::NodeKey;
use serde::{Deserialize, Serialize};

/// Takes an observer node of the sender off the ledger. A validator is removed by vote.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawNode {
    /// The node's key.
    pub key: NodeKey,
}

impl WithdrawNode {
    /// Withdraws the node.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`GovernanceError::UnknownNode`]: there is no observer with this key.
    /// 2. [`GovernanceError::NodeOfAnother`]: another organisation runs it.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        let key = self.key;
        let (found, _) = state::node(ctx.state(), &key)
            .filter(|(_, votes)| !votes)
            .ok_or(GovernanceError::UnknownNode { key })?;
        if found.organisation != ctx.sender() {
            return Err(GovernanceError::NodeOfAnother { key });
        }

        keep_observers(ctx.state(), |node| node.key != key);
        ctx.emit(&GovernanceEvent::NodeWithdrawn { key });
        Ok(())
    }
}
