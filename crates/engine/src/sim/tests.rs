//! Simulated networks of the counting ledger, under faults.

use super::{LinkQuality, Plan, Report, SimEvent, SimNode, Submission, run};
use crate::{
    NodeSecret,
    tests::counter::{Counter, Sender, count_key, count_of},
};
use parking_lot::Mutex;
use salus_state::StateRead as _;
use salus_types::{
    AccountId, BlockTime, Hash, Height, LedgerParameters, NetworkFile, NodeRecord, TextMax,
    ValidatorSet, VecMax,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

fn secret(index: u8) -> NodeSecret {
    NodeSecret::from_seed([100 + index; 32])
}

fn record(index: u8) -> NodeRecord {
    NodeRecord {
        key: secret(index).public(),
        organisation: AccountId([index; 32]),
        address: TextMax::new(format!("10.0.0.{index}:1")).unwrap(),
        api: TextMax::default(),
    }
}

/// A plan of some validators and some nodes that follow, with a transaction every 50 ms.
fn plan(seed: u64, validators: u8, followers: u8, until: u64) -> Plan {
    let network = NetworkFile {
        version: 1,
        name: TextMax::new("test").unwrap(),
        genesis_time: BlockTime::from_unix_ms(1_800_000_000_000),
        salt: Hash([9; 32]),
        members: VecMax::default(),
        validators: ValidatorSet::new((0..validators).map(record).collect()).unwrap(),
        parameters: LedgerParameters {
            epoch_blocks: 10,
            idle_interval_ms: 200,
            ..LedgerParameters::default()
        },
    };
    let mut sender = Sender::new(&network, 1);
    let account = sender.account;
    let submissions = (0..60).map(|turn| Submission {
        at: Duration::from_millis(500 + 50 * turn),
        node: usize::try_from(turn).unwrap() % usize::from(validators),
        transaction: sender.count(Height(500)),
    });
    let nodes = (0..validators + followers).map(|index| SimNode {
        secret: secret(index),
        start_at: Duration::ZERO,
        honest: true,
    });
    let counters = network.clone();
    Plan {
        seed,
        nodes: nodes.collect(),
        links: LinkQuality::default(),
        events: Vec::new(),
        submissions: submissions.collect(),
        clients: None,
        application: Arc::new(move |_| Counter::new(&counters)),
        check: Some(Arc::new(move |_, block, state| {
            let count = count_of(state.get(count_key(account)).as_ref());
            if count > 60 {
                return Err(format!("{count} of 60 after {}", block.hash));
            }
            Ok(())
        })),
        until_height: Height(until),
        calm: None,
        until_time: Duration::from_secs(120),
        network,
    }
}

fn assert_well(report: &Report) {
    assert_eq!(report.failures, Vec::<String>::new(), "seed {}", report.seed);
    assert!(report.certified > 10, "seed {}: {} blocks proved", report.seed, report.certified);
    assert!(report.reached, "seed {}: {:?}", report.seed, report.common_height());
}

#[test]
fn a_seed_gives_the_same_run_again_and_another_seed_another() {
    let first = run(plan(1, 4, 0, 90)).unwrap();
    let again = run(plan(1, 4, 0, 90)).unwrap();
    let other = run(plan(2, 4, 0, 90)).unwrap();

    assert_well(&first);
    assert_eq!(first, again);
    assert_well(&other);
    assert_ne!(first.auditor, other.auditor);
    assert_eq!(first.transactions, 60);
}

#[test]
fn a_crashed_validator_comes_back_and_catches_up() {
    let mut plan = plan(3, 4, 0, 60);
    plan.events = vec![
        (Duration::from_millis(1_200), SimEvent::Crash(1)),
        (Duration::from_secs(6), SimEvent::Restart(1)),
    ];

    let report = run(plan).unwrap();

    assert_well(&report);
    assert!(report.nodes[1].height >= Height(60));
}

#[test]
fn after_a_crash_at_any_write_the_last_block_of_an_epoch_has_its_certificate() {
    // The block and its certificate are two files: found by seeds 426, 473, 516 and 885. Without the
    // wait, crashes at the writes 152 to 154 of this run leave the end of the first epoch unproved.
    for write in 135..=170 {
        let mut plan = plan(7, 1, 0, 25);
        plan.events = vec![(Duration::from_millis(300), SimEvent::CrashAtWrite(0, write))];

        assert_well(&run(plan).unwrap());
    }
}

#[test]
fn the_first_block_of_an_epoch_is_built_like_any_other() {
    let times = Arc::new(Mutex::new(BTreeMap::new()));
    let seen = Arc::clone(&times);
    let mut plan = plan(8, 4, 0, 35);
    plan.check = Some(Arc::new(move |_, block, _| {
        seen.lock().insert(block.header.height.0, block.header.time.unix_ms());
        Ok(())
    }));

    assert_well(&run(plan).unwrap());

    // Leaders above the last block of an epoch wait for the next one to begin; its first leader must not.
    let times = times.lock();
    let gaps: Vec<u64> =
        [10, 20, 30].iter().map(|first| times[first] - times[&(first - 1)]).collect();
    assert!(gaps.iter().all(|gap| *gap < 100), "{gaps:?} ms");
}

#[test]
fn two_halves_make_no_blocks_and_go_on_together_when_healed() {
    let mut plan = plan(4, 4, 0, 40);
    plan.events = vec![
        (Duration::from_secs(1), SimEvent::Partition(vec![vec![0, 1], vec![2, 3]])),
        (Duration::from_secs(6), SimEvent::Heal),
    ];

    assert_well(&run(plan).unwrap());
}

#[test]
fn slow_and_lossy_links_delay_but_do_not_divide() {
    let mut plan = plan(5, 4, 0, 25);
    plan.links = LinkQuality {
        latency: Duration::from_millis(80),
        jitter: Duration::from_millis(50),
        loss_percent: 10,
        ..LinkQuality::default()
    };

    assert_well(&run(plan).unwrap());
}

#[test]
fn a_follower_votes_after_the_set_changed_and_a_validator_goes_on_following() {
    let mut plan = plan(6, 4, 1, 45);
    let set = ValidatorSet::new((1..5).map(record).collect()).unwrap();
    let mut sender = Sender::new(&plan.network, 2);
    plan.submissions.push(Submission {
        at: Duration::from_secs(2),
        node: 4,
        transaction: sender.set_rules(&set, &[record(0)], Height(500)),
    });
    plan.events = vec![
        (Duration::from_millis(2_500), SimEvent::Crash(4)),
        (Duration::from_secs(5), SimEvent::Restart(4)),
    ];

    let report = run(plan).unwrap();

    assert_well(&report);
    assert_eq!(report.transactions, 61);
}
