//! Records of governance and their keys. The only file that spells a key of this module.

use crate::{
    Action, Choice,
    limits::{AccessLimits, EmergencyService},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite, VALUE_BYTES_MAX};
use salus_types::{
    AccountId, ErrorCode, Height, LedgerParameters, NodeKey, NodeRecord, TextMax, ValidatorSet,
    VecMax, encode,
};
use serde::{Deserialize, Serialize};

/// Most proposals that are open or accepted at one time.
pub const PROPOSALS_DUE_MAX: usize = 64;
/// Most of these by one organisation.
pub const PROPOSALS_OF_ONE_MAX: usize = 8;
/// Most observer nodes that one organisation announces.
pub const OBSERVERS_OF_ONE_MAX: usize = 4;
/// Most observer nodes on the ledger; their records also have to fit one value.
pub const OBSERVERS_MAX: usize = 256;

/// Where a proposal stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ProposalStatus {
    /// It may be voted on.
    Open,
    /// It waits for its height.
    Accepted {
        /// The height at whose end it is executed.
        execute_at: Height,
    },
    /// It was executed.
    Executed {
        /// When.
        at: Height,
    },
    /// It could not be executed, and changed nothing.
    Failed {
        /// When.
        at: Height,
        /// Why.
        code: ErrorCode,
        /// Why, for people.
        message: TextMax<256>,
    },
    /// The votes rejected it.
    Rejected {
        /// When.
        at: Height,
    },
    /// It did not find the votes in time.
    Expired {
        /// When.
        at: Height,
    },
    /// Its proposer withdrew it.
    Withdrawn {
        /// When.
        at: Height,
    },
}

/// A vote on a proposal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct CastVote {
    /// Who voted.
    pub organisation: AccountId,
    /// How.
    pub choice: Choice,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Proposal {
    /// Who proposed it.
    pub proposer: AccountId,
    /// What is proposed.
    pub action: Action,
    /// The height at which it was opened.
    pub opened_at: Height,
    /// The height at whose end the voting is over.
    pub closes_at: Height,
    /// The votes so far.
    pub votes: VecMax<CastVote, 256>,
    /// Where it stands.
    pub status: ProposalStatus,
}

/// A value of `validity_blocks` that was lowered by vote, while transactions that it let in may
/// still be valid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct LongerValidity {
    /// The highest such value.
    pub blocks: u64,
    /// The last height at which a transaction that it let in may be in a block.
    pub until: Height,
}

/// A proposal that is open or accepted, and the height at whose end something is due for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Due {
    /// The height.
    pub height: Height,
    /// The proposal.
    pub proposal: u64,
    /// Who proposed it.
    pub proposer: AccountId,
}

/// What is due, in the order of heights.
pub type Agenda = VecMax<Due, PROPOSALS_DUE_MAX>;
/// Observer nodes, in the order of their keys.
pub type Observers = VecMax<NodeRecord, OBSERVERS_MAX>;

/// `governance/parameters`
pub fn parameters_path() -> KeyPath {
    KeyPath::new("governance/parameters")
}

/// `governance/protocol-version`; absent until it is changed.
pub fn protocol_version_path() -> KeyPath {
    KeyPath::new("governance/protocol-version")
}

/// `governance/longer-validity`
pub fn longer_validity_path() -> KeyPath {
    KeyPath::new("governance/longer-validity")
}

/// `governance/access-limits`; absent until they are changed.
pub fn access_limits_path() -> KeyPath {
    KeyPath::new("governance/access-limits")
}

/// `governance/emergency-service/<account>`
pub fn emergency_service_path(account: AccountId) -> KeyPath {
    KeyPath::new("governance/emergency-service").id(account)
}

/// `governance/validators`
pub fn validators_path() -> KeyPath {
    KeyPath::new("governance/validators")
}

/// `governance/observers`
pub fn observers_path() -> KeyPath {
    KeyPath::new("governance/observers")
}

/// `governance/agenda`
pub fn agenda_path() -> KeyPath {
    KeyPath::new("governance/agenda")
}

/// `governance/proposal-count`
pub fn proposal_count_path() -> KeyPath {
    KeyPath::new("governance/proposal-count")
}

/// `governance/proposal/<number>`
pub fn proposal_path(proposal: u64) -> KeyPath {
    KeyPath::new("governance/proposal").number(proposal)
}

