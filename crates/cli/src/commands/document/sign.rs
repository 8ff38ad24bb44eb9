//! `salus document sign`: a signature of a notarised version, in a role.

use crate::{
    documents::{self, DocumentProof, Notarised, ReadArgs, check_absent, signer},
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
    submit::{call, execute},
};
use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser as _};
use salus_api::client::Client;
use salus_consent::{Consent, ConsentTx, RecordId, tx::SignDocument};
use salus_types::AccountId;
use salus_vault::notary::Role;
use serde_json::json;
use std::path::PathBuf;

/// What is signed, by whom, and as what.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The file that is signed, with its --proof
    #[arg(required_unless_present = "record", conflicts_with = "record", requires = "proof")]
    file: Option<PathBuf>,
    /// The proof of its notarisation
    #[arg(long, value_name = "FILE", requires = "file")]
    proof: Option<PathBuf>,
    /// A document of the vault, by its record; its latest version is signed
    #[arg(long)]
    record: Option<RecordId>,
    #[command(flatten)]
    reading: ReadArgs,
    /// Who notarised it; who keeps it or whose it is when left out
    #[arg(long, value_name = "ACCOUNT", requires = "record")]
    owner: Option<AccountId>,
    /// As what: only who has a proof, or may read the document, is told
    #[arg(long, value_parser = PossibleValuesParser::new(Role::CODES).map(|code| role(&code)))]
    role: Role,
    /// The key file of who signs; the organisation of the home when left out
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Write a proof with this signature in it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn role(code: &str) -> Role {
    code.parse().expect("the words are the codes of the roles")
}

impl Sign {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        self.out.as_deref().map(check_absent).transpose()?;
        let signer = signer(session, self.key.as_deref())?;
        let client = if self.record.is_some() { session.gateway()? } else { session.client()? };
        let (of, done) = block_on_until_signal(async {
            let of = self.target(session, &client).await?;
            let message = ConsentTx::SignDocument(SignDocument {
                document: of.document,
                version: of.version,
                role_commitment: of.opening.role_commitment(of.file, signer.account, self.role),
            });
            let network = client.network().await?.id();
            let done = execute(&client, network, &signer, vec![call::<Consent>(&message)]).await?;
            if let Some(out) = &self.out {
                DocumentProof::write(&client, &of, out).await?;
            }
            Ok((of, done))
        })?;
        let answer = json!({
            "document": of.document,
            "version": of.version,
            "signer": signer.account,
            "role": self.role.code(),
            "proof": self.out,
            "done": done,
        });
        session.output.answer(&answer, |_| {
            format!(
                "{} has signed version {} of document {} as {}.\n{}",
                signer.account,
                of.version,
                of.document,
                self.role.code(),
                done.describe()
            )
        });
        Ok(())
    }

    /// What is signed: what the signer has, or may read, and nothing that is only claimed.
    async fn target(&self, session: &Session, client: &Client) -> anyhow::Result<Notarised> {
        if let Some(record) = self.record {
            let (_, found) = self.reading.read(client, record).await?;
            documents::secret_of(&found)?;
            let owners = documents::owners(session, client, record, self.owner).await?;
            let notarised = documents::notarised(client, &found, &owners).await?;
            return notarised.ok_or_else(|| {
                Problem::refused(
                    "document.not_notarised",
                    "the latest version of this document is not notarised by who keeps it or whose it is",
                    "run `salus document notarise --record RECORD` first, or name who did with --owner",
                )
            });
        }
        let (Some(file), Some(proof)) = (&self.file, &self.proof) else {
            anyhow::bail!("neither a file with its proof nor a record was given");
        };
        let (file, proof) = (documents::hash_of(file)?, DocumentProof::read(proof)?);
        let view = documents::version(client, proof.document, proof.version).await?;
        let owner = documents::document(client, proof.document).await?;
        let (Some(view), Some(owner)) = (view, owner) else {
            return Err(Problem::refused(
                "consent.unknown_document",
                "the version that the proof names is not on this ledger",
                "ask for the proof again, or name a node of its network with --api",
            ));
        };
        let opening = proof.opening();
        if !opening.opens(file, &view.stored) {
            return Err(documents::other_file());
        }
        Ok(Notarised {
            document: proof.document,
            version: proof.version,
            owner: owner.stored.owner,
            opening,
            file,
            kind: proof.kind,
        })
    }
}
