//! Claims that the block does not bear out.

use crate::{
    CHAIN,
    chain::{Chain, entries, path, state, value},
    links::{code, code_of},
};
use bytes::Bytes;
use salus_proof::{Claim, ProofFile, verify};
use salus_state::Entry;
use salus_types::{BytesMax, Height, Outcome, TextMax, VecMax};

/// The good proof with its claims changed.
fn with_claims(change: impl Fn(&mut Claim)) -> ProofFile {
    let mut proof = CHAIN.proof();
    let mut claims = proof.claims.to_vec();
    claims.iter_mut().for_each(change);
    proof.claims = VecMax::new(claims).unwrap();
    proof
}

/// The only entry of a claim.
fn one<const N: usize, const M: usize>(entry: Vec<u8>) -> VecMax<BytesMax<N>, M> {
    VecMax::new(vec![BytesMax::new(entry).unwrap()]).unwrap()
}

/// A proof that says of record 3 what these entries show of a height.
fn with_entries(height: u64, entries: &[Bytes]) -> ProofFile {
    let mut proof = CHAIN.proof();
    let Claim::StateValue(good) = &proof.claims[1] else { unreachable!() };
    let claim = Claim::state_value(&good.path, Height(height), entries, &good.proof).unwrap();
    proof.claims = VecMax::new(vec![claim]).unwrap();
    proof
}

#[test]
fn what_stood_at_an_earlier_height_is_proved_by_what_replaced_it() {
    let [newest, earlier] = entries(3);
    let all = [newest.clone(), earlier.clone()];
    let proved = |height: u64, entries: &[Bytes]| {
        let file = with_entries(height, entries).to_file().unwrap();
        let verified = verify(&file, &CHAIN.network).unwrap();
        verified.state_value(path(3).as_bytes()).unwrap().map(<[u8]>::to_vec)
    };

    assert_eq!(proved(12, &all[..1]), Some(value(3)), "at the block itself");
    assert_eq!(proved(2, &all[..1]), Some(value(3)), "since block 2");
    assert_eq!(proved(1, &all), Some(b"earlier".to_vec()));
    assert_eq!(proved(0, &all), None, "before it was first written");
    for (height, entries) in [
        (13, &all[..1]),                // ahead of the block
        (1, &all[..1]),                 // what it replaced is missing
        (2, &all),                      // one too many
        (1, &[newest.clone(), newest]), // a broken link
        (0, &[earlier]),                // not what the root proves
    ] {
        assert_eq!(code(&with_entries(height, entries)), "proof.state", "at {height}");
    }
}

#[test]
fn a_claim_about_the_state_must_be_what_the_state_says() {
    let other_value = with_claims(|claim| {
        if let Claim::StateValue(claim) = claim {
            let forged = Entry::replacing(None, Height(1), Some("forged".into())).encode();
            if !claim.entries.is_empty() {
                claim.entries = one(forged);
            }
        }
    });
    let other_path = with_claims(|claim| {
        if let Claim::StateValue(claim) = claim {
            claim.path = BytesMax::new(path(7).as_bytes()).unwrap();
        }
    });
    let said_absent = with_claims(|claim| {
        if let Claim::StateValue(claim) = claim {
            claim.entries = VecMax::default();
        }
    });
    let said_present = with_claims(|claim| {
        if let Claim::StateValue(claim) = claim {
            claim.entries = one(Vec::new());
        }
    });

    for proof in [other_value, other_path, said_absent, said_present] {
        assert_eq!(code(&proof), "proof.state");
    }
}

#[test]
fn a_present_key_cannot_be_proved_absent_with_its_neighbours_proof() {
    let chain = Chain::new(state(200, &[1_000]));
    let mut proof = chain.small_proof();
    let Claim::StateValue(mut claim) = proof.claims[0].clone() else { unreachable!() };
    for number in 0..200 {
        claim.path = BytesMax::new(path(number).as_bytes()).unwrap();
        proof.claims = VecMax::new(vec![Claim::StateValue(claim.clone())]).unwrap();
        assert_eq!(code_of(&proof, &chain.network), "proof.state", "record {number}");
    }
}

#[test]
fn a_state_of_another_block_is_refused() {
    let mut proof = CHAIN.small_proof();
    let other = state(201, &[0]);
    proof.claims = VecMax::new(other.claims).unwrap();

    assert_eq!(code(&proof), "proof.state");
}

#[test]
fn a_transaction_must_be_in_the_block() {
    let changed = with_claims(|claim| {
        if let Claim::Transaction(claim) = claim {
            let mut bytes = claim.transaction.to_vec();
            *bytes.last_mut().unwrap() ^= 1; // A signature: the hash of the body stays.
            claim.transaction = BytesMax::new(bytes).unwrap();
        }
    });
    let moved = with_claims(|claim| {
        if let Claim::Transaction(claim) = claim {
            claim.transaction_proof.index = 0;
        }
    });

    assert_eq!(code(&changed), "proof.transaction");
    assert_eq!(code(&moved), "proof.transaction");
}

#[test]
fn a_receipt_must_be_that_of_the_transaction() {
    let Claim::Transaction(other) = CHAIN.transaction_claim(12, 2) else { unreachable!() };
    let changed = with_claims(|claim| {
        if let Claim::Transaction(claim) = claim {
            claim.receipt.outcome =
                Outcome::Refused { call: 0, code: TextMax::default(), message: TextMax::default() };
        }
    });
    let swapped = with_claims(|claim| {
        if let Claim::Transaction(claim) = claim {
            claim.receipt = other.receipt.clone();
            claim.receipt_proof = other.receipt_proof.clone();
        }
    });

    assert_eq!(code(&changed), "proof.receipt");
    assert_eq!(code(&swapped), "proof.receipt");
}
