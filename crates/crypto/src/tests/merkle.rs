//! Merkle trees.

use crate::merkle::{MerkleProof, prove, root, tree_hash};
use proptest::prelude::*;
use salus_types::{Hash, VecMax, decode, encode, hash, hash_parts};

fn leaves(count: u8) -> Vec<Hash> {
    (0..count).map(|i| hash(&[i])).collect()
}

fn node(left: Hash, right: Hash) -> Hash {
    hash_parts(&[&[1], &left.0, &right.0])
}

#[test]
fn the_tree_has_the_shape_of_rfc_6962() {
    let all = leaves(7);
    let leaf = |i: usize| hash_parts(&[&[0], &all[i].0]);

    // RFC 6962, section 2.1.3: seven leaves a to f and j.
    let pairs = [0, 2, 4].map(|first| node(leaf(first), leaf(first + 1)));
    let left = node(pairs[0], pairs[1]);
    let right = node(pairs[2], leaf(6));
    assert_eq!(tree_hash(&all), node(left, right));
    assert_eq!(tree_hash(&all[..3]), node(pairs[0], leaf(2)));
    assert_eq!(tree_hash(&all[..6]), node(left, pairs[2]));

    // The audit paths that the section spells out.
    let path = |index| prove(&all, index).unwrap().path.into_inner();
    assert_eq!(path(0), [leaf(1), pairs[1], right]);
    assert_eq!(path(3), [leaf(2), pairs[0], right]);
    assert_eq!(path(4), [leaf(5), leaf(6), left]);
    assert_eq!(path(6), [pairs[2], left]);
}

#[test]
fn the_empty_tree_is_the_hash_of_nothing() {
    assert_eq!(
        tree_hash(&[]).to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

/// Computed by another program from the description in the module.
#[test]
fn roots_are_pinned() {
    let pinned = |count| root(&leaves(count)).to_string();

    assert_eq!(pinned(0), include_str!("golden/merkle_0.hex").trim());
    assert_eq!(pinned(1), include_str!("golden/merkle_1.hex").trim());
    assert_eq!(pinned(7), include_str!("golden/merkle_7.hex").trim());
}

#[test]
fn every_leaf_of_every_small_tree_is_proved_and_no_other() {
    for count in 0..=33 {
        let all = leaves(count);
        let root = root(&all);
        assert_eq!(prove(&all, all.len()), None);
        for index in 0..all.len() {
            let proof = prove(&all, index).unwrap();
            for (other, leaf) in all.iter().enumerate() {
                assert_eq!(proof.verify(&root, leaf), other == index, "{index} of {count}");
            }
        }
    }
}

#[test]
fn a_proof_is_for_one_position_and_one_count_only() {
    for count in 1..=20_u8 {
        let all = leaves(count);
        let root = root(&all);
        for index in 0..count {
            let leaf = all[usize::from(index)];
            let proof = prove(&all, usize::from(index)).unwrap();
            for other_count in 0..=25 {
                for other_index in 0..=25 {
                    let claimed =
                        MerkleProof { index: other_index, count: other_count, ..proof.clone() };
                    let same = other_index == u32::from(index) && other_count == u32::from(count);
                    assert_eq!(claimed.verify(&root, &leaf), same);
                }
            }
        }
    }
}

#[test]
fn an_inner_node_is_not_a_leaf_and_counts_separate_roots() {
    let all = leaves(4);
    let inner = [tree_hash(&all[..2]), tree_hash(&all[2..])];

    assert_ne!(root(&inner), root(&all));
    assert_ne!(tree_hash(&inner), tree_hash(&all));
}

#[test]
fn extreme_positions_are_refused() {
    let long = VecMax::new(vec![Hash::ZERO; 32]).unwrap();
    for (index, count) in [(0, 0), (u32::MAX, u32::MAX), (u32::MAX - 1, u32::MAX), (0, 1)] {
        let proof = MerkleProof { index, count, path: long.clone() };

        assert!(!proof.verify(&Hash::ZERO, &Hash::ZERO));
    }
}

proptest! {
    #[test]
    fn any_changed_byte_of_a_proof_is_refused(
        count in 1..200_u8,
        index in any::<prop::sample::Index>(),
        position in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let all = leaves(count);
        let index = index.index(all.len());
        let root = root(&all);
        let mut bytes = encode(&prove(&all, index).unwrap());
        let position = position.index(bytes.len());
        bytes[position] ^= change;

        if let Ok(changed) = decode::<MerkleProof>("proof", &bytes) {
            prop_assert!(!changed.verify(&root, &all[index]));
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1200)) {
        if let Ok(proof) = decode::<MerkleProof>("proof", &bytes) {
            prop_assert!(!proof.verify(&Hash::ZERO, &Hash::ZERO));
        }
    }
}
