//! Documents: reading one from the vault, what is on the ledger about it, and the file that proves it.

mod proof;

pub(crate) use proof::{Begun, DocumentProof, check_absent, other_file};

use crate::{
    commands::record::BasisArgs, files, keys::signer_of, problem::Problem, session::Session,
    submit::Signer,
};
use anyhow::Context as _;
use clap::Args;
use salus_api::{
    client::{At, Client, ClientError},
    records::{ReadOrder, ReadRecord},
};
use salus_consent::{
    DocumentId, PurposeOfUse, RecordId,
    query::{DocumentVersionView, DocumentView},
};
use salus_fhir::document::{Document, DocumentError, check_size};
use salus_types::{AccountId, Hash, hash};
use salus_vault::notary::{Opening, Role, document_of};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;

/// Why a document of the vault may be read, and what for. Each read is accounted for.
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    basis: BasisArgs,
    /// What it is read for: a code of HL7 v3 purpose of use
    #[arg(long, value_name = "CODE", default_value = "TREAT")]
    purpose: PurposeOfUse,
    /// Who in the organisation asks: JSON with `person`, `roles`, `departments`, `treatment`
    #[arg(long, value_name = "JSON")]
    actor: Option<String>,
    /// The API of the organisation that keeps it; looked up on the ledger when left out
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

impl ReadArgs {
    /// Reads a record as a document.
    pub(crate) async fn read(
        &self,
        gateway: &Client,
        record: RecordId,
    ) -> anyhow::Result<(ReadRecord, Document)> {
        let actor = self.actor.as_deref().map(serde_json::from_str).transpose();
        let order = ReadOrder {
            record,
            basis: self.basis.basis(),
            purpose: self.purpose,
            actor: actor.context("--actor is JSON with `person`")?,
            from: self.from.clone(),
        };
        let read = gateway.read(&order).await?;
        let document = Document::of_resource(&read.bytes).map_err(problem)?;
        Ok((read, document))
    }
}

/// A refusal of a document, for people.
pub(crate) fn problem(error: DocumentError) -> anyhow::Error {
    Problem::refused(error.code(), error.to_string(), "")
}

/// Reads a file that is to become a document of the vault.
pub(crate) fn read_content(path: &Path) -> anyhow::Result<Vec<u8>> {
    // The size is known before so much is read.
    if let Ok(found) = std::fs::metadata(path).map(|found| found.len()) {
        check_size(found).map_err(problem)?;
    }
    let content = files::read(path, "the document")?;
    check_size(content.len() as u64).map_err(problem)?;
    Ok(content)
}

/// The SHA-256 of a file of any size but none.
pub(crate) fn hash_of(path: &Path) -> anyhow::Result<Hash> {
    let content = files::read(path, "the document")?;
    if content.is_empty() {
        return Err(problem(DocumentError::Empty));
    }
    Ok(hash(&content))
}

/// Who signs: the holder of a key, or the organisation of the home.
pub(crate) fn signer(session: &Session, key: Option<&Path>) -> anyhow::Result<Signer> {
    match key {
        Some(key) => signer_of(key, None),
        None => session.organisation(),
    }
}

/// A version of a document on the ledger, and what opens it.
#[derive(Clone, Debug)]
pub(crate) struct Notarised {
    pub(crate) document: DocumentId,
    pub(crate) version: u32,
    pub(crate) owner: AccountId,
    pub(crate) opening: Opening,
    pub(crate) file: Hash,
    pub(crate) kind: Option<String>,
}

/// What an owner has on the ledger of a document of the vault.
pub(crate) struct OnLedger {
    /// The latest version that is notarised; 0 for none.
    pub(crate) latest: u32,
    /// The version that is of these very bytes.
    pub(crate) same: Option<u32>,
}

