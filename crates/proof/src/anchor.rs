//! Where a node that joins begins: the last block of an epoch, proved from the network file.
//!
//! An anchor is the chain of steps of a proof, and one more: that of the block itself, which commits
//! to the state after it and to who decides the next epoch.

use crate::{EpochStep, ProofError, verify::Walk};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{BlockHeader, NetworkFile, NetworkId, ValidatorSet, VecMax, decode, encode};

/// A proof that a block, the last of its epoch, is final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Anchor {
    /// The network.
    pub network: NetworkId,
    /// Every change of validators before the block, oldest first, then the block itself.
    pub steps: VecMax<EpochStep, 2048>,
}

/// What an anchor showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// The header of the block.
    pub header: BlockHeader,
    /// Its certificate, in the engine library's encoding.
    pub certificate: Vec<u8>,
    /// Who decided its epoch, without addresses.
    pub deciding: ValidatorSet,
    /// Every change of validators up to the block: the header, the set from then on without
    /// addresses, and the certificate of the header.
    pub changes: Vec<(BlockHeader, ValidatorSet, Vec<u8>)>,
}

impl Anchor {
    /// Puts an anchor together from parts of any length.
    ///
    /// # Errors
    ///
    /// [`ProofError::Malformed`]: there are more steps than the format allows.
    pub fn new(network: NetworkId, steps: Vec<EpochStep>) -> Result<Self, ProofError> {
        let steps = VecMax::new(steps)
            .map_err(|error| ProofError::Malformed { reason: error.to_string() })?;
        Ok(Self { network, steps })
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads canonical bytes and verifies them against the public identity of the network.
    ///
    /// # Errors
    ///
    /// The first check that fails: of the bytes, the network, the steps one after another.
    ///
    /// # Panics
    ///
    /// Never: a step that was checked has a set.
    pub fn verify(bytes: &[u8], network: &NetworkFile) -> Result<Anchored, ProofError> {
        let malformed = |reason: String| ProofError::Malformed { reason };
        let anchor: Self = decode("anchor", bytes).map_err(|error| malformed(error.to_string()))?;
        let mut walk = Walk::new(anchor.network, network)?;
        let mut sets = vec![network.validators.clone()];
        let mut changes = Vec::new();
        for step in &anchor.steps {
            walk.step(step)?;
            let set = step.set().expect("the walk checks the order of the set");
            if sets.last().is_some_and(|last| last.hash() != set.hash()) {
                changes.push((step.header.clone(), set.clone(), step.certificate.to_vec()));
            }
            sets.push(set);
        }
        let last = anchor.steps.last();
        let last = last.ok_or_else(|| malformed("it has no step".to_owned()))?;
        let deciding = sets.swap_remove(anchor.steps.len().saturating_sub(1));
        Ok(Anchored {
            header: last.header.clone(),
            certificate: last.certificate.to_vec(),
            deciding,
            changes,
        })
    }
}
