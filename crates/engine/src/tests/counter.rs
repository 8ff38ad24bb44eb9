//! A ledger small enough to be seen through: it counts the transactions of each sender, and holds
//! the rules, which anyone may replace.

use crate::{Application, BlockContext, CommittedBlock, Executed, LedgerRules};
use bytes::Bytes;
use parking_lot::Mutex;
use salus_crypto::sign::SigningKey;
use salus_mempool::CheckedTransaction;
use salus_state::{KeyPath, Overlay, ReadSet, StateKey, StateRead, StateWrite};
use salus_types::{
    AccountId, BytesMax, Call, Hash, Height, ModuleId, NetworkFile, NetworkId, NodeRecord, Outcome,
    Receipt, Salt, SignatureAlgorithm, Transaction, TransactionBody, UnsignedTransaction,
    ValidatorSet, VecMax, block::PROTOCOL_VERSION, decode, encode,
};
use std::{collections::BTreeMap, sync::Arc};

/// The key of a sender's count.
pub(crate) fn count_key(account: AccountId) -> StateKey {
    KeyPath::new("test/count").id(account).key()
}

fn rules_key() -> StateKey {
    KeyPath::new("test/rules").key()
}

/// What a count is stored as.
pub(crate) fn count_of(value: Option<&Bytes>) -> u64 {
    value.map_or(0, |bytes| u64::from_be_bytes(bytes.as_ref().try_into().unwrap()))
}

/// The counting ledger of one node; what it was told is kept as an index on disk would.
pub(crate) struct Counter {
    network: NetworkFile,
    pub(crate) committed: Mutex<BTreeMap<Height, (Hash, Hash, usize)>>,
}

impl Counter {
    pub(crate) fn new(network: &NetworkFile) -> Arc<Self> {
        Arc::new(Self { network: network.clone(), committed: Mutex::default() })
    }

    /// Hash and state root of the block at a height.
    pub(crate) fn block(&self, height: Height) -> Option<(Hash, Hash)> {
        self.committed.lock().get(&height).map(|(hash, root, _)| (*hash, *root))
    }

    /// How many transactions were committed in all.
    pub(crate) fn transactions(&self) -> usize {
        self.committed.lock().values().map(|(_, _, count)| count).sum()
    }
}

impl Application for Counter {
    fn rules(&self, state: &mut ReadSet) -> LedgerRules {
        let (validators, observers) = match state.get(rules_key()) {
            Some(bytes) => {
                decode::<(ValidatorSet, Vec<NodeRecord>)>("rules", &bytes).expect("as written")
            }
            None => (self.network.validators.clone(), Vec::new()),
        };
        LedgerRules {
            parameters: self.network.parameters.clone(),
            protocol_version: PROTOCOL_VERSION,
            validators,
            observers,
            longer_validity: None,
        }
    }

    fn execute(
        &self,
        block: &BlockContext,
        transactions: &[Arc<CheckedTransaction>],
        state: &mut ReadSet,
    ) -> Executed {
        let mut overlay = Overlay::new(&*state);
        let mut receipts = Vec::new();
        for (index, one) in (0..).zip(transactions) {
            let body = &one.transaction.body;
            let count = count_of(overlay.get(count_key(body.sender)).as_ref()) + 1;
            overlay.put(count_key(body.sender), count.to_be_bytes().to_vec());
            let payload: &[u8] = &body.calls[0].payload;
            if !payload.is_empty() {
                overlay.put(rules_key(), payload.to_vec());
            }
            receipts.push(Receipt {
                transaction: one.hash,
                height: block.height,
                index,
                outcome: Outcome::Ok,
                work_units: 1,
                events: VecMax::default(),
            });
        }
        Executed {
            writes: overlay.into_writes().into_iter().collect(),
            receipts,
            events: Vec::new(),
        }
    }

    fn committed(&self, block: &CommittedBlock) {
        let entry = (block.hash, block.header.state_root, block.transactions.len());
        let before = self.committed.lock().insert(block.header.height, entry);
        assert!(before.is_none_or(|before| before == entry), "a block stays what it was");
    }
}

/// Somebody who sends transactions.
pub(crate) struct Sender {
    network: NetworkId,
    key: SigningKey,
    pub(crate) account: AccountId,
    sent: u64,
}

impl Sender {
    pub(crate) fn new(network: &NetworkFile, seed: u8) -> Self {
        let key = SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &[seed; 32]).unwrap();
        Self { network: network.id(), key, account: AccountId([seed; 32]), sent: 0 }
    }

    fn send(&mut self, payload: Vec<u8>, valid_until: Height) -> Bytes {
        self.sent += 1;
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&self.sent.to_be_bytes());
        let call = Call { module: ModuleId(1), payload: BytesMax::new(payload).unwrap() };
        let unsigned = UnsignedTransaction::new(TransactionBody {
            network: self.network,
            sender: self.account,
            cosigners: VecMax::default(),
            valid_until,
            salt: Salt(salt),
            calls: VecMax::new(vec![call]).unwrap(),
        });
        let signature = self.key.sign(&unsigned.signed_bytes());
        let signed = unsigned.with_signature(self.account, self.key.public(), signature);
        let transaction: Transaction = signed.finish().unwrap();
        Bytes::from(transaction.to_bytes())
    }

    /// A transaction that counts.
    pub(crate) fn count(&mut self, valid_until: Height) -> Bytes {
        self.send(Vec::new(), valid_until)
    }

    /// A transaction that also replaces the rules.
    pub(crate) fn set_rules(
        &mut self,
        validators: &ValidatorSet,
        observers: &[NodeRecord],
        valid_until: Height,
    ) -> Bytes {
        self.send(encode(&(validators.clone(), observers.to_vec())), valid_until)
    }
}
