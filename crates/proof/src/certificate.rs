//! Certificates: that more than two thirds of a validator set finalised a block.

use commonware_codec::{Copying, Decode as _, DecodeExt as _};
use commonware_consensus::{
    Epochable as _,
    simplex::{scheme::ed25519::Scheme, types::Finalization},
};
use commonware_cryptography::{ed25519, sha256};
use commonware_parallel::Sequential;
use commonware_utils::{TryCollect as _, ordered::Set};
use salus_types::{BlockHeader, NetworkFile, NetworkId, ValidatorSet};

/// The validators of an epoch, ready to check certificates.
pub(crate) struct Validators {
    scheme: Scheme,
    count: usize,
}

impl Validators {
    /// Takes a set.
    ///
    /// # Errors
    ///
    /// In words: the set is empty, or one of its keys is no Ed25519 key.
    pub(crate) fn new(network: NetworkId, set: &ValidatorSet) -> Result<Self, &'static str> {
        let count = set.nodes().len();
        if count == 0 {
            return Err("the validator set is empty");
        }
        let keys: Option<Vec<_>> = set
            .nodes()
            .iter()
            .map(|node| ed25519::PublicKey::decode(Copying(&node.key.0)).ok())
            .collect();
        let keys = keys.ok_or("a validator's key is no Ed25519 key")?;
        let participants: Set<_> =
            keys.into_iter().try_collect().map_err(|_| "one validator appears twice")?;
        let namespace = NetworkFile::consensus_namespace(network);
        Ok(Self { scheme: Scheme::verifier(&namespace, participants), count })
    }

    /// Checks that these validators finalised the block with this header in its epoch; gives how
    /// many signed.
    ///
    /// # Errors
    ///
    /// In words, the first that applies: not a certificate for a set of this size; of another
    /// block; of another epoch; too few valid signatures.
    pub(crate) fn check(
        &self,
        header: &BlockHeader,
        certificate: &[u8],
    ) -> Result<usize, &'static str> {
        let finalization =
            Finalization::<Scheme, sha256::Digest>::decode_cfg(Copying(certificate), &self.count)
                .map_err(|_| "it is not a certificate of a set of this size")?;
        if finalization.proposal.payload.as_ref() != header.hash().0 {
            return Err("it is of another block");
        }
        // The view may be later than the header's: the last block of an epoch is proposed again
        // until it is final.
        if finalization.epoch().get() != header.epoch {
            return Err("it is of another epoch");
        }
        let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
        if !finalization.verify(&mut rng, &self.scheme, &Sequential) {
            return Err("too few of the validators signed it");
        }
        Ok(finalization.certificate.signatures.len())
    }
}
