//! Emergency services and the limits of access.

use super::{approve, code, id, ledger, pass_time_lock, propose};
use crate::{AccessLimits, Action, GovernanceEvent, query};
use salus_framework::{ModuleEvent, testing::TestLedger};

fn accredit(ledger: &TestLedger, n: u8, ms: u64) -> Action {
    Action::AccreditEmergencyService { account: id(n), until: ledger.block.time.after_ms(ms) }
}

#[test]
fn a_service_is_recognised_by_vote_until_its_time_is_over() {
    let mut ledger = ledger(&[1, 2, 3]);
    let action = accredit(&ledger, 1, 1000);
    let proposal = propose(&mut ledger, 1, action).unwrap();
    let until = ledger.block.time.after_ms(1000);
    let accredited =
        |ledger: &TestLedger, now| query::is_emergency_service(&ledger.state, id(1), now);
    approve(&mut ledger, 1, proposal);
    let alone = accredited(&ledger, ledger.block.time);

    approve(&mut ledger, 2, proposal);
    let events = pass_time_lock(&mut ledger);

    assert!(!alone);
    assert!(accredited(&ledger, ledger.block.time));
    assert!(!accredited(&ledger, until));
    let told = GovernanceEvent::EmergencyServiceAccredited { account: id(1), until };
    assert!(events.contains(&told.to_event().unwrap()));
}

#[test]
fn who_is_accused_of_abuse_does_not_vote_on_it() {
    let mut ledger = ledger(&[1, 2, 3]);
    let action = accredit(&ledger, 1, 1000);
    let proposal = propose(&mut ledger, 2, action).unwrap();
    approve(&mut ledger, 2, proposal);
    approve(&mut ledger, 3, proposal);
    pass_time_lock(&mut ledger);
    let withdraw = Action::WithdrawEmergencyService { account: id(1) };
    let proposal = propose(&mut ledger, 2, withdraw.clone()).unwrap();

    let accused = super::vote(&mut ledger, 1, proposal, crate::Choice::Reject);
    approve(&mut ledger, 2, proposal);
    approve(&mut ledger, 3, proposal);
    pass_time_lock(&mut ledger);

    assert_eq!(code(accused), "governance.own_cause");
    assert!(!query::is_emergency_service(&ledger.state, id(1), ledger.block.time));
    assert_eq!(code(propose(&mut ledger, 2, withdraw)), "governance.not_accredited");
}

#[test]
fn who_is_no_organisation_or_would_be_accredited_for_no_time_is_refused() {
    let mut ledger = ledger(&[1]);
    let (stranger, over) = (accredit(&ledger, 9, 1000), accredit(&ledger, 1, 0));

    assert_eq!(code(propose(&mut ledger, 1, stranger)), "governance.not_an_organisation");
    assert_eq!(code(propose(&mut ledger, 1, over)), "governance.accreditation_over");
}

#[test]
fn limits_of_access_have_defaults_and_change_by_vote_within_their_ranges() {
    let mut ledger = ledger(&[1]);
    let limits = AccessLimits { release_ms: 60_000, ..AccessLimits::default() };
    let wrong = AccessLimits { emergencies_per_day_max: 0, ..limits };
    let before = query::access_limits(&ledger.state);

    let refused = propose(&mut ledger, 1, Action::SetAccessLimits { limits: wrong });
    let proposal = propose(&mut ledger, 1, Action::SetAccessLimits { limits }).unwrap();
    approve(&mut ledger, 1, proposal);
    pass_time_lock(&mut ledger);

    assert_eq!(before, AccessLimits::default());
    assert_eq!(code(refused), "governance.parameter_range");
    assert_eq!(query::access_limits(&ledger.state), limits);
}
