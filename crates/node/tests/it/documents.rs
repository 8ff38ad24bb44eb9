//! A document over running nodes: kept by one hospital, read by another under a grant, notarised, signed by
//! several, and checked offline by who has the file; nothing of it is in any file of any node.

use crate::{
    care::{Care, all_of, order},
    scene::{client, reach},
};
use salus_api::{
    client::At,
    records::{DocumentChange, DocumentContent, DocumentOrder},
};
use salus_consent::{
    AccessKind, Basis, ConsentTx, RecordId, ReleaseMode,
    query::DocumentVersionView,
    state::{DocumentSignature, DocumentVersion, document_signature_path, document_version_path},
    tx::{NotariseDocument, SignDocument},
};
use salus_fhir::{
    Category,
    document::{Document, from_base64, to_base64},
};
use salus_types::{AccountId, Hash, decode, hash};
use salus_vault::{
    erasure::{Reach, Trace, scan},
    notary::{Opening, Role, document_of},
};

const HOST: usize = 0;
const CLINIC: usize = 1;
const STRANGER: usize = 2;
const TITLE: &str = "Letter about Quillfeather";
const FIRST: &[u8] = b"%PDF-1.7 \x00\xff the first text about Quillfeather-Ambrose";
const SECOND: &[u8] = b"%PDF-1.7 \x00\xfe the second text about Quillfeather-Ambrose";

fn content(bytes: &[u8]) -> DocumentContent {
    DocumentContent { content: Some(to_base64(bytes)), ..DocumentContent::default() }
}

/// A patient's document at the host, in its second version.
async fn document(care: &Care, patient: AccountId) -> RecordId {
    let host = care.gateway(HOST);
    let document = DocumentContent {
        title: Some(TITLE.to_owned()),
        media_type: Some("application/pdf".to_owned()),
        kind: Some("18842-5".to_owned()),
        ..content(FIRST)
    };
    let order = DocumentOrder { patient, document, purpose: None, actor: None };
    let added = host.add_document(&order).await.unwrap();
    let change =
        DocumentChange { version: Some(1), document: content(SECOND), purpose: None, actor: None };
    let changed = host.update_document(added.record, &change).await.unwrap();
    assert_eq!((changed.record, changed.version, changed.changed), (added.record, 2, true));
    added.record
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_read_under_a_grant_notarised_signed_and_checked_offline() {
    let care = Care::new().await;
    let (patient, ..) = care.patient().await;
    let record = document(&care, patient.account).await;
    let (host, clinic) = (care.organisation(HOST), care.organisation(CLINIC));

    // The clinic reads it under a grant for documents, and a stranger does not.
    let scope = all_of(Category::Documents);
    let grant = care.granting(CLINIC, &scope, ReleaseMode::Wrapped);
    care.grant(&patient, CLINIC, &grant, &scope).await.unwrap();
    let order = order(record, Some(Basis::Grant(grant.grant)));
    let read = care.gateway(CLINIC).read(&order).await.unwrap();
    let found = Document::of_resource(&read.bytes).unwrap();
    assert_eq!((&found.content[..], found.title.as_deref()), (SECOND, Some(TITLE)));
    let height = client(&care.nodes[CLINIC]).status().await.unwrap().height;
    reach(&care.nodes[STRANGER], height).await;
    let refused = care.gateway(STRANGER).read(&order).await.unwrap_err();
    assert_eq!(refused.code(), "vault.grantee");

    // The host notarises it; the patient and the clinic sign it.
    let (secret, file) = (found.secret.unwrap(), hash(&found.content));
    let opening = Opening::of(&secret, host.account, file);
    let document = document_of(&secret, host.account);
    let kind = found.kind.map(|kind| kind.to_string());
    let notarise = ConsentTx::NotariseDocument(NotariseDocument {
        document,
        version: 1,
        commitment: opening.commitment(file),
        kind_commitment: opening.kind_commitment(file, kind.as_deref()),
        supersedes: None,
    });
    care.send(CLINIC, &host, &[], &notarise).await.unwrap();
    for (signer, role) in [(&patient, Role::Consent), (&clinic, Role::Review)] {
        let role_commitment = opening.role_commitment(file, signer.account, role);
        let sign = ConsentTx::SignDocument(SignDocument { document, version: 1, role_commitment });
        care.send(CLINIC, signer, &[], &sign).await.unwrap();
        let again = care.send(CLINIC, signer, &[], &sign).await;
        assert_eq!(again, Err("consent.already_signed".to_owned()));
    }

    // Who has the file, the opening and the network file needs nobody else.
    let path = format!("/v1/documents/{document}/versions/1");
    let at = At { proof: true, ..At::default() };
    let answer = client(&care.nodes[CLINIC]).state::<DocumentVersionView>(&path, at).await.unwrap();
    let proof = from_base64(&answer.proof.unwrap()).unwrap();
    let verified = salus_proof::verify(&proof, &care.scene.network).unwrap();
    let value = |path: &[u8]| verified.state_value(path).flatten().unwrap();
    let version = value(document_version_path(document, 1).as_bytes());
    let version: DocumentVersion = decode("version", version).unwrap();
    assert!(opening.opens(file, &version));
    assert!(!opening.opens(hash(FIRST), &version));
    assert_eq!(version.notarised_height, answer.value.stored.notarised_height);
    let signatures = (0..version.signatures).map(|number| {
        let signature = value(document_signature_path(document, 1, number).as_bytes());
        let signature: DocumentSignature = decode("signature", signature).unwrap();
        (signature.signer, opening.role_of(file, &signature))
    });
    let expected = [(patient.account, Some(Role::Consent)), (clinic.account, Some(Role::Review))];
    assert_eq!(signatures.collect::<Vec<_>>(), expected);

    // Nothing of it is in any file of any node, and the patient sees who read it.
    let log = care.gateway(HOST).accesses(patient.account).await.unwrap();
    let of_document = log.accesses.iter().filter(|one| one.leaf.record == record);
    let of_document: Vec<_> = of_document.map(|one| (&one.leaf.kind, one.leaf.accessor)).collect();
    assert_eq!(of_document[0], (&AccessKind::GrantedRead, clinic.account));
    let words = [TITLE.as_bytes(), FIRST, SECOND, b"Quillfeather", &secret, &file.0];
    let salt = opening.salt.unwrap_or(Hash::ZERO).0;
    let words = words.into_iter().chain([&salt[..]]);
    let traces: Vec<Trace> = words
        .map(|word| Trace {
            kind: "document".to_owned(),
            reach: Reach::Nowhere,
            bytes: word.to_vec(),
        })
        .collect();
    let Care { scene, nodes } = care;
    for node in nodes {
        node.stop().await.unwrap();
    }
    let scanned = scan(&scene.folder.path().join("net"), &traces, &|_| false).unwrap();
    assert_eq!(scanned.traces(), 0);
}
