//! Why governance refuses.

use salus_framework::ModuleError;
use salus_identity::IdentityError;
use salus_types::{AccountId, BlockTime, NodeKey};

/// A refusal of this module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GovernanceError {
    /// The sender has no vote. Code: `governance.no_vote`.
    #[error("account {account} is not an active organisation with a vote")]
    NoVote {
        /// The sender.
        account: AccountId,
    },
    /// The sender is no organisation. Code: `governance.not_an_organisation`.
    #[error("account {account} is not an active organisation")]
    NotAnOrganisation {
        /// The account.
        account: AccountId,
    },
    /// Too many proposals wait. Code: `governance.too_many_open`.
    #[error("{open} proposals are open, at most {max} may be")]
    TooManyOpen {
        /// How many are open, of all or of this organisation.
        open: usize,
        /// How many may be.
        max: usize,
    },
    /// No such proposal. Code: `governance.unknown_proposal`.
    #[error("there is no proposal {proposal}")]
    UnknownProposal {
        /// The number that was named.
        proposal: u64,
    },
    /// The proposal is decided. Code: `governance.not_open`.
    #[error("proposal {proposal} is not open any more")]
    NotOpen {
        /// The proposal.
        proposal: u64,
    },
    /// The accused does not vote. Code: `governance.own_cause`.
    #[error("an organisation does not vote on its own suspension or expulsion")]
    OwnCause,
    /// One vote each. Code: `governance.already_voted`.
    #[error("account {account} has voted on proposal {proposal}")]
    AlreadyVoted {
        /// The sender.
        account: AccountId,
        /// The proposal.
        proposal: u64,
    },
    /// Only the proposer withdraws. Code: `governance.not_proposer`.
    #[error("proposal {proposal} was made by another organisation")]
    NotProposer {
        /// The proposal.
        proposal: u64,
    },
    /// Founders are made at genesis only. Code: `governance.wrong_role`.
    #[error("an organisation is admitted as member or as observer")]
    WrongRole,
    /// A node's address is not usable. Code: `governance.node_address`.
    #[error(
        "a node's address is host:port and its API an http or https URL, 128 bytes each at most"
    )]
    NodeAddress,
    /// A node's key is none, or one for which anybody can sign. Code: `governance.node_key`.
    #[error("a node's key is an Ed25519 key that only its owner can sign for")]
    NodeKey,
    /// The node is known already. Code: `governance.node_exists`.
    #[error("node {key} is on the ledger already")]
    NodeExists {
        /// The node.
        key: NodeKey,
    },
    /// The node is not known. Code: `governance.unknown_node`.
    #[error("node {key} is not on the ledger")]
    UnknownNode {
        /// The node.
        key: NodeKey,
    },
    /// The node is run by another organisation. Code: `governance.node_of_another`.
    #[error("node {key} is run by another organisation")]
    NodeOfAnother {
        /// The node.
        key: NodeKey,
    },
    /// The organisation announced as many nodes as allowed. Code: `governance.too_many_nodes`.
    #[error("an organisation announces at most {max} observer nodes")]
    TooManyNodes {
        /// How many are allowed.
        max: usize,
    },
    /// The registry of nodes has no room. Code: `governance.registry_full`.
    #[error("the registry of nodes has no room for this record")]
    RegistryFull,
    /// The node votes already. Code: `governance.already_validator`.
    #[error("node {key} is a validator already")]
    AlreadyValidator {
        /// The node.
        key: NodeKey,
    },
    /// The node does not vote. Code: `governance.not_a_validator`.
    #[error("node {key} is not a validator")]
    NotAValidator {
        /// The node.
        key: NodeKey,
    },
    /// A network keeps one validator. Code: `governance.last_validator`.
    #[error("no validator would be left")]
    LastValidator,
    /// A parameter is outside its range. Code: `governance.parameter_range`.
    #[error("parameter {name} is {value}, expected {min} to {max}")]
    ParameterRange {
        /// Its name.
        name: &'static str,
        /// The value given.
        value: u64,
        /// The smallest allowed.
        min: u64,
        /// The largest allowed.
        max: u64,
    },
    /// A parameter cannot be changed. Code: `governance.parameter_fixed`.
    #[error("parameter {name} is fixed at genesis: heights and epochs are counted with it")]
    ParameterFixed {
        /// Its name.
        name: &'static str,
    },
    /// A protocol version does not follow that in force. Code: `governance.protocol_version`.
    #[error("protocol version {found} does not follow; the next one is {expected}")]
    ProtocolVersion {
        /// The version proposed.
        found: u16,
        /// The one after that in force.
        expected: u16,
    },
    /// An accreditation would be over at once. Code: `governance.accreditation_over`.
    #[error("the accreditation would end at {until}, which is not after {now}")]
    AccreditationOver {
        /// When it was to end.
        until: BlockTime,
        /// Block time.
        now: BlockTime,
    },
    /// The organisation is no accredited emergency service. Code: `governance.not_accredited`.
    #[error("account {account} is no accredited emergency service")]
    NotAccredited {
        /// The account.
        account: AccountId,
    },
    /// The network file names a validator of an organisation that is no founder. Code:
    /// `governance.unknown_founder`.
    #[error("validator {key} belongs to no founder")]
    UnknownFounder {
        /// The validator.
        key: NodeKey,
    },
    /// The network file is of another version. Code: `governance.network_version`.
    #[error("the network file has version {found}, expected is {expected}")]
    NetworkVersion {
        /// What this software reads.
        expected: u16,
        /// What the file says.
        found: u16,
    },
    /// Identity refuses what is proposed; the code is identity's.
    #[error(transparent)]
    Identity(IdentityError),
}

