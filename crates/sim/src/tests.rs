//! Tests of the simulator, and the seeds that every change must pass.

use crate::{Dice, Fault, run_chain};
use salus_types::Height;

/// Seeds of the ledger without the engine.
const CHAIN_SEEDS: std::ops::Range<u64> = 0..6;

#[test]
fn the_ledger_keeps_its_promises_on_a_set_of_seeds() {
    for seed in CHAIN_SEEDS {
        let report = run_chain(seed, 300);
        assert!(report.is_ok(), "seed {seed}: {}", report.unwrap_err());
    }
}

#[test]
fn a_seed_gives_the_same_blocks_every_time_and_another_seed_others() {
    let first = run_chain(7, 120).unwrap();
    let second = run_chain(7, 120).unwrap();
    let other = run_chain(8, 120).unwrap();

    assert_eq!(first, second);
    assert_ne!(first.digest, other.digest);
}

#[test]
fn a_run_does_real_work_of_every_module_and_sees_refusals_and_expiries() {
    let report = run_chain(1, 400).unwrap();

    assert!(report.committed > 2_000);
    assert!(report.expired > 20);
    assert!(report.outcomes["ok"] * 2 > report.committed as u64);
    for code in [
        "identity.unknown_key",
        "governance.unknown_proposal",
        "consent.not_an_organisation",
        "consent.not_grantor",
        "consent.grant_not_active",
    ] {
        assert!(report.outcomes.contains_key(code), "{code} was never seen: {:?}", report.outcomes);
    }
}

#[test]
fn dice_fall_within_their_bounds_and_differ_by_purpose() {
    let mut dice = Dice::new(1, "one");
    let throws: Vec<_> = (0..1000).map(|_| dice.below(6)).collect();
    let other: Vec<_> = {
        let mut dice = Dice::new(1, "other");
        (0..1000).map(|_| dice.below(6)).collect()
    };

    assert!((0..6).all(|face| throws.contains(&face)));
    assert!(throws.iter().all(|throw| *throw < 6));
    assert_ne!(throws, other);
    assert_eq!(Dice::new(1, "none").below(0), 0);
}

#[test]
fn faults_say_what_happened_in_a_sentence() {
    let fault = Fault::Stalled { height: Height(3), expected: Height(9) };

    assert_eq!(fault.to_string(), "the network stands at height 3 and should have reached 9");
}
