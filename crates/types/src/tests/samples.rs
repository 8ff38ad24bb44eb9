//! Values to test with: fixed ones for the golden files, and strategies for any.

use crate::{
    AccountId, BlockHeader, BlockTime, BytesMax, Call, Event, GenesisMember, Hash, Height,
    LedgerParameters, ModuleId, NetworkFile, NetworkId, NodeKey, NodeRecord, OrganisationFunction,
    Outcome, PublicKey, Receipt, Salt, Signature, StoreTarget, TextMax, Transaction,
    TransactionBody, TransactionHash, TransactionSignature, ValidatorSet, VecMax,
    key::{Ed25519Key, P256Key, SignatureBytes},
};
use proptest::{collection::vec, prelude::*};

pub(super) fn text<const N: usize>(text: &str) -> TextMax<N> {
    TextMax::new(text).unwrap()
}

pub(super) fn bytes<const N: usize>(bytes: &[u8]) -> BytesMax<N> {
    BytesMax::new(bytes).unwrap()
}

pub(super) fn list<T, const N: usize>(items: Vec<T>) -> VecMax<T, N> {
    VecMax::new(items).unwrap()
}

/// Two calls, signed by an Ed25519 key and a P-256 key.
pub(super) fn transaction() -> Transaction {
    Transaction {
        body: TransactionBody {
            network: NetworkId([1; 32]),
            sender: AccountId([2; 32]),
            cosigners: list(vec![AccountId([6; 32])]),
            valid_until: Height(0x0102_0304),
            salt: Salt([3; 16]),
            calls: list(vec![
                Call { module: ModuleId::IDENTITY, payload: bytes(b"first") },
                Call { module: ModuleId(1_000), payload: bytes(b"") },
            ]),
        },
        signatures: list(vec![
            TransactionSignature {
                account: AccountId([2; 32]),
                key: PublicKey::Ed25519(Ed25519Key([4; 32])),
                signature: Signature::Ed25519(SignatureBytes([5; 64])),
            },
            TransactionSignature {
                account: AccountId([6; 32]),
                key: PublicKey::P256(P256Key([7; 33])),
                signature: Signature::P256(SignatureBytes([8; 64])),
            },
        ]),
    }
}

pub(super) fn header() -> BlockHeader {
    BlockHeader {
        version: 1,
        network: NetworkId([1; 32]),
        epoch: 2,
        view: 3,
        parent_view: 4,
        height: Height(5),
        time: BlockTime::from_unix_ms(1_790_000_000_006),
        proposer: NodeKey([7; 32]),
        parent: Hash([8; 32]),
        transactions_root: Hash([9; 32]),
        receipts_root: Hash([10; 32]),
        state_root: Hash([11; 32]),
        store: StoreTarget { operations_root: Hash([12; 32]), start: 13, end: 14 },
        validators_next: Hash([15; 32]),
    }
}

pub(super) fn receipt() -> Receipt {
    Receipt {
        transaction: TransactionHash([1; 32]),
        height: Height(2),
        index: 3,
        outcome: Outcome::Ok,
        work_units: 4,
        events: list(vec![Event {
            module: ModuleId::CONSENT,
            name: text("RecordAnchored"),
            payload: bytes(b"payload"),
        }]),
    }
}

pub(super) fn refusal() -> Receipt {
    Receipt {
        outcome: Outcome::Refused {
            call: 1,
            code: text("consent.not_custodian"),
            message: text("the sender does not keep the record"),
        },
        events: VecMax::default(),
        ..receipt()
    }
}

pub(super) fn node(number: u8) -> NodeRecord {
    NodeRecord {
        key: NodeKey([number; 32]),
        organisation: AccountId([number + 100; 32]),
        address: text(&format!("node-{number}.example:21000")),
        api: text(""),
    }
}

pub(super) fn network_file() -> NetworkFile {
    NetworkFile {
        version: 1,
        name: text("Réseau"),
        genesis_time: BlockTime::from_unix_ms(1_790_000_000_000),
        salt: Hash([9; 32]),
        members: list(vec![GenesisMember {
            account: AccountId([101; 32]),
            name: text("Hospital"),
            functions: list(vec![OrganisationFunction::Hospital, OrganisationFunction::Issuer]),
            key: PublicKey::Ed25519(Ed25519Key([4; 32])),
            sealing_key: bytes(&[5; 40]),
        }]),
        validators: ValidatorSet::new(vec![node(2), node(1)]).unwrap(),
        parameters: LedgerParameters::default(),
    }
}

fn any_bytes<const N: usize>(max: usize) -> impl Strategy<Value = BytesMax<N>> {
    vec(any::<u8>(), 0..=max.min(N)).prop_map(|bytes| BytesMax::new(bytes).unwrap())
}

