//! Merkle trees over a list of hashes, in the shape of RFC 6962.
//!
//! ```text
//! leaf(h)          = SHA-256(0x00 || h)
//! node(left,right) = SHA-256(0x01 || left || right)
//! tree(leaves)     = RFC 6962, section 2.1: split at the largest power of two below the count;
//!                    an empty list is SHA-256 of nothing
//! root             = SHA-256("salus/merkle/1" || count, 8 bytes little-endian || tree(leaves))
//! ```
//!
//! Leaf and node never hash alike, and the root fixes the count, so that a proof for one position of
//! one list cannot be read as a proof for another.
//!
//! Source: RFC 6962, section 2.1; RFC 9162, section 2.1.3.2 for verification.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{Hash, VecMax, hash, hash_parts};

/// Most hashes in a path: enough for 2^32 leaves.
pub const PATH_MAX: usize = 32;

/// That one hash is at one position of a list.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct MerkleProof {
    /// Position of the leaf, from 0.
    pub index: u32,
    /// How many leaves the list has.
    pub count: u32,
    /// The hashes beside the way from the leaf to the top, lowest first.
    pub path: VecMax<Hash, PATH_MAX>,
}

impl MerkleProof {
    /// Whether `leaf` is at [`Self::index`] of the list of [`Self::count`] hashes with this root.
    pub fn verify(&self, root: &Hash, leaf: &Hash) -> bool {
        let Some(mut last) = self.count.checked_sub(1) else { return false };
        let mut position = self.index;
        if position > last {
            return false;
        }
        let mut top = leaf_hash(leaf);
        for sibling in &self.path {
            if last == 0 {
                return false; // The path is longer than the tree is high.
            }
            if position & 1 == 1 || position == last {
                top = node_hash(sibling, &top);
                // A last node without a right neighbour rises until it is a right child.
                while position & 1 == 0 && position != 0 {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                top = node_hash(&top, sibling);
            }
            position >>= 1;
            last >>= 1;
        }
        last == 0 && bind_count(self.count, &top) == *root
    }
}

/// The root over a list of hashes.
///
/// # Panics
///
/// The list has 2^32 hashes or more.
pub fn root(leaves: &[Hash]) -> Hash {
    bind_count(count(leaves), &tree_hash(leaves))
}

/// Proves that `leaves[index]` is at its position; none when there is no such leaf.
///
/// # Panics
///
/// The list has 2^32 hashes or more.
pub fn prove(leaves: &[Hash], index: usize) -> Option<MerkleProof> {
    if index >= leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    let (mut rest, mut position) = (leaves, index);
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if position < left.len() {
            path.push(tree_hash(right));
            rest = left;
        } else {
            path.push(tree_hash(left));
            position -= left.len();
            rest = right;
        }
    }
    path.reverse();
    Some(MerkleProof {
        index: u32::try_from(index).expect("an index is below the count"),
        count: count(leaves),
        path: VecMax::new(path).expect("a tree of 32-bit count is at most 32 high"),
    })
}

fn count(leaves: &[Hash]) -> u32 {
    u32::try_from(leaves.len()).expect("a list has fewer than 2^32 hashes")
}

/// The tree hash of RFC 6962 over leaves that are hashes themselves.
pub(crate) fn tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => hash(&[]),
        [leaf] => leaf_hash(leaf),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&tree_hash(left), &tree_hash(right))
        }
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

fn leaf_hash(leaf: &Hash) -> Hash {
    hash_parts(&[&[0], &leaf.0])
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash_parts(&[&[1], &left.0, &right.0])
}

fn bind_count(count: u32, top: &Hash) -> Hash {
    hash_parts(&[b"salus/merkle/1", &u64::from(count).to_le_bytes(), &top.0])
}
