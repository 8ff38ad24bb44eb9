//! `salus document notarise`: this file existed, unchanged, since this block.

use crate::{
    documents::{self, Begun, Notarised, ReadArgs, hash_of, shown, signer},
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
    submit::{call, execute},
    time::show_ms,
};
use clap::Args;
use salus_api::client::Client;
use salus_consent::{Consent, ConsentTx, DocumentId, RecordId, tx::NotariseDocument};
use salus_crypto::random;
use salus_fhir::document::DocumentKind;
use salus_types::{AccountId, hash};
use salus_vault::notary::{Opening, document_of};
use std::path::PathBuf;

/// What is notarised, and by whom.
#[derive(Debug, Args)]
pub(crate) struct Notarise {
    /// The file of a document that is in no vault, of any size
    #[arg(required_unless_present = "record", conflicts_with = "record")]
    file: Option<PathBuf>,
    /// A document of the vault, by its record
    #[arg(long)]
    record: Option<RecordId>,
    #[command(flatten)]
    reading: ReadArgs,
    /// The key file of who notarises it; the organisation of the home when left out
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// What kind of document the file is: a code of LOINC, or system|code; only its proof tells
    #[arg(long, value_name = "CODE", requires = "file")]
    kind: Option<DocumentKind>,
    /// The document on the ledger of which the file is the next version
    #[arg(long, requires = "file")]
    document: Option<DocumentId>,
    /// Put the plain hash on the ledger, so that whoever has the file finds it; not for personal files
    #[arg(long, requires = "file")]
    public: bool,
    /// Another document of the same owner on the ledger, whose place this one takes
    #[arg(long, value_name = "DOCUMENT")]
    supersedes: Option<DocumentId>,
    /// Write the proof to this file; whoever gets it and the document can check it offline
    #[arg(long, value_name = "FILE", default_value = "document.proof")]
    out: PathBuf,
}

/// What is to be notarised, and what the ledger has of it already.
struct Target {
    of: Notarised,
    latest: u32,
    already: bool,
}

impl Notarise {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let begun = Begun::at(&self.out)?;
        let signer = signer(session, self.key.as_deref())?;
        let client = if self.record.is_some() { session.gateway()? } else { session.client()? };
        let answer = block_on_until_signal(async {
            let Target { mut of, latest, already } = match (self.record, &self.file) {
                (Some(record), _) => self.of_record(&client, signer.account, record).await?,
                (None, Some(file)) => {
                    self.of_file(&client, signer.account, hash_of(file)?, &begun).await?
                }
                (None, None) => anyhow::bail!("neither a file nor a record was given"),
            };
            if !already {
                of.version = latest.saturating_add(1);
                begun.keep(&of)?;
                let message = ConsentTx::NotariseDocument(NotariseDocument {
                    document: of.document,
                    version: of.version,
                    commitment: of.opening.commitment(of.file),
                    kind_commitment: of.opening.kind_commitment(of.file, of.kind.as_deref()),
                    supersedes: self.supersedes,
                });
                let network = client.network().await?.id();
                execute(&client, network, &signer, vec![call::<Consent>(&message)]).await?;
            }
            let view = begun.finish(&client, &of).await?;
            let mut answer = shown(&of, &view);
            answer["already"] = already.into();
            answer["proof"] = self.out.display().to_string().into();
            Ok(answer)
        })?;
        session.output.answer(&answer, |answer| {
            format!(
                "Version {} of document {} exists, unchanged, since block {} ({}).\n\
                 Whoever has the file and {} checks it offline with\n  \
                 salus document verify FILE --proof {} --network NETWORK_FILE",
                answer["version"],
                answer["document"].as_str().unwrap_or_default(),
                answer["since_height"],
                show_ms(answer["since"].as_u64().unwrap_or_default()),
                self.out.display(),
                self.out.display(),
            )
        });
        Ok(())
    }

    async fn of_record(
        &self,
        client: &Client,
        owner: AccountId,
        record: RecordId,
    ) -> anyhow::Result<Target> {
        let (_, found) = self.reading.read(client, record).await?;
        let secret = documents::secret_of(&found)?;
        let file = hash(&found.content);
        let (document, opening) = (document_of(&secret, owner), Opening::of(&secret, owner, file));
        let there = documents::on_ledger(client, document, opening, file).await?;
        let (version, already) = (there.same.unwrap_or_default(), there.same.is_some());
        let kind = found.kind.as_ref().map(ToString::to_string);
        let of = Notarised { document, version, owner, opening, file, kind };
        Ok(Target { of, latest: there.latest, already })
    }

    async fn of_file(
        &self,
        client: &Client,
        owner: AccountId,
        file: salus_types::Hash,
        begun: &Begun<'_>,
    ) -> anyhow::Result<Target> {
        // A run before this one did not come to its end: whether the ledger has it is to be seen.
        if let Some(left) = &begun.left {
            let (document, opening) = (left.document, left.opening());
            let there = documents::on_ledger(client, document, opening, file).await?;
            let version = there.same.unwrap_or_default();
            let kind = left.kind.clone();
            let of = Notarised { document, version, owner, opening, file, kind };
            return Ok(Target { of, latest: there.latest, already: there.same.is_some() });
        }
        let latest = match self.document {
            None => 0,
            Some(document) => {
                let found = documents::document(client, document).await?.ok_or_else(|| {
                    Problem::refused(
                        "consent.unknown_document",
                        format!("there is no document {document} on the ledger"),
                        "leave out --document to notarise a new one",
                    )
                })?;
                found.stored.version
            }
        };
        let of = Notarised {
            document: self.document.unwrap_or_else(|| DocumentId::new(random())),
            version: 0,
            owner,
            opening: if self.public { Opening::public() } else { Opening::fresh() },
            file,
            kind: self.kind.as_ref().map(ToString::to_string),
        };
        Ok(Target { of, latest, already: false })
    }
}