/// The answer of a state route; none if there is no such thing.
async fn state<T: DeserializeOwned>(client: &Client, path: &str) -> anyhow::Result<Option<T>> {
    match client.state::<T>(path, At::default()).await {
        Ok(answer) => Ok(Some(answer.value)),
        Err(ClientError::Refused(problem)) if problem.code == "api.not_found" => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How a document stands on the ledger.
pub(crate) async fn document(
    client: &Client,
    document: DocumentId,
) -> anyhow::Result<Option<DocumentView>> {
    state(client, &format!("/v1/documents/{document}")).await
}

/// How a version of it does.
pub(crate) async fn version(
    client: &Client,
    document: DocumentId,
    version: u32,
) -> anyhow::Result<Option<DocumentVersionView>> {
    state(client, &format!("/v1/documents/{document}/versions/{version}")).await
}

/// What an owner has on the ledger of a document with this opening.
pub(crate) async fn on_ledger(
    client: &Client,
    id: DocumentId,
    opening: Opening,
    file: Hash,
) -> anyhow::Result<OnLedger> {
    let latest = document(client, id).await?.map_or(0, |found| found.stored.version);
    for number in (1..=latest).rev() {
        let found = version(client, id, number).await?;
        if found.is_some_and(|found| opening.opens(file, &found.stored)) {
            return Ok(OnLedger { latest, same: Some(number) });
        }
    }
    Ok(OnLedger { latest, same: None })
}

/// The secret of a document of the vault.
pub(crate) fn secret_of(document: &Document) -> anyhow::Result<[u8; 32]> {
    document.secret.ok_or_else(|| {
        Problem::refused(
            "document.no_secret",
            "this DocumentReference was not added as a document here, so nothing salts what is \
             committed to about it",
            "make a version of it with `salus document update`, or get its bytes with `salus document \
             get` and notarise the file",
        )
    })
}

/// The version of a document of the vault that one of these accounts notarised.
pub(crate) async fn notarised(
    client: &Client,
    found: &Document,
    owners: &[AccountId],
) -> anyhow::Result<Option<Notarised>> {
    let Some(secret) = found.secret else { return Ok(None) };
    let file = hash(&found.content);
    for owner in owners.iter().copied() {
        let (id, opening) = (document_of(&secret, owner), Opening::of(&secret, owner, file));
        if let Some(version) = on_ledger(client, id, opening, file).await?.same {
            let kind = found.kind.as_ref().map(ToString::to_string);
            return Ok(Some(Notarised { document: id, version, owner, opening, file, kind }));
        }
    }
    Ok(None)
}

/// Who may have notarised a document of the vault: who is named, or who keeps it, whose it is, and the
/// organisation of the home.
pub(crate) async fn owners(
    session: &Session,
    client: &Client,
    record: RecordId,
    named: Option<AccountId>,
) -> anyhow::Result<Vec<AccountId>> {
    if let Some(owner) = named {
        return Ok(vec![owner]);
    }
    let found: Option<Value> = state(client, &format!("/v1/records/{record}")).await?;
    let account = |name: &str| {
        let found = found.as_ref().and_then(|found| found[name].as_str());
        found.and_then(|account| account.parse().ok())
    };
    let own = session.home().map(|_| session.organisation()).transpose()?;
    let own = own.map(|signer| signer.account);
    let mut owners: Vec<AccountId> = Vec::new();
    for one in [account("custodian"), account("patient"), own].into_iter().flatten() {
        if !owners.contains(&one) {
            owners.push(one);
        }
    }
    Ok(owners)
}

/// What is on the ledger about a version, with the roles that it opens.
pub(crate) fn shown(of: &Notarised, view: &DocumentVersionView) -> Value {
    let signatures: Vec<Value> = view
        .signed
        .iter()
        .map(|signature| {
            let role = of.opening.role_of(of.file, signature);
            json!({
                "signer": signature.signer,
                "role": role.map(Role::code),
                "signed_at": signature.signed_at,
            })
        })
        .collect();
    let told = u32::try_from(view.signed.len()).unwrap_or(u32::MAX);
    json!({
        "document": of.document,
        "version": of.version,
        "owner": of.owner,
        "since_height": view.stored.notarised_height,
        "since": view.stored.notarised_at,
        "signatures": signatures,
        "signatures_not_shown": view.stored.signatures.saturating_sub(told),
    })
}
