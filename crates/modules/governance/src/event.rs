//! What governance tells the world.

use crate::{ActionClass, Choice, limits::AccessLimits};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::event_names;
use salus_types::{
    AccountId, BlockTime, ErrorCode, Height, LedgerParameters, ModuleId, NodeKey, NodeRecord,
};
use serde::{Deserialize, Serialize};

/// An event of this module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum GovernanceEvent {
    /// A proposal may be voted on.
    ProposalOpened {
        /// Its number.
        proposal: u64,
        /// Who proposed it.
        proposer: AccountId,
        /// What class of action it proposes.
        class: ActionClass,
        /// The height at whose end the voting is over.
        closes_at: Height,
    },
    /// An organisation voted.
    VoteCast {
        /// The proposal.
        proposal: u64,
        /// Who voted.
        organisation: AccountId,
        /// How.
        choice: Choice,
    },
    /// A proposal is accepted.
    ProposalAccepted {
        /// The proposal.
        proposal: u64,
        /// The height at whose end it is executed.
        execute_at: Height,
    },
    /// A proposal is rejected by the votes.
    ProposalRejected {
        /// The proposal.
        proposal: u64,
    },
    /// A proposal did not find the votes in time.
    ProposalExpired {
        /// The proposal.
        proposal: u64,
    },
    /// A proposal was withdrawn by its proposer.
    ProposalWithdrawn {
        /// The proposal.
        proposal: u64,
    },
    /// A proposal was executed.
    ProposalExecuted {
        /// The proposal.
        proposal: u64,
    },
    /// A proposal could not be executed, and changed nothing.
    ProposalFailed {
        /// The proposal.
        proposal: u64,
        /// Why.
        code: ErrorCode,
    },
    /// An organisation announced a node that observes.
    NodeAnnounced {
        /// The node.
        node: NodeRecord,
    },
    /// A node moved to other addresses.
    NodeUpdated {
        /// The node, as it is now.
        node: NodeRecord,
    },
    /// An organisation withdrew a node that observed.
    NodeWithdrawn {
        /// The node.
        key: NodeKey,
    },
    /// A node votes, from the next epoch on.
    ValidatorAdded {
        /// The node.
        node: NodeRecord,
    },
    /// A node votes no longer, from the next epoch on.
    ValidatorRemoved {
        /// The node.
        key: NodeKey,
    },
    /// Parameters were changed, from the next block on.
    ParametersChanged {
        /// All of them, as they are now.
        parameters: LedgerParameters,
    },
    /// The protocol was changed, from the next block on.
    ProtocolVersionChanged {
        /// The version, as it is now.
        version: u16,
    },
    /// An organisation may open emergencies.
    EmergencyServiceAccredited {
        /// The organisation.
        account: AccountId,
        /// Until when.
        until: BlockTime,
    },
    /// It may no longer.
    EmergencyServiceWithdrawn {
        /// The organisation.
        account: AccountId,
    },
    /// Limits of access were changed, from the next block on.
    AccessLimitsChanged {
        /// All of them, as they are now.
        limits: AccessLimits,
    },
}

event_names! {
    GovernanceEvent of ModuleId::GOVERNANCE => {
        ProposalOpened,
        VoteCast,
        ProposalAccepted,
        ProposalRejected,
        ProposalExpired,
        ProposalWithdrawn,
        ProposalExecuted,
        ProposalFailed,
        NodeAnnounced,
        NodeUpdated,
        NodeWithdrawn,
        ValidatorAdded,
        ValidatorRemoved,
        ParametersChanged,
        ProtocolVersionChanged,
        EmergencyServiceAccredited,
        EmergencyServiceWithdrawn,
        AccessLimitsChanged,
    }
}
