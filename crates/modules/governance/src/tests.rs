//! Stories and properties of governance.

#![expect(clippy::arithmetic_side_effects, reason = "a test may stop on an overflow")]
#![expect(clippy::needless_pass_by_value, reason = "a call that is made in place reads better")]

mod emergencies;
mod membership;
mod nodes;
mod property;
mod proposals;
mod protocol;
mod rules;

use crate::{
    Action, Choice, Governance, GovernanceError, GovernanceEvent, GovernanceTx, ProposalStatus,
    action::AdmitOrganisation, query, tx,
};
use salus_framework::{
    ModuleError, ModuleEvent,
    testing::{TestLedger, account, key_of, network, node_key, node_number},
};
use salus_identity::{Identity, IdentityEvent};
use salus_types::{
    AccountId, BytesMax, Height, ModuleId, NodeRecord, OrganisationRole, TextMax, VecMax,
};

/// A ledger of these founders, with a validator each.
fn ledger(founders: &[u8]) -> TestLedger {
    let network = network(founders);
    let mut ledger = TestLedger::new(&network);
    ledger.genesis::<Identity>(&network).unwrap();
    ledger.genesis::<Governance>(&network).unwrap();
    ledger
}

fn run(
    ledger: &mut TestLedger,
    sender: u8,
    call: GovernanceTx,
) -> Result<Vec<GovernanceEvent>, GovernanceError> {
    Ok(own(&ledger.run::<Governance>(account(sender), &call)?))
}

/// The events of governance among these.
fn own(events: &[salus_types::Event]) -> Vec<GovernanceEvent> {
    let own = events.iter().filter(|event| event.module == ModuleId::GOVERNANCE);
    own.map(|event| GovernanceEvent::from_event(event).unwrap()).collect()
}

/// The events of identity among these.
fn of_identity(events: &[salus_types::Event]) -> Vec<IdentityEvent> {
    let own = events.iter().filter(|event| event.module == ModuleId::IDENTITY);
    own.map(|event| IdentityEvent::from_event(event).unwrap()).collect()
}

fn code<T: std::fmt::Debug>(result: Result<T, GovernanceError>) -> &'static str {
    result.unwrap_err().code()
}

fn propose(ledger: &mut TestLedger, sender: u8, action: Action) -> Result<u64, GovernanceError> {
    run(ledger, sender, GovernanceTx::Propose(tx::Propose { action }))?;
    Ok(query::proposal_count(&ledger.state) - 1)
}

fn vote(
    ledger: &mut TestLedger,
    sender: u8,
    proposal: u64,
    choice: Choice,
) -> Result<Vec<GovernanceEvent>, GovernanceError> {
    run(ledger, sender, GovernanceTx::Vote(tx::Vote { proposal, choice }))
}

fn approve(ledger: &mut TestLedger, sender: u8, proposal: u64) {
    vote(ledger, sender, proposal, Choice::Approve).unwrap();
}

/// Moves to `height`, with the end of every block on the way, and returns what those told.
fn advance_to(ledger: &mut TestLedger, height: u64) -> Vec<salus_types::Event> {
    let mut events = Vec::new();
    while ledger.block.height < Height(height) {
        events.extend(ledger.end_of_block::<Governance>());
        ledger.block.height = ledger.block.height.next();
    }
    events
}

/// Lets the time lock pass and executes what is due.
fn pass_time_lock(ledger: &mut TestLedger) -> Vec<salus_types::Event> {
    let height = ledger.block.height.0 + ledger.block.parameters.time_lock_blocks + 1;
    advance_to(ledger, height)
}

fn status(ledger: &TestLedger, proposal: u64) -> ProposalStatus {
    query::proposal(&ledger.state, proposal).unwrap().status
}

fn admit(n: u8) -> Action {
    Action::AdmitOrganisation(AdmitOrganisation {
        account: account(n),
        name: TextMax::new(format!("Organisation {n}")).unwrap(),
        functions: VecMax::default(),
        key: key_of(account(n)),
        sealing_key: BytesMax::default(),
        role: OrganisationRole::Member,
    })
}

fn suspend(n: u8) -> Action {
    Action::SuspendOrganisation { account: account(n) }
}

fn expel(n: u8) -> Action {
    Action::ExpelOrganisation { account: account(n) }
}

fn node_of(organisation: u8, key: u8) -> NodeRecord {
    NodeRecord {
        key: node_key(key),
        organisation: account(organisation),
        address: TextMax::new(format!("10.0.0.{key}:21000")).unwrap(),
        api: TextMax::default(),
    }
}

fn validators(ledger: &TestLedger) -> Vec<u8> {
    numbers(query::validators_next(&ledger.state).nodes())
}

fn observers(ledger: &TestLedger) -> Vec<u8> {
    numbers(&query::observers(&ledger.state))
}

/// The numbers of nodes, in order.
fn numbers(nodes: &[NodeRecord]) -> Vec<u8> {
    let mut numbers: Vec<_> = nodes.iter().map(|node| node_number(&node.key)).collect();
    numbers.sort_unstable();
    numbers
}

fn id(n: u8) -> AccountId {
    account(n)
}
