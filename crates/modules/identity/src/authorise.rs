//! Whether the keys that signed may act for the accounts they name.

use crate::{
    IdentityError,
    state::{self, AccountStatus},
};
use salus_framework::{Authority, Refusal};
use salus_state::StateRead;
use salus_types::{AccountKind, KeyPurpose, TransactionSignature};

/// Checks every signature of a transaction for one of its calls: the sender's by what the call
/// needs, and each co-signer's by the same purpose.
///
/// # Errors
///
/// For the first signature that fails, the first that applies:
///
/// 1. `identity.unknown_account`: the account is not on the ledger.
/// 2. `identity.expelled`, `identity.suspended`: it may not act.
/// 3. `identity.unknown_key`: the key is not, or no longer, one of its keys.
/// 4. `identity.wrong_purpose`: the key is not for this.
pub fn authorise(
    state: &dyn StateRead,
    sender: &TransactionSignature,
    cosigners: &[TransactionSignature],
    authority: Authority,
) -> Result<(), Refusal> {
    let purpose = match authority {
        Authority::Key(purpose) => {
            may(state, sender, purpose, false)?;
            purpose
        }
        Authority::KeyEvenSuspended(purpose) => {
            may(state, sender, purpose, true)?;
            purpose
        }
        Authority::NewAccount => KeyPurpose::Act,
    };
    for signature in cosigners {
        may(state, signature, purpose, false)?;
    }
    Ok(())
}

fn may(
    state: &dyn StateRead,
    signature: &TransactionSignature,
    needed: KeyPurpose,
    even_suspended: bool,
) -> Result<(), IdentityError> {
    let account = signature.account;
    let found = state::account(state, account).ok_or(IdentityError::UnknownAccount { account })?;
    match found.status {
        AccountStatus::Active => {}
        AccountStatus::SuspendedByItself if even_suspended => {}
        AccountStatus::SuspendedByItself | AccountStatus::SuspendedByVote => {
            return Err(IdentityError::Suspended { account });
        }
        AccountStatus::Expelled => return Err(IdentityError::Expelled { account }),
    }
    let key = found.key(&signature.key).ok_or(IdentityError::UnknownKey { account })?;
    // People and devices have nothing to vote on, so the purpose is asked of organisations only.
    let without_vote = needed == KeyPurpose::Vote && found.kind != AccountKind::Organisation;
    if without_vote || !key.purposes.contains(needed) {
        return Err(IdentityError::WrongPurpose { account, needed });
    }
    Ok(())
}
