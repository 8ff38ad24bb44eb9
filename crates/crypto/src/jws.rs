//! Checking what clients of an organisation sign: the algorithms that SMART asks for.
//!
//! The algorithm is the key's own, never what a message claims, so that nobody chooses a weaker one.
//!
//! Source: RFC 7515 and RFC 7518; SMART App Launch 2.2, asymmetric authentication.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA384,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use std::fmt;

/// Most bytes of an RSA modulus: 4,096 bits.
const MODULUS_BYTES_MAX: usize = 512;

/// A public key with its one algorithm.
#[derive(Clone, PartialEq, Eq)]
pub enum JwsKey {
    /// ECDSA on P-256 with SHA-256: `ES256`. The point, not compressed.
    Es256(Vec<u8>),
    /// ECDSA on P-384 with SHA-384: `ES384`. The point, not compressed.
    Es384(Vec<u8>),
    /// RSA with PKCS #1 padding and SHA-384, 2,048 to 4,096 bits: `RS384`.
    Rs384 {
        /// The modulus, big-endian, without leading zeros.
        modulus: Vec<u8>,
        /// The exponent, likewise.
        exponent: Vec<u8>,
    },
}

/// The key is none that is taken here, or the signature is not by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a signature by this key")]
pub struct BadJws;

impl JwsKey {
    /// A key on the curve `P-256` or `P-384`, from its coordinates.
    pub fn ec(curve: &str, x: &[u8], y: &[u8]) -> Option<Self> {
        let point = || [&[4], x, y].concat();
        match (curve, x.len(), y.len()) {
            ("P-256", 32, 32) => Some(Self::Es256(point())),
            ("P-384", 48, 48) => Some(Self::Es384(point())),
            _ => None,
        }
    }

    /// An RSA key.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let fits = (256..=MODULUS_BYTES_MAX).contains(&modulus.len()) && exponent.len() <= 4;
        fits.then(|| Self::Rs384 { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
    }

    /// The name of its algorithm.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Es384(_) => "ES384",
            Self::Rs384 { .. } => "RS384",
        }
    }

    /// Checks a signature.
    ///
    /// # Errors
    ///
    /// [`BadJws`]: it is not by this key, or the key is no key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadJws> {
        let checked =
            match self {
                Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature),
                Self::Es384(point) => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)
                    .verify(message, signature),
                Self::Rs384 { modulus, exponent } => {
                    let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                    key.verify(&RSA_PKCS1_2048_8192_SHA384, message, signature)
                }
            };
        checked.map_err(|_| BadJws)
    }
}

impl fmt::Debug for JwsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JwsKey({})", self.algorithm())
    }
}

#[cfg(test)]
mod tests {
    use super::{BadJws, JwsKey};
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
    };

    fn signed(message: &[u8]) -> (JwsKey, Vec<u8>) {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P384_SHA384_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref();
        let key = JwsKey::ec("P-384", &point[1..49], &point[49..]).unwrap();
        (key, pair.sign(&random, message).unwrap().as_ref().to_vec())
    }

    #[test]
    fn a_signature_is_by_its_key_over_its_message_and_nothing_else() {
        let (key, signature) = signed(b"message");
        let (other, _) = signed(b"message");

        assert_eq!(key.verify(b"message", &signature), Ok(()));
        assert_eq!(key.verify(b"massage", &signature), Err(BadJws));
        assert_eq!(key.verify(b"message", &signature[1..]), Err(BadJws));
        assert_eq!(other.verify(b"message", &signature), Err(BadJws));
    }

    #[test]
    fn keys_of_other_kinds_and_sizes_are_none() {
        assert_eq!(JwsKey::ec("P-521", &[1; 66], &[1; 66]), None);
        assert_eq!(JwsKey::ec("P-256", &[1; 31], &[1; 32]), None);
        assert_eq!(JwsKey::rsa(&[1; 128], &[1, 0, 1]), None);
        let weak = JwsKey::rsa(&[1; 256], &[1, 0, 1]).unwrap();
        assert_eq!(weak.verify(b"message", &[0; 256]), Err(BadJws));
    }
}
