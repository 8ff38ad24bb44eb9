//! The founders.

use crate::{
    Admission, IdentityError,
    organisations::write_organisation,
    state::{self, OrganisationCounts},
};
use salus_framework::BlockContext;
use salus_types::{GenesisMember, NetworkFile, OrganisationRole};

/// Writes the founders' accounts.
///
/// # Errors
///
/// Those of [`validate`].
pub(crate) fn genesis(
    network: &NetworkFile,
    ctx: &mut BlockContext<'_>,
) -> Result<(), IdentityError> {
    validate(network)?;

    let mut count = 0;
    for member in &network.members {
        write_organisation(ctx, &admission(member), count);
        count = count.saturating_add(1);
    }
    state::put_counts(ctx.state(), OrganisationCounts { all: count, voters: count });
    Ok(())
}

/// Checks what the network file says of the founders.
///
/// # Errors
///
/// For the first founder that fails: those of [`Admission::validate`], then
/// [`IdentityError::AccountExists`] when one account is named twice.
pub fn validate(network: &NetworkFile) -> Result<(), IdentityError> {
    for (index, member) in network.members.iter().enumerate() {
        admission(member).validate()?;
        let account = member.account;
        if network.members.iter().take(index).any(|other| other.account == account) {
            return Err(IdentityError::AccountExists { account });
        }
    }
    Ok(())
}

fn admission(member: &GenesisMember) -> Admission<'_> {
    Admission {
        account: member.account,
        name: &member.name,
        role: OrganisationRole::Founder,
        functions: &member.functions,
        key: member.key,
        sealing_key: &member.sealing_key,
    }
}
