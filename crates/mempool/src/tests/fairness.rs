//! A lane that floods slows only itself.

use super::*;
use crate::lanes_of;
use salus_types::{NodeRecord, TextMax};

fn flood(mempool: &Mempool, lane: Lane, numbers: std::ops::Range<u64>) -> usize {
    let batch = numbers.map(|number| build(wish(number))).collect();
    let answers = mempool.admit(lane, Origin::Peer, batch);
    answers.iter().filter(|answer| answer.is_ok()).count()
}

fn chosen_of(mempool: &Mempool, limits: SelectLimits) -> (usize, usize) {
    let chosen = mempool.select(limits, Height(1), &none);
    let own = chosen.iter().filter(|one| one.transaction.body.salt.0[7] >= 200).count();
    (own, chosen.len() - own)
}

#[test]
fn a_flooding_lane_leaves_the_light_lane_its_room_and_its_place_in_the_block() {
    let mempool = Mempool::new(Config { count_max: 210, ..config() }, None);
    mempool.set_lanes([(OWN, 10), (PEER, 10)]);

    assert_eq!(flood(&mempool, PEER, 0..200), 100);
    assert_eq!(flood(&mempool, OWN, 200..220), 20);

    // A block of 40 holds all twenty of the light lane.
    assert_eq!(chosen_of(&mempool, SelectLimits { bytes: usize::MAX, count: 60 }), (20, 40));
}

#[test]
fn a_lane_without_room_says_so_before_anything_is_looked_at() {
    let mempool = Mempool::new(Config { count_max: 210, ..config() }, None);
    mempool.set_lanes([(OWN, 10), (PEER, 10)]);
    assert!(mempool.full(PEER).is_none());

    flood(&mempool, PEER, 0..200);

    assert!(mempool.full(PEER).is_some());
    assert!(mempool.full(OWN).is_none());
}

#[test]
fn lanes_take_blocks_by_weight() {
    let mempool = mempool();
    mempool.set_lanes([(OWN, 30), (PEER, 10)]);
    flood(&mempool, PEER, 0..200);
    flood(&mempool, OWN, 200..256);
    flood(&mempool, OWN, 456..512);

    let bytes = 80 * (build(wish(0)).len() + 4);
    let (own, peer) = chosen_of(&mempool, SelectLimits { bytes, count: usize::MAX });

    assert_eq!(own + peer, 80);
    assert!((57..=63).contains(&own), "{own} of 80 for three quarters of the weight");
}

#[test]
fn a_lane_with_long_transactions_gets_no_more_bytes_than_one_with_short_ones() {
    let mempool = mempool();
    let long = |number| build(Wish { payload_bytes: 20_000, ..wish(number) });
    mempool.admit(PEER, Origin::Peer, (0..50).map(long).collect());
    flood(&mempool, OWN, 200..1200);

    let chosen = mempool.select(SelectLimits { bytes: 200_000, ..ALL }, Height(1), &none);

    let long_bytes: usize =
        chosen.iter().map(|one| one.bytes.len()).filter(|size| *size > 1000).sum();
    let bytes: usize = chosen.iter().map(|one| one.bytes.len()).sum();
    assert!(bytes > 170_000);
    assert!((80_000..=120_000).contains(&long_bytes), "{long_bytes} of {bytes}");
}

#[test]
fn a_lane_keeps_the_order_of_its_admissions() {
    let mempool = mempool();
    flood(&mempool, PEER, 0..50);

    let chosen = mempool.select(ALL, Height(1), &none);

    let salts: Vec<_> = chosen.iter().map(|one| one.transaction.body.salt.0[7]).collect();
    assert_eq!(salts, (0..50).collect::<Vec<u8>>());
}

#[test]
fn choosing_leaves_out_what_is_in_unfinished_blocks_and_removes_nothing() {
    let mempool = mempool();
    flood(&mempool, PEER, 0..10);
    let below = mempool.select(SelectLimits { count: 4, ..ALL }, Height(1), &none);

    let exclude = |hash: &TransactionHash| below.iter().any(|one| one.hash == *hash);
    let above = mempool.select(ALL, Height(2), &exclude);

    assert_eq!(above.len(), 6);
    assert_eq!(mempool.len(), 10);
}

#[test]
fn the_room_of_all_lanes_together_is_the_whole() {
    let mempool = Mempool::new(Config { count_max: 210, bytes_max: 21_000, ..config() }, None);
    mempool.set_lanes([(OWN, 10), (PEER, 10)]);

    let stats = mempool.stats();

    assert_eq!(stats.lanes.iter().map(|lane| lane.count_max).sum::<usize>(), 210);
    assert_eq!(stats.lanes.iter().map(|lane| lane.bytes_max).sum::<usize>(), 21_000);
}

#[test]
fn bytes_are_bounded_like_counts() {
    let size = build(wish(0)).len();
    let mempool = Mempool::new(Config { bytes_max: 21 * size, ..config() }, None);
    mempool.set_lanes([(OWN, 10), (PEER, 10)]);

    assert_eq!(flood(&mempool, PEER, 0..20), 10);
}

#[test]
fn nodes_that_are_not_registered_share_one_small_lane() {
    let mempool = Mempool::new(Config { count_max: 210, ..config() }, None);
    mempool.set_lanes([(OWN, 10), (PEER, 10)]);
    let other = Lane(NodeKey([10; 32]));

    let accepted = flood(&mempool, STRANGER, 0..8) + flood(&mempool, other, 10..18);

    assert_eq!(accepted, 10);
}

#[test]
fn a_lane_that_is_registered_no_more_drains_and_loses_nothing() {
    let mempool = mempool();
    flood(&mempool, PEER, 0..30);

    mempool.set_lanes([(OWN, 10)]);

    assert_eq!(mempool.select(ALL, Height(1), &none).len(), 30);
    let transactions = mempool.select(ALL, Height(1), &none);
    mempool.committed(Height(1), &transactions);
    assert!(mempool.stats().lanes.iter().all(|lane| lane.lane != Some(PEER)));
}

#[test]
fn an_organisation_with_many_nodes_has_no_larger_share() {
    let node = |key: u8, organisation: u8| NodeRecord {
        key: NodeKey([key; 32]),
        organisation: AccountId([organisation; 32]),
        address: TextMax::new("node.example:1").unwrap(),
        api: TextMax::default(),
    };
    let nodes = [node(1, 1), node(2, 2), node(3, 2), node(4, 2)];

    let lanes = lanes_of(&nodes);

    let lane = |key: u8| Lane(NodeKey([key; 32]));
    assert_eq!(lanes, vec![(lane(1), 12), (lane(2), 4), (lane(3), 4), (lane(4), 4)]);
}
