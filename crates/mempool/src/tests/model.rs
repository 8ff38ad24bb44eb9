//! Properties over random histories: nothing that was accepted is ever lost without a report.

use super::*;
use crate::Standing;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Act {
    Submit {
        number: u64,
        life: u64,
    },
    Receive {
        number: u64,
        life: u64,
    },
    /// Commits up to `take` of what would be proposed, and perhaps one that never waited here.
    Block {
        take: usize,
        foreign: Option<u64>,
    },
    Lanes {
        own: u32,
        peer: Option<u32>,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0_u64..40, 1_u64..15).prop_map(|(number, life)| Act::Submit { number, life }),
        3 => (0_u64..40, 1_u64..15).prop_map(|(number, life)| Act::Receive { number, life }),
        4 => (0_usize..4, proptest::option::of(100_u64..140))
            .prop_map(|(take, foreign)| Act::Block { take, foreign }),
        1 => (1_u32..20, proptest::option::of(1_u32..20))
            .prop_map(|(own, peer)| Act::Lanes { own, peer }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_was_accepted_is_waiting_in_a_block_or_reported(
        acts in proptest::collection::vec(act(), 1..120)
    ) {
        let mempool = Mempool::new(Config { count_max: 12, ..config() }, None);
        mempool.set_lanes([(OWN, 10), (PEER, 10)]);
        let mut reports = mempool.subscribe_expired();
        let mut acknowledged = BTreeSet::new();
        let mut in_blocks = BTreeMap::new();
        let mut reported = BTreeSet::new();

        for act in acts {
            let height = mempool.height().0;
            match act {
                Act::Submit { number, life } => {
                    let bytes = build(Wish { valid_until: height + life, ..wish(number) });
                    if let Ok(admission) = submit(&mempool, &bytes) {
                        if matches!(admission, Admission::Accepted(_)) {
                            prop_assert!(!in_blocks.contains_key(&admission.hash()));
                        }
                        acknowledged.insert(admission.hash());
                    }
                }
                Act::Receive { number, life } => {
                    let bytes = build(Wish { valid_until: height + life, ..wish(number) });
                    let _ = receive(&mempool, &bytes);
                }
                Act::Block { take, foreign } => {
                    let next = Height(height + 1);
                    let mut chosen =
                        mempool.select(SelectLimits { count: take, ..ALL }, next, &none);
                    if let Some(number) = foreign {
                        let one = checked(&build(Wish { valid_until: height + 9, ..wish(number) }));
                        if !mempool.window_contains(&one.hash, next) {
                            chosen.push(one);
                        }
                    }
                    let bodies: Vec<_> = chosen.iter().map(|one| one.bytes.clone()).collect();
                    let block = mempool.check_block(NETWORK, next, VALIDITY, &bodies);
                    prop_assert!(block.is_ok());
                    for one in &chosen {
                        prop_assert!(in_blocks.insert(one.hash, next).is_none(), "twice in blocks");
                    }
                    mempool.committed(next, &chosen);
                }
                Act::Lanes { own, peer } => {
                    mempool.set_lanes([(OWN, own)].into_iter().chain(peer.map(|peer| (PEER, peer))));
                }
            }
            while let Ok(report) = reports.try_recv() {
                for hash in &report.hashes {
                    prop_assert!(acknowledged.contains(hash), "reported but never accepted here");
                    prop_assert!(!in_blocks.contains_key(hash), "reported though in a block");
                    prop_assert!(reported.insert(*hash), "reported twice");
                }
            }
            for hash in &acknowledged {
                let waits = mempool.standing(hash) == Some(Standing::Pending);
                let settled = in_blocks.contains_key(hash) || reported.contains(hash);
                prop_assert!(waits != settled, "exactly one of: waiting, settled");
            }
            let stats = mempool.stats();
            let waiting: usize = stats.lanes.iter().map(|lane| lane.waiting).sum();
            prop_assert_eq!(waiting, mempool.len());
        }
    }

    #[test]
    fn a_block_never_exceeds_its_limits_and_every_lane_is_served(
        own in 0_u64..60, peer in 0_u64..60, bytes in 0_usize..20_000, count in 0_usize..60
    ) {
        let mempool = mempool();
        mempool.admit(OWN, Origin::Local, (0..own).map(|n| build(wish(n))).collect());
        mempool.admit(PEER, Origin::Peer, (100..100 + peer).map(|n| build(wish(n))).collect());

        let chosen = mempool.select(SelectLimits { bytes, count }, Height(1), &none);

        let size = build(wish(0)).len() + 4;
        let room = (bytes / size).min(count);
        let waiting = usize::try_from(own + peer).unwrap();
        prop_assert_eq!(chosen.len(), room.min(waiting));
        let of_own = chosen.iter().filter(|one| one.transaction.body.salt.0[7] < 100).count();
        let half = room / 2;
        let fair = half.saturating_sub(20).min(usize::try_from(own).unwrap());
        prop_assert!(of_own >= fair);
    }
}
