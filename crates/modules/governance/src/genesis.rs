//! The first validators and parameters.

use crate::{
    GovernanceError,
    nodes::{check_address, check_key},
    parameters, state,
};
use salus_framework::BlockContext;
use salus_types::{NetworkFile, network::NETWORK_FILE_VERSION};

/// Writes the first validators and parameters.
///
/// # Errors
///
/// Those of [`validate`].
pub(crate) fn genesis(
    network: &NetworkFile,
    ctx: &mut BlockContext<'_>,
) -> Result<(), GovernanceError> {
    validate(network)?;

    state::put_parameters(ctx.state(), &network.parameters);
    state::put_validators(ctx.state(), &network.validators);
    Ok(())
}

/// Checks what the network file says of validators and parameters.
///
/// # Errors
///
/// The first that applies:
///
/// 1. [`GovernanceError::NetworkVersion`]: the file is of another version.
/// 2. [`GovernanceError::ParameterRange`]: a parameter is outside its range.
/// 3. [`GovernanceError::LastValidator`]: there is no validator.
/// 4. [`GovernanceError::NodeAddress`]: a validator's address cannot be one.
/// 5. [`GovernanceError::NodeKey`]: a validator's key is none.
/// 6. [`GovernanceError::UnknownFounder`]: a validator's organisation is not a founder.
/// 7. [`GovernanceError::RegistryFull`]: the validators do not fit one value.
pub fn validate(network: &NetworkFile) -> Result<(), GovernanceError> {
    if network.version != NETWORK_FILE_VERSION {
        return Err(GovernanceError::NetworkVersion {
            expected: NETWORK_FILE_VERSION,
            found: network.version,
        });
    }
    parameters::check_ranges(&network.parameters)?;
    let validators = &network.validators;
    if validators.nodes().is_empty() {
        return Err(GovernanceError::LastValidator);
    }
    for node in validators.nodes() {
        check_address(node)?;
        check_key(&node.key)?;
        if !network.members.iter().any(|member| member.account == node.organisation) {
            return Err(GovernanceError::UnknownFounder { key: node.key });
        }
    }
    if state::fits(validators) { Ok(()) } else { Err(GovernanceError::RegistryFull) }
}
