//! Key files: a signing key, and the account that it acts for once there is one.

use crate::{files, problem::Problem, submit::Signer};
use anyhow::Context as _;
use salus_crypto::sign::SigningKey;
use salus_types::{AccountId, PublicKey, SignatureAlgorithm};
use serde::{Deserialize, Serialize};
use std::{fmt, path::Path};

/// What a key file holds. Only its owner can read it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    /// Which algorithm.
    algorithm: SignatureAlgorithm,
    /// The public key.
    public: PublicKey,
    /// The secret key, in hexadecimal digits.
    secret: String,
    /// The account that the key acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("public", &self.public).finish_non_exhaustive()
    }
}

impl KeyFile {
    /// The file of a key.
    pub(crate) fn new(key: &SigningKey, account: Option<AccountId>) -> Self {
        Self {
            algorithm: key.algorithm(),
            public: key.public(),
            secret: hex::encode(&*key.to_secret_bytes()),
            account,
        }
    }

    /// Reads a key file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = files::read_secret(path, "the key")?;
        let invalid = |reason: String| {
            Problem::failed(
                "cli.key_file_invalid",
                format!("{} is not a key file: {reason}", path.display()),
                "make one with `salus key new FILE`",
            )
        };
        let file: Self = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        let key = file.key().map_err(|error| invalid(error.to_string()))?;
        if key.public() != file.public {
            return Err(invalid("its public key is not that of its secret".to_owned()));
        }
        Ok(file)
    }

    /// Writes a key file that was not there before.
    pub(crate) fn create(&self, path: &Path) -> anyhow::Result<()> {
        files::create_secret(path, "the key", &self.bytes())
    }

    /// Writes a key file again with the account that its key now acts for.
    pub(crate) fn set_account(&mut self, path: &Path, account: AccountId) -> anyhow::Result<()> {
        self.account = Some(account);
        let beside = path.with_extension("new");
        files::create_secret(&beside, "the key", &self.bytes())?;
        std::fs::rename(&beside, path).with_context(|| {
            format!("{} could not take the place of {}", beside.display(), path.display())
        })
    }

    /// The key itself.
    pub(crate) fn key(&self) -> anyhow::Result<SigningKey> {
        let secret = hex::decode(&self.secret).context("the secret is not hexadecimal")?;
        Ok(SigningKey::from_secret_bytes(self.algorithm, &secret)?)
    }

    /// The public key.
    pub(crate) fn public(&self) -> PublicKey {
        self.public
    }

    /// The account that the key acts for, if the file knows it.
    pub(crate) fn account(&self) -> Option<AccountId> {
        self.account
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = serde_json::to_string_pretty(self).expect("a key file is plain JSON");
        text.push('\n');
        text.into_bytes()
    }
}

/// The patient's account, given itself or by the key file that knows it.
pub(crate) fn patient_of(
    account: Option<AccountId>,
    key: Option<&Path>,
) -> anyhow::Result<AccountId> {
    if let Some(account) = account {
        return Ok(account);
    }
    let known = match key {
        Some(path) => KeyFile::read(path)?.account(),
        None => None,
    };
    known.ok_or_else(|| {
        Problem::failed(
            "cli.account_missing",
            "the patient's account is not known",
            "add --patient ACCOUNT, or open an account with `salus account new --key FILE`",
        )
    })
}

/// Who signs for a patient who keeps the key.
pub(crate) fn signer_of(key: &Path, account: Option<AccountId>) -> anyhow::Result<Signer> {
    let file = KeyFile::read(key)?;
    Ok(Signer { account: patient_of(account.or(file.account()), None)?, key: file.key()? })
}
