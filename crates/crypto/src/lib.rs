//! Signatures, sealing, key wrapping and Merkle trees, behind small traits of ours.
