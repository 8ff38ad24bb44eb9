//! The registry of nodes: how records get into it and out of it.

use crate::{
    GovernanceError,
    state::{self, Observers},
};
use salus_crypto::sign::check_public_key;
use salus_state::{StateRead, StateWrite};
use salus_types::{NodeKey, NodeRecord, PublicKey, ValidatorSet, VecMax, key::Ed25519Key};

/// Most bytes of an address on the ledger.
const ADDRESS_BYTES_MAX: usize = 128;

/// Checks that a node's addresses can be addresses.
pub(crate) fn check_address(node: &NodeRecord) -> Result<(), GovernanceError> {
    let visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let peers = node
        .address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    let api =
        node.api.is_empty() || node.api.starts_with("http://") || node.api.starts_with("https://");
    let short = node.address.len() <= ADDRESS_BYTES_MAX && node.api.len() <= ADDRESS_BYTES_MAX;
    let fine = peers && api && short && visible(&node.address) && visible(&node.api);
    if fine { Ok(()) } else { Err(GovernanceError::NodeAddress) }
}

/// Checks that a node's key can be one: the engine could neither connect to another nor count its
/// votes.
pub(crate) fn check_key(key: &NodeKey) -> Result<(), GovernanceError> {
    let key = PublicKey::Ed25519(Ed25519Key(key.0));
    check_public_key(&key).map_err(|_| GovernanceError::NodeKey)
}

/// The observers with one more, or a changed one, in the order of their keys.
pub(crate) fn with_observer(
    observers: Observers,
    node: NodeRecord,
) -> Result<Observers, GovernanceError> {
    let mut nodes = observers.into_inner();
    nodes.retain(|one| one.key != node.key);
    nodes.push(node);
    nodes.sort_unstable_by_key(|one| one.key);
    let observers = VecMax::new(nodes).map_err(|_| GovernanceError::RegistryFull)?;
    if state::fits(&observers) { Ok(observers) } else { Err(GovernanceError::RegistryFull) }
}

/// The validators with one more, or a changed one.
pub(crate) fn with_validator(
    validators: ValidatorSet,
    node: NodeRecord,
) -> Result<ValidatorSet, GovernanceError> {
    let mut nodes = Vec::from(validators);
    nodes.retain(|one| one.key != node.key);
    nodes.push(node);
    let set = ValidatorSet::new(nodes).map_err(|_| GovernanceError::RegistryFull)?;
    if state::fits(&set) { Ok(set) } else { Err(GovernanceError::RegistryFull) }
}

/// The validators that `keep` keeps; at least one.
pub(crate) fn keep_validators(
    state: &dyn StateRead,
    keep: impl Fn(&NodeRecord) -> bool,
) -> Result<(ValidatorSet, Vec<NodeRecord>), GovernanceError> {
    let (kept, removed): (Vec<_>, Vec<_>) =
        Vec::from(state::validators(state)).into_iter().partition(keep);
    if kept.is_empty() {
        return Err(GovernanceError::LastValidator);
    }
    let kept = ValidatorSet::new(kept).map_err(|_| GovernanceError::RegistryFull)?;
    Ok((kept, removed))
}

/// Removes observers that `keep` does not keep; writes only if there are any.
pub(crate) fn keep_observers(state: &mut dyn StateWrite, keep: impl Fn(&NodeRecord) -> bool) {
    let mut nodes = state::observers(state).into_inner();
    let before = nodes.len();
    nodes.retain(keep);
    if nodes.len() != before {
        state::put_observers(state, &VecMax::new(nodes).unwrap_or_default());
    }
}