impl From<IdentityError> for GovernanceError {
    fn from(error: IdentityError) -> Self {
        Self::Identity(error)
    }
}

impl ModuleError for GovernanceError {
    const CODES: &'static [&'static str] = &[
        "governance.no_vote",
        "governance.not_an_organisation",
        "governance.too_many_open",
        "governance.unknown_proposal",
        "governance.not_open",
        "governance.own_cause",
        "governance.already_voted",
        "governance.not_proposer",
        "governance.wrong_role",
        "governance.node_address",
        "governance.node_exists",
        "governance.unknown_node",
        "governance.node_of_another",
        "governance.too_many_nodes",
        "governance.registry_full",
        "governance.already_validator",
        "governance.not_a_validator",
        "governance.last_validator",
        "governance.parameter_range",
        "governance.parameter_fixed",
        "governance.unknown_founder",
        "governance.network_version",
        "governance.node_key",
        "governance.protocol_version",
        "governance.accreditation_over",
        "governance.not_accredited",
    ];

    fn code(&self) -> &'static str {
        match self {
            Self::NoVote { .. } => "governance.no_vote",
            Self::NotAnOrganisation { .. } => "governance.not_an_organisation",
            Self::TooManyOpen { .. } => "governance.too_many_open",
            Self::UnknownProposal { .. } => "governance.unknown_proposal",
            Self::NotOpen { .. } => "governance.not_open",
            Self::OwnCause => "governance.own_cause",
            Self::AlreadyVoted { .. } => "governance.already_voted",
            Self::NotProposer { .. } => "governance.not_proposer",
            Self::WrongRole => "governance.wrong_role",
            Self::NodeAddress => "governance.node_address",
            Self::NodeKey => "governance.node_key",
            Self::NodeExists { .. } => "governance.node_exists",
            Self::UnknownNode { .. } => "governance.unknown_node",
            Self::NodeOfAnother { .. } => "governance.node_of_another",
            Self::TooManyNodes { .. } => "governance.too_many_nodes",
            Self::RegistryFull => "governance.registry_full",
            Self::AlreadyValidator { .. } => "governance.already_validator",
            Self::NotAValidator { .. } => "governance.not_a_validator",
            Self::LastValidator => "governance.last_validator",
            Self::ParameterRange { .. } => "governance.parameter_range",
            Self::ParameterFixed { .. } => "governance.parameter_fixed",
            Self::ProtocolVersion { .. } => "governance.protocol_version",
            Self::AccreditationOver { .. } => "governance.accreditation_over",
            Self::NotAccredited { .. } => "governance.not_accredited",
            Self::UnknownFounder { .. } => "governance.unknown_founder",
            Self::NetworkVersion { .. } => "governance.network_version",
            Self::Identity(error) => error.code(),
        }
    }
}
