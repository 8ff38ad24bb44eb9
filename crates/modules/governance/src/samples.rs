//! One value of each kind, for golden files: changing an encoding breaks proofs and clients.

use crate::{
    Action, ActionClass, Choice, Governance, GovernanceEvent, GovernanceTx, Proposal,
    ProposalStatus,
    action::AdmitOrganisation,
    limits::{AccessLimits, EmergencyService},
    state::{self, Agenda, CastVote, Due, LongerValidity},
    tx,
};
use salus_framework::{
    AnyModule, Module, ModuleError, ModuleEvent,
    testing::{account, golden, hex, key},
};
use salus_types::{
    BlockTime, BytesMax, Height, LedgerParameters, NodeKey, NodeRecord, OrganisationFunction,
    OrganisationRole, TextMax, VecMax, encode,
};

const KEY: NodeKey = NodeKey([2; 32]);

fn node() -> NodeRecord {
    NodeRecord {
        key: KEY,
        organisation: account(1),
        address: TextMax::new("node.example:21000").unwrap(),
        api: TextMax::new("https://node.example").unwrap(),
    }
}

pub(crate) fn actions() -> Vec<Action> {
    let account = account(1);
    vec![
        Action::AdmitOrganisation(AdmitOrganisation {
            account,
            name: TextMax::new("Hospital").unwrap(),
            functions: VecMax::new(vec![OrganisationFunction::Hospital]).unwrap(),
            key: key(3),
            sealing_key: BytesMax::default(),
            role: OrganisationRole::Member,
        }),
        Action::SuspendOrganisation { account },
        Action::ResumeOrganisation { account },
        Action::ExpelOrganisation { account },
        Action::AddValidator { node: node() },
        Action::RemoveValidator { key: KEY },
        Action::SetParameters { parameters: LedgerParameters::default() },
        Action::SetProtocolVersion { version: 2 },
        Action::AccreditEmergencyService { account, until: BlockTime::from_unix_ms(3) },
        Action::WithdrawEmergencyService { account },
        Action::SetAccessLimits { limits: AccessLimits::default() },
    ]
}

fn calls() -> Vec<GovernanceTx> {
    let (address, api) = (node().address, node().api);
    let proposals =
        actions().into_iter().map(|action| GovernanceTx::Propose(tx::Propose { action }));
    let others = [
        GovernanceTx::Vote(tx::Vote { proposal: 1, choice: Choice::Approve }),
        GovernanceTx::Withdraw(tx::Withdraw { proposal: 1 }),
        GovernanceTx::AnnounceNode(tx::AnnounceNode {
            key: KEY,
            address: address.clone(),
            api: api.clone(),
        }),
        GovernanceTx::UpdateNode(tx::UpdateNode { key: KEY, address, api }),
        GovernanceTx::WithdrawNode(tx::WithdrawNode { key: KEY }),
    ];
    proposals.chain(others).collect()
}

fn events() -> Vec<GovernanceEvent> {
    let proposal = 1;
    let height = Height(2);
    vec![
        GovernanceEvent::ProposalOpened {
            proposal,
            proposer: account(1),
            class: ActionClass::Suspension,
            closes_at: height,
        },
        GovernanceEvent::VoteCast { proposal, organisation: account(1), choice: Choice::Reject },
        GovernanceEvent::ProposalAccepted { proposal, execute_at: height },
        GovernanceEvent::ProposalRejected { proposal },
        GovernanceEvent::ProposalExpired { proposal },
        GovernanceEvent::ProposalWithdrawn { proposal },
        GovernanceEvent::ProposalExecuted { proposal },
        GovernanceEvent::ProposalFailed {
            proposal,
            code: TextMax::new("governance.last_validator").unwrap(),
        },
        GovernanceEvent::NodeAnnounced { node: node() },
        GovernanceEvent::NodeUpdated { node: node() },
        GovernanceEvent::NodeWithdrawn { key: KEY },
        GovernanceEvent::ValidatorAdded { node: node() },
        GovernanceEvent::ValidatorRemoved { key: KEY },
        GovernanceEvent::ParametersChanged { parameters: LedgerParameters::default() },
        GovernanceEvent::ProtocolVersionChanged { version: 2 },
        GovernanceEvent::EmergencyServiceAccredited {
            account: account(1),
            until: BlockTime::from_unix_ms(3),
        },
        GovernanceEvent::EmergencyServiceWithdrawn { account: account(1) },
        GovernanceEvent::AccessLimitsChanged { limits: AccessLimits::default() },
    ]
}

