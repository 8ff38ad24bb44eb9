//! Who signs in which epoch.

use crate::{block::public_key, config::NodeSecret};
use commonware_consensus::{simplex::scheme::ed25519::Scheme, types::Epoch};
use commonware_cryptography::certificate::{Provider, Scoped};
use commonware_utils::{TryCollect as _, ordered::Set};
use parking_lot::RwLock;
use salus_types::ValidatorSet;
use std::{collections::BTreeMap, sync::Arc};

/// Epochs whose schemes are kept: the current one and a few before, for late certificates.
const EPOCHS_KEPT: usize = 4;

/// The signing schemes of the epochs that are known, for the parts of the library that ask by epoch.
#[derive(Clone)]
pub(crate) struct Schemes {
    namespace: Arc<Vec<u8>>,
    /// None for a node that only watches.
    secret: Option<NodeSecret>,
    known: Arc<RwLock<BTreeMap<Epoch, Arc<Scheme>>>>,
}

impl Schemes {
    /// Knows no epoch yet; votes are signed under `namespace`.
    pub(crate) fn new(namespace: Vec<u8>, secret: NodeSecret) -> Self {
        Self { namespace: Arc::new(namespace), secret: Some(secret), known: Arc::default() }
    }

    /// The same without a key: certificates are checked, nothing is signed.
    pub(crate) fn watching(namespace: Vec<u8>) -> Self {
        Self { namespace: Arc::new(namespace), secret: None, known: Arc::default() }
    }

    /// Makes known who decides in an epoch; this node signs if it is among them and not `quiet`.
    ///
    /// # Panics
    ///
    /// When a key of the set is not an Ed25519 key: sets are checked before they come into force.
    pub(crate) fn enter(&self, epoch: Epoch, set: &ValidatorSet, quiet: bool) -> Arc<Scheme> {
        let keys = set
            .nodes()
            .iter()
            .map(|node| public_key(node.key).expect("a validator's key is an Ed25519 key"));
        let participants: Set<_> = keys.try_collect().expect("a set has each key once");
        let secret = self.secret.as_ref().filter(|_| !quiet);
        let scheme = secret
            .and_then(|secret| {
                let signer = secret.signer().clone();
                Scheme::signer(&self.namespace, participants.clone(), signer)
            })
            .unwrap_or_else(|| Scheme::verifier(&self.namespace, participants));
        let scheme = Arc::new(scheme);
        let mut known = self.known.write();
        known.insert(epoch, Arc::clone(&scheme));
        while known.len() > EPOCHS_KEPT {
            known.pop_first();
        }
        scheme
    }
}

impl Provider for Schemes {
    type Scope = Epoch;
    type Scheme = Scheme;

    fn scoped(&self, epoch: Epoch) -> Option<Scoped<Scheme>> {
        self.known.read().get(&epoch).cloned().map(Scoped::scheme)
    }
}
