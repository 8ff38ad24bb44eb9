//! Setting the key to which secrets are wrapped.

use crate::{
    IdentityError, IdentityEvent,
    state::{self, SEALING_KEY_BYTES},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::BytesMax;
use serde::{Deserialize, Serialize};

/// Sets the X-Wing public key to which keys of records are wrapped for the sender.
///
/// Source: HPKE (RFC 9180) with the X-Wing hybrid of ML-KEM-768 and X25519.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSealingKey {
    /// The key, 1,216 bytes.
    pub key: BytesMax<2048>,
}

impl SetSealingKey {
    /// Sets the key.
    ///
    /// # Errors
    ///
    /// [`IdentityError::SealingKeyLength`]: it is not as long as an X-Wing public key.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        if self.key.len() != SEALING_KEY_BYTES {
            return Err(IdentityError::SealingKeyLength {
                expected: SEALING_KEY_BYTES,
                found: self.key.len(),
            });
        }

        let sender = ctx.sender();
        state::put_sealing_key(ctx.state(), sender, &self.key);
        ctx.emit(&IdentityEvent::SealingKeySet { account: sender });
        Ok(())
    }
}
