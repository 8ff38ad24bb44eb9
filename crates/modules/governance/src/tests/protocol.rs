//! The protocol version.

use super::{approve, code, ledger, pass_time_lock, propose};
use crate::{Action, query};
use salus_types::block::PROTOCOL_VERSION;

#[test]
fn the_version_of_genesis_holds_until_a_vote_is_executed() {
    let mut ledger = ledger(&[1]);
    let next = PROTOCOL_VERSION + 1;
    let action = Action::SetProtocolVersion { version: next };
    let proposal = propose(&mut ledger, 1, action).unwrap();
    approve(&mut ledger, 1, proposal);

    let before = query::protocol_version(&ledger.state);
    pass_time_lock(&mut ledger);

    assert_eq!(before, PROTOCOL_VERSION);
    assert_eq!(query::protocol_version(&ledger.state), next);
}

#[test]
fn only_the_version_after_that_in_force_can_be_proposed() {
    for version in [0, PROTOCOL_VERSION, PROTOCOL_VERSION + 2, u16::MAX] {
        let mut ledger = ledger(&[1]);

        let refused = propose(&mut ledger, 1, Action::SetProtocolVersion { version });

        assert_eq!(code(refused), "governance.protocol_version", "{version}");
    }
}
