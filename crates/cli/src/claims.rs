//! What a proof shows, in sentences: one for each thing proved.

use crate::time::show_ms;
use salus_app::describe_event;
use salus_consent::state::{
    AccessBatch, Document, DocumentSignature, DocumentVersion, Grant, Record, RecordVersion,
};
use salus_identity::{AccountStatus, OrganisationRecord, state::Account};
use salus_proof::{Proved, Verified};
use salus_types::{BlockTime, Height, NetworkFile, Outcome, Receipt, Transaction, decode, hash};

/// Everything that was proved, a sentence each; the first says on what it rests.
pub(crate) fn sentences(verified: &Verified, network: &NetworkFile) -> Vec<String> {
    let mut sentences = vec![format!(
        "Block {} of network {} ({}), decided at {}, is certified by {} of {} validators of epoch {}.",
        verified.height,
        network.name.as_str(),
        verified.network,
        show(verified.time),
        verified.signatures,
        verified.validators,
        verified.epoch,
    )];
    sentences.extend(verified.claims.iter().map(|claim| match claim {
        Proved::StateValue { path, height, since, value } => {
            let sentence = state_sentence(path, value.as_deref());
            format!("{}{sentence}", when(*height, *since, verified.height))
        }
        Proved::Transaction { transaction, receipt } => transaction_sentence(transaction, receipt),
    }));
    sentences
}

/// When a value stood, for the beginning of a sentence; nothing for a value at the block itself.
fn when(height: Height, since: Option<Height>, block: Height) -> String {
    if height == block {
        return String::new();
    }
    let since = since.map(|since| format!(" (since block {since})")).unwrap_or_default();
    format!("At block {height}{since}: ")
}

fn show(time: BlockTime) -> String {
    show_ms(time.unix_ms())
}

fn transaction_sentence(transaction: &Transaction, receipt: &Receipt) -> String {
    let outcome = match &receipt.outcome {
        Outcome::Ok => "was executed".to_owned(),
        Outcome::Refused { code, .. } => format!("was refused with {}", code.as_str()),
    };
    let events: Vec<String> = receipt
        .events
        .iter()
        .map(|event| describe_event(event)["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    let told =
        if events.is_empty() { String::new() } else { format!(", and told {}", events.join(", ")) };
    format!(
        "Transaction {} of account {} stands at position {} of the block; it {outcome}{told}.",
        receipt.transaction, transaction.body.sender, receipt.index
    )
}

/// The sentence for a value of the state; a kind that is not known here is shown by its hash.
fn state_sentence(path: &[u8], value: Option<&[u8]>) -> String {
    let (kind, id) = split(path);
    let Some(value) = value else {
        return format!("Nothing stands under {kind} {id}.");
    };
    let known = match kind {
        "consent/record" => decode("record", value).ok().map(|found| record(&id, &found)),
        "consent/record-version" => decode("version", value).ok().map(|found| version(&id, &found)),
        "consent/grant" => decode("grant", value).ok().map(|found| grant(&id, &found)),
        "consent/access" => decode("access", value).ok().map(|found| access(&id, &found)),
        "consent/document" => decode("document", value).ok().map(|found| document(&id, &found)),
        "consent/document-version" => {
            decode("document version", value).ok().map(|found| document_version(&id, &found))
        }
        "consent/document-signature" => {
            decode("signature", value).ok().map(|found| document_signature(&id, &found))
        }
        "identity/account" => decode("account", value).ok().map(|found| account(&id, &found)),
        "identity/organisation" => {
            decode("organisation", value).ok().map(|found| organisation(&id, &found))
        }
        _ => None,
    };
    known.unwrap_or_else(|| {
        format!("Under {kind} {id} stand {} bytes with hash {}.", value.len(), hash(value))
    })
}

fn record(id: &str, found: &Record) -> String {
    format!(
        "Record {id} of patient {} is kept by {}; its version {} was anchored at {}, with plain \
         commitment {} and ciphertext hash {}.",
        found.patient,
        found.custodian,
        found.latest.version,
        show(found.latest.anchored_at),
        found.latest.plain_commitment,
        found.latest.cipher_hash,
    )
}

fn version(id: &str, found: &RecordVersion) -> String {
    format!(
        "Version {} of record {id} was anchored at {}, with plain commitment {} and ciphertext hash {}.",
        found.version,
        show(found.anchored_at),
        found.plain_commitment,
        found.cipher_hash,
    )
}

fn grant(id: &str, found: &Grant) -> String {
    let revoked = found.revoked_at.map_or_else(
        || "it is not revoked".to_owned(),
        |time| format!("it was revoked at {}", show(time)),
    );
    format!(
        "With grant {id}, patient {} lets {} read at {} for {}, from {} until {}; {revoked}.",
        found.patient,
        found.grantee,
        found.custodian,
        found.purpose,
        show(found.not_before),
        show(found.not_after),
    )
}

fn access(id: &str, found: &AccessBatch) -> String {
    let last = found.first_sequence.saturating_add(u64::from(found.count)).saturating_sub(1);
    let under = found.basis.map_or_else(String::new, |basis| format!(" under {basis}"));
    let mut parts = id.split('/');
    let (patient, custodian) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!(
        "Custodian {custodian} accounted at {} for accesses {} to {last} to records of patient \
         {patient}{under}, with leaves root {}.",
        show(found.accounted_at),
        found.first_sequence,
        found.leaves_root,
    )
}

fn document(id: &str, found: &Document) -> String {
    let after = found
        .superseded_by
        .map_or_else(String::new, |other| format!("; document {other} has taken its place"));
    format!(
        "Document {id} was notarised by {}; its latest version is {}{after}.",
        found.owner, found.version
    )
}

fn document_version(id: &str, found: &DocumentVersion) -> String {
    format!(
        "Version {id} of a document exists since block {} ({}), with commitment {} and {} signatures.",
        found.notarised_height,
        show(found.notarised_at),
        found.commitment,
        found.signatures,
    )
}

fn document_signature(id: &str, found: &DocumentSignature) -> String {
    format!("Signature {id} of a document is by {}, at {}.", found.signer, show(found.signed_at))
}

fn account(id: &str, found: &Account) -> String {
    let may = if found.status == AccountStatus::Active { "may act" } else { "may not act" };
    format!("Account {id} has {} keys and {may}.", found.keys.len())
}

fn organisation(id: &str, found: &OrganisationRecord) -> String {
    format!("Account {id} is the organisation {}.", found.name.as_str())
}

/// A path as people read it: the kind of record, then its ids in hexadecimal digits and its numbers.
fn split(path: &[u8]) -> (&str, String) {
    let slash = |from: usize| path[from..].iter().position(|byte| *byte == b'/');
    let end = slash(0).and_then(|first| slash(first + 1).map(|second| first + 1 + second));
    let (kind, mut rest) = path.split_at(end.unwrap_or(path.len()));
    let mut parts = Vec::new();
    // Ids are 32 bytes and numbers 8; text of free length is only ever the last part.
    while let Some((_, part)) = rest.split_first() {
        let len = match part.len() {
            8 => 8,
            32.. if part.get(32).is_none_or(|byte| *byte == b'/') => 32,
            other => other,
        };
        let (part, after) = part.split_at(len);
        parts.push(match <[u8; 8]>::try_from(part) {
            Ok(number) => u64::from_be_bytes(number).to_string(),
            Err(_) if len == 32 => hex::encode(part),
            Err(_) => String::from_utf8_lossy(part).into_owned(),
        });
        rest = after;
    }
    (std::str::from_utf8(kind).unwrap_or("an unknown kind"), parts.join("/"))
}
