//! Notarised documents.

use super::{CLINIC, HOSPITAL, code, ledger, run};
use crate::{
    ConsentEvent, ConsentTx, DocumentId, query,
    tx::{NotariseDocument, SignDocument},
};
use salus_framework::testing::account;
use salus_types::Hash;

pub(super) fn document(n: u8) -> DocumentId {
    DocumentId::new([n; 32])
}

fn notarise(n: u8, version: u32, bytes: u8) -> NotariseDocument {
    NotariseDocument {
        document: document(n),
        version,
        commitment: Hash([bytes; 32]),
        kind_commitment: Hash([1; 32]),
        supersedes: None,
    }
}

fn sign(n: u8, version: u32) -> ConsentTx {
    let role_commitment = Hash([2; 32]);
    ConsentTx::SignDocument(SignDocument { document: document(n), version, role_commitment })
}

#[test]
fn a_file_existed_unchanged_since_the_block_that_notarised_it_first() {
    let (mut ledger, patient) = ledger();
    let first = ledger.block.clone();

    run(&mut ledger, patient, ConsentTx::NotariseDocument(notarise(1, 1, 7))).unwrap();
    ledger.block.time = ledger.block.time.after_ms(5);
    ledger.block.height = ledger.block.height.next();
    // Others may notarise the same bytes; who had them first stays first.
    run(&mut ledger, account(CLINIC), ConsentTx::NotariseDocument(notarise(2, 1, 7))).unwrap();

    let found = query::existed_since(&ledger.state, Hash([7; 32])).unwrap();
    assert_eq!((found.document, found.version, found.owner), (document(1), 1, patient));
    assert_eq!((found.height, found.time), (first.height, first.time));
    assert_eq!(query::existed_since(&ledger.state, Hash([8; 32])), None);
}

#[test]
fn versions_follow_one_another_and_stay() {
    let (mut ledger, patient) = ledger();
    run(&mut ledger, patient, ConsentTx::NotariseDocument(notarise(1, 1, 7))).unwrap();

    let gap = run(&mut ledger, patient, ConsentTx::NotariseDocument(notarise(1, 3, 8)));
    let stranger =
        run(&mut ledger, account(CLINIC), ConsentTx::NotariseDocument(notarise(1, 2, 8)));
    let events = run(&mut ledger, patient, ConsentTx::NotariseDocument(notarise(1, 2, 8))).unwrap();

    assert_eq!(code(gap), "consent.wrong_version");
    assert_eq!(code(stranger), "consent.not_owner");
    assert_eq!(
        events,
        [ConsentEvent::DocumentNotarised {
            document: document(1),
            version: 2,
            owner: patient,
            commitment: Hash([8; 32]),
            supersedes: None,
        }]
    );
    let commitment =
        |version| query::document_version(&ledger.state, document(1), version).unwrap().stored;
    assert_eq!(commitment(1).commitment, Hash([7; 32]));
    assert_eq!(commitment(2).commitment, Hash([8; 32]));
    assert_eq!(query::document(&ledger.state, document(1)).unwrap().stored.version, 2);
}

#[test]
fn several_sign_a_version_each_once() {
    let (mut ledger, patient) = ledger();
    run(&mut ledger, patient, ConsentTx::NotariseDocument(notarise(1, 1, 7))).unwrap();

    run(&mut ledger, account(HOSPITAL), sign(1, 1)).unwrap();
    run(&mut ledger, patient, sign(1, 1)).unwrap();
    let again = run(&mut ledger, patient, sign(1, 1));
    let no_version = run(&mut ledger, patient, sign(1, 2));
    let no_document = run(&mut ledger, patient, sign(2, 1));

    assert_eq!(code(again), "consent.already_signed");
    assert_eq!(code(no_version), "consent.unknown_document");
    assert_eq!(code(no_document), "consent.unknown_document");
    let view = query::document_version(&ledger.state, document(1), 1).unwrap();
    let signers: Vec<_> = view.signed.iter().map(|one| one.signer).collect();
    assert_eq!(signers, [account(HOSPITAL), patient]);
}

#[test]
fn a_document_takes_the_place_of_another_of_its_owner_once() {
    let (mut ledger, patient) = ledger();
    run(&mut ledger, patient, ConsentTx::NotariseDocument(notarise(1, 1, 7))).unwrap();
    run(&mut ledger, account(CLINIC), ConsentTx::NotariseDocument(notarise(2, 1, 8))).unwrap();
    let mut with = |n, supersedes| {
        let supersedes = Some(document(supersedes));
        let call = NotariseDocument { supersedes, ..notarise(n, 1, n) };
        run(&mut ledger, patient, ConsentTx::NotariseDocument(call))
    };

    assert_eq!(code(with(3, 3)), "consent.supersedes_itself");
    assert_eq!(code(with(3, 9)), "consent.unknown_document");
    assert_eq!(code(with(3, 2)), "consent.not_owner");
    with(3, 1).unwrap();
    assert_eq!(code(with(4, 1)), "consent.already_superseded");
    let old = query::document(&ledger.state, document(1)).unwrap().stored;
    assert_eq!(old.superseded_by, Some(document(3)));
    assert_eq!(query::documents_of(&ledger.state, patient, 0, 10).total, 2);
}