fn any_text<const N: usize>() -> impl Strategy<Value = TextMax<N>> {
    ".{0,12}".prop_map(|text: String| TextMax::new(text).unwrap())
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

pub(super) fn any_key() -> impl Strategy<Value = PublicKey> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|bytes| PublicKey::Ed25519(Ed25519Key(bytes))),
        any::<([u8; 32], u8)>().prop_map(|(x, tag)| {
            let mut bytes = [tag; 33];
            bytes[1..].copy_from_slice(&x);
            PublicKey::P256(P256Key(bytes))
        }),
    ]
}

fn any_signature() -> impl Strategy<Value = Signature> {
    any::<([u8; 32], [u8; 32], bool)>().prop_map(|(r, s, p256)| {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        let bytes = SignatureBytes(bytes);
        if p256 { Signature::P256(bytes) } else { Signature::Ed25519(bytes) }
    })
}

prop_compose! {
    /// A transaction that [`Transaction::from_bytes`] accepts.
    pub(super) fn any_transaction()(
        network in any::<[u8; 32]>(),
        valid_until in any::<u64>(),
        salt in any::<[u8; 16]>(),
        calls in vec((any::<u16>(), any_bytes(300)), 1..6),
        signatures in vec((any::<[u8; 32]>(), any_key(), any_signature()), 1..5),
    ) -> Transaction {
        let calls =
            calls.into_iter().map(|(module, payload)| Call { module: ModuleId(module), payload });
        let signatures: Vec<_> = signatures
            .into_iter()
            .map(|(account, key, signature)| {
                TransactionSignature { account: AccountId(account), key, signature }
            })
            .collect();
        Transaction {
            body: TransactionBody {
                network: NetworkId(network),
                sender: signatures[0].account,
                cosigners: list(signatures.iter().skip(1).map(|one| one.account).collect()),
                valid_until: Height(valid_until),
                salt: Salt(salt),
                calls: list(calls.collect()),
            },
            signatures: list(signatures),
        }
    }
}

prop_compose! {
    pub(super) fn any_header()(
        numbers in any::<[u64; 8]>(),
        version in any::<u16>(),
        hashes in any::<[[u8; 32]; 8]>(),
    ) -> BlockHeader {
        BlockHeader {
            version,
            network: NetworkId(hashes[0]),
            epoch: numbers[0],
            view: numbers[1],
            parent_view: numbers[2],
            height: Height(numbers[3]),
            time: BlockTime::from_unix_ms(numbers[4]),
            proposer: NodeKey(hashes[1]),
            parent: Hash(hashes[2]),
            transactions_root: Hash(hashes[3]),
            receipts_root: Hash(hashes[4]),
            state_root: Hash(hashes[5]),
            store: StoreTarget {
                operations_root: Hash(hashes[6]),
                start: numbers[5],
                end: numbers[6],
            },
            validators_next: Hash(hashes[7]),
        }
    }
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Ok),
        (any::<u16>(), any_text(), any_text()).prop_map(|(call, code, message)| Outcome::Refused {
            call,
            code,
            message
        }),
    ]
}

prop_compose! {
    pub(super) fn any_receipt()(
        transaction in any::<[u8; 32]>(),
        height in any::<u64>(),
        index in any::<u32>(),
        outcome in any_outcome(),
        work_units in any::<u64>(),
        events in vec((any::<u16>(), any_text(), any_bytes(100)), 0..4),
    ) -> Receipt {
        let events = events.into_iter().map(|(module, name, payload)| {
            Event { module: ModuleId(module), name, payload }
        });
        Receipt {
            transaction: TransactionHash(transaction),
            height: Height(height),
            index,
            outcome,
            work_units,
            events: list(events.collect()),
        }
    }
}

prop_compose! {
    fn any_member()(
        account in any::<[u8; 32]>(),
        name in any_text(),
        functions in proptest::sample::subsequence(OrganisationFunction::ALL, 0..=9),
        key in any_key(),
        sealing_key in any_bytes(64),
    ) -> GenesisMember {
        let functions = list(functions);
        GenesisMember { account: AccountId(account), name, functions, key, sealing_key }
    }
}

prop_compose! {
    pub(super) fn any_network_file()(
        name in any_text(),
        time in any::<u64>(),
        salt in any_hash(),
        members in vec(any_member(), 0..4),
        nodes in proptest::collection::btree_map(
            any::<[u8; 32]>(), (any::<[u8; 32]>(), any_text(), any_text()), 0..6),
        epoch_blocks in any::<u64>(),
    ) -> NetworkFile {
        let nodes = nodes.into_iter().map(|(key, (organisation, address, api))| NodeRecord {
            key: NodeKey(key),
            organisation: AccountId(organisation),
            address,
            api,
        });
        NetworkFile {
            version: 1,
            name,
            genesis_time: BlockTime::from_unix_ms(time),
            salt,
            members: list(members),
            validators: ValidatorSet::new(nodes.collect()).unwrap(),
            parameters: LedgerParameters { epoch_blocks, ..LedgerParameters::default() },
        }
    }
}
