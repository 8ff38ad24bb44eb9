//! Tests of admission, fairness, blocks, expiry and the journal.

mod admission;
mod blocks;
mod fairness;
mod journal;
mod model;

use crate::{
    Admission, AdmissionError, CheckedTransaction, Config, Lane, Mempool, Origin, SelectLimits,
};
use bytes::Bytes;
use salus_crypto::sign::SigningKey;
use salus_types::{
    AccountId, BytesMax, Call, Height, ModuleId, NetworkId, NodeKey, Salt, SignatureAlgorithm,
    Transaction, TransactionBody, TransactionHash, UnsignedTransaction, VecMax,
};
use std::sync::Arc;

const NETWORK: NetworkId = NetworkId([7; 32]);
const OWN: Lane = Lane(NodeKey([1; 32]));
const PEER: Lane = Lane(NodeKey([2; 32]));
const STRANGER: Lane = Lane(NodeKey([9; 32]));
const VALIDITY: u64 = 100;
const ALL: SelectLimits = SelectLimits { bytes: usize::MAX, count: usize::MAX };

fn config() -> Config {
    Config { validity_blocks: VALIDITY, threads: 1, ..Config::new(NETWORK, OWN) }
}

fn mempool() -> Mempool {
    let mempool = Mempool::new(config(), None);
    mempool.set_lanes([(OWN, 10), (PEER, 10)]);
    mempool
}

fn key() -> SigningKey {
    SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &[3; 32]).unwrap()
}

/// What a test may choose about a transaction; `number` makes it unique.
#[derive(Clone, Copy)]
struct Wish {
    number: u64,
    network: NetworkId,
    valid_until: u64,
    payload_bytes: usize,
}

fn wish(number: u64) -> Wish {
    Wish { number, network: NETWORK, valid_until: 50, payload_bytes: 100 }
}

fn body(wish: Wish) -> TransactionBody {
    let mut salt = [0; 16];
    salt[..8].copy_from_slice(&wish.number.to_be_bytes());
    let payload = BytesMax::new(vec![0; wish.payload_bytes]).unwrap();
    TransactionBody {
        network: wish.network,
        sender: AccountId([5; 32]),
        cosigners: VecMax::default(),
        valid_until: Height(wish.valid_until),
        salt: Salt(salt),
        calls: VecMax::new(vec![Call { module: ModuleId::IDENTITY, payload }]).unwrap(),
    }
}

fn build(wish: Wish) -> Bytes {
    let unsigned = UnsignedTransaction::new(body(wish));
    let signature = key().sign(&unsigned.signed_bytes());
    let signed = unsigned.with_signature(AccountId([5; 32]), key().public(), signature);
    signed.finish().unwrap().to_bytes().into()
}

/// The same transaction under a signature of something else.
fn build_badly_signed(wish: Wish) -> Bytes {
    let signature = key().sign(b"something else");
    UnsignedTransaction::new(body(wish))
        .with_signature(AccountId([5; 32]), key().public(), signature)
        .finish()
        .unwrap()
        .to_bytes()
        .into()
}

fn hash_of(bytes: &Bytes) -> TransactionHash {
    Transaction::from_bytes(bytes).unwrap().hash()
}

fn checked(bytes: &Bytes) -> Arc<CheckedTransaction> {
    Arc::new(CheckedTransaction::decode(bytes.clone()).unwrap())
}

fn submit(mempool: &Mempool, bytes: &Bytes) -> Result<Admission, AdmissionError> {
    mempool.admit(OWN, Origin::Local, vec![bytes.clone()]).remove(0)
}

fn receive(mempool: &Mempool, bytes: &Bytes) -> Result<Admission, AdmissionError> {
    mempool.admit(PEER, Origin::Peer, vec![bytes.clone()]).remove(0)
}

fn code(answer: Result<Admission, AdmissionError>) -> &'static str {
    answer.unwrap_err().code()
}

fn none(_: &TransactionHash) -> bool {
    false
}

/// Commits empty blocks from the present height up to and with `height`.
fn pass_to(mempool: &Mempool, height: u64) {
    for next in mempool.height().0 + 1..=height {
        mempool.committed(Height(next), &[]);
    }
}
