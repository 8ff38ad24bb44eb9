//! What is accepted as a block, and what is not.

use crate::{Block, NodeSecret, block::without_addresses, roots};
use bytes::Bytes;
use commonware_codec::{DecodeExt as _, Encode as _, EncodeSize as _};
use salus_types::{
    AccountId, BlockHeader, BlockTime, Hash, Height, NetworkId, NodeKey, NodeRecord, StoreTarget,
    TextMax, ValidatorSet, block::PROTOCOL_VERSION,
};

fn set() -> ValidatorSet {
    let record = NodeRecord {
        key: NodeSecret::from_seed([1; 32]).public(),
        organisation: AccountId([1; 32]),
        address: TextMax::new("127.0.0.1:1").unwrap(),
        api: TextMax::default(),
    };
    ValidatorSet::new(vec![record]).unwrap()
}

fn header(transactions: &[Bytes]) -> BlockHeader {
    BlockHeader {
        version: PROTOCOL_VERSION,
        network: NetworkId([7; 32]),
        epoch: 0,
        view: 3,
        parent_view: 2,
        height: Height(2),
        time: BlockTime::from_unix_ms(5),
        proposer: NodeSecret::from_seed([1; 32]).public(),
        parent: Hash([1; 32]),
        transactions_root: roots::transactions_root(transactions),
        receipts_root: Hash([2; 32]),
        state_root: Hash([3; 32]),
        store: StoreTarget { operations_root: Hash([4; 32]), start: 0, end: 9 },
        validators_next: set().hash(),
    }
}

/// A block without transactions that says it stands at this height.
pub(crate) fn block_at(height: Height) -> Block {
    Block::new(BlockHeader { height, ..header(&[]) }, None, Vec::new()).unwrap()
}

fn block() -> Block {
    let transactions = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    Block::new(header(&transactions), Some(without_addresses(&set())), transactions).unwrap()
}

#[test]
fn a_block_decodes_to_itself() {
    let bytes = block().encode();

    assert_eq!(bytes.len(), block().encode_size());
    assert_eq!(Block::decode(bytes).unwrap(), block());
}

#[test]
fn a_cut_or_longer_block_is_refused() {
    let bytes = block().encode();

    for length in 0..bytes.len() {
        assert!(Block::decode(bytes.slice(..length)).is_err());
    }
    let longer = Bytes::from([bytes.as_ref(), &[0]].concat());
    assert!(Block::decode(longer).is_err());
}

#[test]
fn no_flipped_byte_gives_another_block_of_the_same_hash() {
    let bytes = block().encode();

    for position in 0..bytes.len() {
        let mut flipped = bytes.to_vec();
        flipped[position] ^= 1;
        if let Ok(other) = Block::decode(Bytes::from(flipped)) {
            assert_ne!(other.header().hash(), block().header().hash(), "byte {position}");
        }
    }
}

#[test]
fn a_body_that_is_not_the_headers_is_refused() {
    let transactions = vec![Bytes::from_static(b"one")];
    let other = vec![Bytes::from_static(b"two")];
    let swapped = Block::new(header(&transactions), None, other).unwrap();

    assert!(Block::decode(swapped.encode()).is_err());
}

#[test]
fn a_set_with_addresses_is_refused() {
    let addressed = Block::new(header(&[]), Some(set()), Vec::new()).unwrap();

    assert!(Block::decode(addressed.encode()).is_err());
}

#[test]
fn an_empty_store_range_is_refused() {
    let mut header = header(&[]);
    header.store = StoreTarget { operations_root: Hash([4; 32]), start: 9, end: 9 };
    let block = Block::new(header, None, Vec::new()).unwrap();

    assert!(Block::decode(block.encode()).is_err());
}

#[test]
fn a_proposer_that_is_no_key_is_refused() {
    let mut header = header(&[]);
    header.proposer = NodeKey([2; 32]);

    assert_eq!(Block::new(header, None, Vec::new()), None);
}
