//! Who signs: a key in memory, or a device that never gives its key away.

use crate::sign::SigningKey;
use salus_types::{PublicKey, Signature};

/// A device or a file could not sign. Code: `crypto.signer`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key could not sign: {reason}")]
pub struct SignerError {
    /// What the device says; nothing secret.
    pub reason: String,
}

impl SignerError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "crypto.signer"
    }
}

/// Signs for one key pair. A key in memory never fails; a hardware security module (PKCS#11) may be
/// away, locked or busy, and [`Signer::sign`] may block for as long as it takes.
pub trait Signer: Send + Sync + 'static {
    /// The public key.
    fn public(&self) -> PublicKey;

    /// Signs a message as [`SigningKey::sign`] does: the message itself, not its hash.
    ///
    /// # Errors
    ///
    /// [`SignerError`]: the device did not sign.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;
}

impl Signer for SigningKey {
    fn public(&self) -> PublicKey {
        Self::public(self)
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        Ok(Self::sign(self, message))
    }
}

#[cfg(test)]
mod tests {
    use super::Signer;
    use crate::sign::{SigningKey, verify};
    use salus_types::SignatureAlgorithm;

    #[test]
    fn a_key_in_memory_is_a_signer() {
        for algorithm in [SignatureAlgorithm::Ed25519, SignatureAlgorithm::P256] {
            let signer: Box<dyn Signer> = Box::new(SigningKey::generate(algorithm));

            let signature = signer.sign(b"message").unwrap();

            assert_eq!(verify(&signer.public(), b"message", &signature), Ok(()));
        }
    }
}