fn statuses() -> Vec<ProposalStatus> {
    let at = Height(3);
    let code = TextMax::new("governance.last_validator").unwrap();
    let message = TextMax::new("no validator would be left").unwrap();
    vec![
        ProposalStatus::Open,
        ProposalStatus::Accepted { execute_at: at },
        ProposalStatus::Executed { at },
        ProposalStatus::Failed { at, code, message },
        ProposalStatus::Rejected { at },
        ProposalStatus::Expired { at },
        ProposalStatus::Withdrawn { at },
    ]
}

fn records() -> Vec<(&'static str, String)> {
    let votes = vec![CastVote { organisation: account(1), choice: Choice::Approve }];
    let proposal = Proposal {
        proposer: account(1),
        action: Action::RemoveValidator { key: KEY },
        opened_at: Height(1),
        closes_at: Height(2),
        votes: VecMax::new(votes).unwrap(),
        status: ProposalStatus::Open,
    };
    let due = Due { height: Height(1), proposal: 2, proposer: account(3) };
    let agenda: Agenda = VecMax::new(vec![due]).unwrap();
    let service = EmergencyService {
        until: BlockTime::from_unix_ms(3),
        accredited_at: BlockTime::from_unix_ms(2),
    };
    let path = |path: salus_state::KeyPath| hex(&path.as_bytes().to_vec());
    vec![
        ("Proposal", hex(&proposal)),
        ("Agenda", hex(&agenda)),
        ("LedgerParameters", hex(&LedgerParameters::default())),
        ("LongerValidity", hex(&LongerValidity { blocks: 1, until: Height(2) })),
        ("NodeRecord", hex(&node())),
        ("AccessLimits", hex(&AccessLimits::default())),
        ("EmergencyService", hex(&service)),
        ("access_limits_path", path(state::access_limits_path())),
        ("emergency_service_path", path(state::emergency_service_path(account(1)))),
        ("parameters_path", path(state::parameters_path())),
        ("longer_validity_path", path(state::longer_validity_path())),
        ("validators_path", path(state::validators_path())),
        ("observers_path", path(state::observers_path())),
        ("agenda_path", path(state::agenda_path())),
        ("proposal_count_path", path(state::proposal_count_path())),
        ("proposal_path", path(state::proposal_path(1))),
    ]
}

#[test]
fn encodings_are_those_of_the_golden_file() {
    let mut lines: Vec<(String, String)> = calls()
        .iter()
        .map(|call| {
            let shown = Governance.call_to_json(&encode(call)).unwrap();
            let kind = shown["fields"]["action"]["kind"].as_str().unwrap_or_default();
            (format!("call {} {kind}", shown["call"].as_str().unwrap()), hex(call))
        })
        .collect();
    lines.extend(events().iter().map(|event| (format!("event {}", event.name()), hex(event))));
    lines.extend(statuses().iter().map(|status| ("status".to_owned(), hex(status))));
    lines.extend(records().into_iter().map(|(name, value)| (format!("state {name}"), value)));

    golden(env!("CARGO_MANIFEST_DIR"), "encodings.txt", &lines);
}

#[test]
fn codes_are_those_of_the_golden_file() {
    let codes = <Governance as Module>::Error::CODES.iter();
    let lines: Vec<_> = codes.map(|code| ("code".to_owned(), (*code).to_owned())).collect();

    golden(env!("CARGO_MANIFEST_DIR"), "codes.txt", &lines);
}

#[test]
fn every_call_and_event_is_shown_as_json_and_read_back() {
    for call in calls() {
        let shown = Governance.call_to_json(&encode(&call)).unwrap();
        let name = shown["call"].as_str().unwrap();
        let read = Governance.call_from_json(name, shown["fields"].clone()).unwrap();
        assert_eq!(read, encode(&call), "{name}");
    }
    let names: Vec<_> = events().iter().map(ModuleEvent::name).collect();
    assert_eq!(names, GovernanceEvent::NAMES);
    for event in events() {
        let shown = Governance.event_to_json(&event.to_event().unwrap()).unwrap();
        assert_eq!(shown["name"], event.name());
    }
    for status in statuses() {
        let shown = serde_json::to_value(&status).unwrap();
        assert_eq!(serde_json::from_value::<ProposalStatus>(shown).unwrap(), status);
    }
}

#[test]
fn a_field_that_no_action_has_is_refused() {
    let fields = serde_json::json!({"action": {
        "kind": "remove_validator", "key": KEY, "at_once": true
    }});

    let error = Governance.call_from_json("Propose", fields).unwrap_err();

    assert_eq!(error.code, "governance.malformed");
}
