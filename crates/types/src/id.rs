//! Identifiers. Each is its own type, so that one cannot be given for another.

use crate::codec::hex_bytes;

hex_bytes! {
    /// Which network: the hash of its genesis.
    NetworkId, 32
}

hex_bytes! {
    /// An account: an organisation, a person (pseudonymous) or a device.
    ///
    /// As a DID: `did:salus:<network>:<account>`.
    AccountId, 32
}

hex_bytes! {
    /// The hash of a transaction's body: what identifies it, and what its signatures sign.
    TransactionHash, 32
}

hex_bytes! {
    /// The Ed25519 public key that identifies a node to its peers and signs its votes.
    NodeKey, 32
}

hex_bytes! {
    /// Sixteen random bytes that make a transaction's hash unique.
    Salt, 16
}

impl AccountId {
    /// Derives the id of a new account from its network, its first public key and a salt of the
    /// creator's choice.
    pub fn derive(network: NetworkId, first_key: &crate::PublicKey, salt: Salt) -> Self {
        let key = crate::encode(first_key);
        Self(crate::hash_parts(&[b"salus/account/1", &network.0, &salt.0, &key]).0)
    }
}