pub(crate) fn parameters(state: &dyn StateRead) -> Option<LedgerParameters> {
    get(state, parameters_path().key())
}

pub(crate) fn put_parameters(state: &mut dyn StateWrite, parameters: &LedgerParameters) {
    put(state, parameters_path().key(), parameters);
}

pub(crate) fn protocol_version(state: &dyn StateRead) -> Option<u16> {
    get(state, protocol_version_path().key())
}

pub(crate) fn put_protocol_version(state: &mut dyn StateWrite, version: u16) {
    put(state, protocol_version_path().key(), &version);
}

pub(crate) fn longer_validity(state: &dyn StateRead) -> Option<LongerValidity> {
    get(state, longer_validity_path().key())
}

pub(crate) fn put_longer_validity(state: &mut dyn StateWrite, longer: LongerValidity) {
    put(state, longer_validity_path().key(), &longer);
}

pub(crate) fn access_limits(state: &dyn StateRead) -> Option<AccessLimits> {
    get(state, access_limits_path().key())
}

pub(crate) fn put_access_limits(state: &mut dyn StateWrite, limits: &AccessLimits) {
    put(state, access_limits_path().key(), limits);
}

pub(crate) fn emergency_service(
    state: &dyn StateRead,
    account: AccountId,
) -> Option<EmergencyService> {
    get(state, emergency_service_path(account).key())
}

pub(crate) fn put_emergency_service(
    state: &mut dyn StateWrite,
    account: AccountId,
    service: &EmergencyService,
) {
    put(state, emergency_service_path(account).key(), service);
}

pub(crate) fn delete_emergency_service(state: &mut dyn StateWrite, account: AccountId) {
    state.delete(emergency_service_path(account).key());
}

pub(crate) fn validators(state: &dyn StateRead) -> ValidatorSet {
    get(state, validators_path().key()).unwrap_or_default()
}

pub(crate) fn put_validators(state: &mut dyn StateWrite, validators: &ValidatorSet) {
    put(state, validators_path().key(), validators);
}

pub(crate) fn observers(state: &dyn StateRead) -> Observers {
    get(state, observers_path().key()).unwrap_or_default()
}

pub(crate) fn put_observers(state: &mut dyn StateWrite, observers: &Observers) {
    put(state, observers_path().key(), observers);
}

/// Whether a list of nodes fits one value.
pub(crate) fn fits(nodes: &impl BorshSerialize) -> bool {
    encode(nodes).len() <= VALUE_BYTES_MAX
}

pub(crate) fn agenda(state: &dyn StateRead) -> Agenda {
    get(state, agenda_path().key()).unwrap_or_default()
}

pub(crate) fn put_agenda(state: &mut dyn StateWrite, agenda: &Agenda) {
    put(state, agenda_path().key(), agenda);
}

pub(crate) fn proposal_count(state: &dyn StateRead) -> u64 {
    get(state, proposal_count_path().key()).unwrap_or(0)
}

pub(crate) fn put_proposal_count(state: &mut dyn StateWrite, count: u64) {
    put(state, proposal_count_path().key(), &count);
}

pub(crate) fn proposal(state: &dyn StateRead, proposal: u64) -> Option<Proposal> {
    get(state, proposal_path(proposal).key())
}

pub(crate) fn put_proposal(state: &mut dyn StateWrite, number: u64, proposal: &Proposal) {
    put(state, proposal_path(number).key(), proposal);
}

/// Changes what is due for one proposal: at another height, or nothing any more.
pub(crate) fn reschedule(
    state: &mut dyn StateWrite,
    number: u64,
    proposer: AccountId,
    height: Option<Height>,
) {
    let mut due = agenda(state).into_inner();
    due.retain(|one| one.proposal != number);
    due.extend(height.map(|height| Due { height, proposal: number, proposer }));
    due.sort_unstable();
    // Propose checks for room, and every other change replaces or removes.
    put_agenda(state, &VecMax::new(due).unwrap_or_default());
}

/// The node with this key, and whether it votes.
pub(crate) fn node(state: &dyn StateRead, key: &NodeKey) -> Option<(NodeRecord, bool)> {
    let find = |nodes: &[NodeRecord]| nodes.iter().find(|node| node.key == *key).cloned();
    let validator = find(validators(state).nodes()).map(|node| (node, true));
    validator.or_else(|| find(&observers(state)).map(|node| (node, false)))
}
