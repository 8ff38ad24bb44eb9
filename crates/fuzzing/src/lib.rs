//! What must hold for every decoder that meets the outside, whatever the bytes are.
//!
//! Each function takes bytes from a stranger and panics when a promise is broken. The targets of
//! `fuzz/` call them under a coverage-guided fuzzer, which needs a nightly toolchain; the test of this
//! crate calls them on any toolchain, with the corpora of `fuzz/corpus/` and mutations of them.

#[cfg(test)]
mod tests;

use salus_crypto::sign::{SignatureItem, SigningKey, verify, verify_batch};
use salus_fhir::{
    BundleReader, Limits,
    consent::{ACT_REASON, Action, Consent, Consents, Kind, Moment, Request},
    document::{Document, linked},
    labels::{CodingRef, FACTS_MAX, Facts},
};
use salus_proof::{FORMAT_VERSION, MAGIC};
use salus_types::{
    AccountId, BlockHeader, BlockTime, Hash, LedgerParameters, NetworkFile, NodeKey, NodeRecord,
    PublicKey, Receipt, SignatureAlgorithm, TextMax, Transaction, ValidatorSet, VecMax, decode,
    encode, hash,
};
use std::sync::LazyLock;

/// A target: its name, which is that of its corpus, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 8] = [
    ("transaction", transaction),
    ("header", header),
    ("receipt", receipt),
    ("proof", proof),
    ("bundle", bundle),
    ("consent", consent),
    ("facts", facts),
    ("document", document),
];

/// A transaction: it encodes to the same bytes, and its signatures are judged alike alone and in a
/// batch.
///
/// # Panics
///
/// When that does not hold.
pub fn transaction(bytes: &[u8]) {
    let Ok(transaction) = Transaction::from_bytes(bytes) else { return };
    assert_eq!(transaction.to_bytes(), bytes);

    let message = Transaction::signed_bytes(transaction.hash());
    let items: Vec<_> = transaction
        .signatures
        .iter()
        .map(|one| SignatureItem { key: &one.key, message: &message, signature: &one.signature })
        .collect();
    let alone: Vec<_> =
        items.iter().map(|item| verify(item.key, item.message, item.signature).is_ok()).collect();
    assert_eq!(verify_batch(&items), alone);
}

/// A block header: it encodes to the same bytes.
///
/// # Panics
///
/// When that does not hold.
pub fn header(bytes: &[u8]) {
    if let Ok(header) = decode::<BlockHeader>("block header", bytes) {
        assert_eq!(encode(&header), bytes);
    }
}

/// A receipt: it encodes to the same bytes.
///
/// # Panics
///
/// When that does not hold.
pub fn receipt(bytes: &[u8]) {
    if let Ok(receipt) = decode::<Receipt>("receipt", bytes) {
        assert_eq!(encode(&receipt), bytes);
    }
}

static NETWORK: LazyLock<NetworkFile> = LazyLock::new(|| NetworkFile {
    version: 1,
    name: TextMax::default(),
    genesis_time: BlockTime::from_unix_ms(0),
    salt: Hash::ZERO,
    members: VecMax::default(),
    validators: ValidatorSet::new((1..=4).map(node).collect()).expect("four nodes"),
    parameters: LedgerParameters::default(),
});

fn node(number: u8) -> NodeRecord {
    let secret = SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &[number; 32]);
    let PublicKey::Ed25519(key) = secret.expect("32 bytes").public() else {
        unreachable!("the key is of the algorithm that was asked for")
    };
    NodeRecord {
        key: NodeKey(key.0),
        organisation: AccountId([number; 32]),
        address: TextMax::default(),
        api: TextMax::default(),
    }
}

