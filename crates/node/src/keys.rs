//! Key files: secrets that only their owner can read.

use crate::{
    Home, NodeError,
    home::{read_secret, write_new},
};
use salus_crypto::{
    Zeroizing,
    sign::SigningKey,
    signer::{Signer, SignerError},
    wrap::SealingSecret,
};
use salus_engine::NodeSecret;
use salus_types::{AccountId, PublicKey, Signature, SignatureAlgorithm};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, path::Path, sync::Arc};

/// A signing key in a file, with the account that it acts for once there is one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    algorithm: SignatureAlgorithm,
    public: PublicKey,
    #[serde(serialize_with = "write_secret", deserialize_with = "parse_secret")]
    secret: Zeroizing<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
}

fn write_secret<S: Serializer>(
    secret: &Zeroizing<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret)
}

fn parse_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// The signing key of an organisation, and its account.
#[derive(Clone)]
pub struct OrganisationKey {
    /// The account; none before the organisation is admitted.
    pub account: Option<AccountId>,
    /// The key.
    pub key: SigningKey,
}

/// Signs on a thread where waiting for a device is allowed.
pub(crate) async fn sign(
    signer: &Arc<dyn Signer>,
    message: Vec<u8>,
) -> Result<Signature, SignerError> {
    let signer = Arc::clone(signer);
    match tokio::task::spawn_blocking(move || signer.sign(&message)).await {
        Ok(outcome) => outcome,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl fmt::Debug for OrganisationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrganisationKey").field("account", &self.account).finish_non_exhaustive()
    }
}

/// The secrets of a home.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The node's key as the engine uses it.
    pub node: NodeSecret,
    /// The same key, to sign requests to other nodes' APIs.
    pub node_key: SigningKey,
    /// The organisation's key.
    pub organisation: OrganisationKey,
    /// The key to which the organisation's copies of record keys are wrapped.
    pub sealing: SealingSecret,
}

impl Secrets {
    /// New secrets.
    pub fn generate() -> Self {
        let node_key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        Self {
            node: node_secret(&node_key),
            node_key,
            organisation: OrganisationKey {
                account: None,
                key: SigningKey::generate(SignatureAlgorithm::Ed25519),
            },
            sealing: SealingSecret::generate(),
        }
    }

    /// Writes the three key files of a new home.
    ///
    /// # Errors
    ///
    /// The first that applies: [`NodeError::HomeExists`], [`NodeError::Storage`].
    pub(crate) fn write(&self, home: &Home) -> Result<(), NodeError> {
        write_key(&home.node_key(), &self.node_key, None)?;
        let organisation = &self.organisation;
        write_key(&home.organisation_key(), &organisation.key, organisation.account)?;
        let text = Zeroizing::new(format!("{}\n", hex::encode(&*self.sealing.to_bytes())));
        write_new(&home.sealing_key(), text.as_bytes(), 0o600)
    }

    /// Reads the three key files of a home.
    ///
    /// # Errors
    ///
    /// The first that applies: [`NodeError::FileExposed`], [`NodeError::FileMissing`],
    /// [`NodeError::FileInvalid`], [`NodeError::Storage`].
    pub fn read(home: &Home) -> Result<Self, NodeError> {
        let (node_key, _) = read_key(&home.node_key())?;
        if node_key.algorithm() != SignatureAlgorithm::Ed25519 {
            return Err(invalid(&home.node_key(), "a node key must be an Ed25519 key"));
        }
        let (key, account) = read_key(&home.organisation_key())?;
        let path = home.sealing_key();
        let text = Zeroizing::new(read_secret(&path, "the organisation's sealing key")?);
        let bytes = Zeroizing::new(
            hex::decode(text.trim()).map_err(|error| invalid(&path, error.to_string()))?,
        );
        let sealing =
            SealingSecret::from_bytes(&bytes).map_err(|error| invalid(&path, error.to_string()))?;
        Ok(Self {
            node: node_secret(&node_key),
            node_key,
            organisation: OrganisationKey { account, key },
            sealing,
        })
    }
}

fn invalid(path: &Path, reason: impl Into<String>) -> NodeError {
    NodeError::FileInvalid { path: path.to_owned(), what: "a key", reason: reason.into() }
}

fn node_secret(key: &SigningKey) -> NodeSecret {
    let bytes = key.to_secret_bytes();
    let mut seed = Zeroizing::new([0; 32]);
    seed.copy_from_slice(&bytes);
    NodeSecret::from_seed(*seed)
}

fn write_key(path: &Path, key: &SigningKey, account: Option<AccountId>) -> Result<(), NodeError> {
    let file = KeyFile {
        algorithm: key.algorithm(),
        public: key.public(),
        secret: Zeroizing::new(hex::encode(&*key.to_secret_bytes())),
        account,
    };
    let text = serde_json::to_string_pretty(&file).expect("a key file is plain JSON");
    let text = Zeroizing::new(format!("{text}\n"));
    write_new(path, text.as_bytes(), 0o600)
}

fn read_key(path: &Path) -> Result<(SigningKey, Option<AccountId>), NodeError> {
    let text = Zeroizing::new(read_secret(path, "a key")?);
    let file: KeyFile =
        serde_json::from_str(&text).map_err(|error| invalid(path, error.to_string()))?;
    let bytes = Zeroizing::new(
        hex::decode(&*file.secret).map_err(|error| invalid(path, error.to_string()))?,
    );
    let key = SigningKey::from_secret_bytes(file.algorithm, &bytes)
        .map_err(|error| invalid(path, error.to_string()))?;
    if key.public() != file.public {
        return Err(invalid(path, "its public key is not that of its secret"));
    }
    Ok((key, file.account))
}