/// A proof file: nothing is proved, for nobody signed anything. Format, network and hash are made to
/// fit, so that the checks behind them are reached.
///
/// # Panics
///
/// When something is proved.
pub fn proof(bytes: &[u8]) {
    let content =
        [MAGIC.as_slice(), &FORMAT_VERSION.to_le_bytes(), &NETWORK.id().0, bytes].concat();
    let file = [content.as_slice(), &hash(&content).0].concat();
    assert!(salus_proof::verify(&file, &NETWORK).is_err(), "nobody signed anything");
    assert!(salus_proof::verify(bytes, &NETWORK).is_err(), "nobody signed anything");
}

/// A FHIR bundle: entries are within bounds and stand in the input as they are given.
///
/// # Panics
///
/// When that does not hold.
pub fn bundle(bytes: &[u8]) {
    let limits = Limits {
        bundle_bytes_max: 1024 * 1024,
        entry_bytes_max: 64 * 1024,
        entries_max: 1000,
        depth_max: 32,
    };
    let Ok(reader) = BundleReader::new(bytes, limits) else { return };
    let is_plain = !bytes.starts_with(&[0x1f, 0x8b]);
    for entry in reader {
        let Ok(entry) = entry else { return };
        assert!(entry.bytes.len() <= limits.entry_bytes_max);
        if is_plain {
            let stands = bytes.windows(entry.bytes.len()).any(|window| window == entry.bytes);
            assert!(stands, "the entry is given as it stands in the bundle");
        }
    }
}

/// A FHIR consent: what is read can be compiled and asked; what cannot flow by the request alone flows
/// for no data; and it never permits for another patient.
///
/// # Panics
///
/// When that does not hold.
pub fn consent(bytes: &[u8]) {
    let Ok(consent) = Consent::from_json(bytes) else { return };
    let patient = consent.patient().to_owned();
    let Ok(consents) = Consents::new(vec![consent]) else { return };
    let facts = Facts::of_type("Observation".parse().expect("it is a type of R4"));
    for (patient, is_theirs) in [(patient.as_str(), true), ("Patient/nobody's", false)] {
        let request = Request {
            patient,
            person: Some("Practitioner/2"),
            organisation: Some("Organization/1"),
            member_of: &["Group/3"],
            roles: &[CodingRef { system: "urn:roles", code: "nurse" }],
            custodians: &["Organization/4"],
            purpose: CodingRef { system: ACT_REASON, code: "TREAT" },
            action: Action::Access,
            now: Moment::from_unix_ms(1_718_000_000_000),
        };
        let decision = consents.decide(&request);
        let flow = decision.flows(&facts);
        assert!(!flow.is_permitted() || (is_theirs && decision.kind() == Kind::Permit));
        assert!(!consents.explain(flow).words.is_empty());
        let _ = decision.residual();
    }
}

/// The facts of a resource: within their bounds, in order, and always with a label.
///
/// # Panics
///
/// When that does not hold.
pub fn facts(bytes: &[u8]) {
    let Ok(facts) = Facts::read(bytes) else { return };
    assert!(facts.codes.len() <= FACTS_MAX && facts.references.len() <= FACTS_MAX);
    assert!(facts.labels.confidentiality.is_some());
    assert!(facts.codes.is_sorted() && facts.references.is_sorted());
}

/// A document in a `DocumentReference`: the next version of the resource has the same document, and
/// one whose bytes are many is shown without them.
///
/// # Panics
///
/// When that does not hold.
pub fn document(bytes: &[u8]) {
    let Ok(found) = Document::of_resource(bytes) else { return };
    let Ok(text) = found.to_next_version(bytes, "1") else { return };
    let next = Document::of_resource(text.as_bytes()).expect("what is written is read");
    // A day is written as the moment with which it begins, and a secret that is none stays.
    let known = |one: Document| Document { date: None, secret: None, ..one };
    assert_eq!(known(next), known(found));

    let large = Document { content: vec![7; 64 * 1024], ..Document::default() };
    let text = large.to_next_version(bytes, "1").expect("what is one stays one");
    let shown = linked(&text, "1").expect("so many bytes are linked");
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("it is JSON still");
    let content = shown["content"].as_array().expect("it is a list still");
    assert!(content.iter().any(|one| one["attachment"]["url"] == "Binary/1"));
}
