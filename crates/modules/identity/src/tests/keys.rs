//! Keys and what they may be used for.

use super::{
    ACT, HOSPITAL, add_key, code, ledger, ledger_with_person, may, register, run, run_with,
};
use crate::{
    IdentityEvent, IdentityTx, KeyPurposes, authorise, query,
    state::{KEYS_MAX, SEALING_KEY_BYTES},
    tx,
};
use salus_framework::{
    Authority,
    testing::{account, key, key_of, signed_by},
};
use salus_types::{BytesMax, KeyPurpose, PublicKey, Salt, key::Ed25519Key};

#[test]
fn an_account_that_key_and_salt_do_not_derive_is_refused() {
    let mut ledger = ledger();
    let mut call = register(&ledger, key(50), 0);
    call.salt = Salt([9; 16]);

    let result = run(&mut ledger, account(HOSPITAL), IdentityTx::RegisterAccount(call));

    assert_eq!(code(result), "identity.account_mismatch");
}

#[test]
fn a_new_account_signed_by_another_key_is_refused() {
    let mut ledger = ledger();
    let call = register(&ledger, key(50), 0);
    let sender = call.account;

    let result = run_with(&mut ledger, sender, key(51), IdentityTx::RegisterAccount(call));

    assert_eq!(code(result), "identity.wrong_first_key");
}

/// Points of small order: for the neutral one anybody can sign. And what is no point at all.
#[test]
fn a_key_that_anybody_can_sign_for_or_that_is_none_is_not_registered() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let mut neutral = [0; 32];
    neutral[0] = 1;

    for bad in [[0; 32], neutral, [2; 32]] {
        let bad = PublicKey::Ed25519(Ed25519Key(bad));
        let registered = register(&ledger, bad, 0);
        let sender = registered.account;
        let registered =
            run_with(&mut ledger, sender, bad, IdentityTx::RegisterAccount(registered));
        let added = run(&mut ledger, person, add_key(bad, KeyPurpose::Act));
        let rotate = IdentityTx::RotateKey(tx::RotateKey { old: key(50), new: bad });
        let rotated = run(&mut ledger, person, rotate);

        assert_eq!(code(registered), "identity.bad_key");
        assert_eq!(code(added), "identity.bad_key");
        assert_eq!(code(rotated), "identity.bad_key");
    }
}

#[test]
fn a_key_acts_only_for_its_purposes() {
    let (mut ledger, person) = ledger_with_person(key(50));
    run(&mut ledger, person, add_key(key(51), KeyPurpose::Act)).unwrap();

    assert_eq!(may(&ledger, person, key(51), ACT), Ok(()));
    assert_eq!(
        may(&ledger, person, key(51), Authority::Key(KeyPurpose::Manage)),
        Err("identity.wrong_purpose")
    );
    assert_eq!(may(&ledger, person, key(52), ACT), Err("identity.unknown_key"));
    assert_eq!(may(&ledger, account(99), key(50), ACT), Err("identity.unknown_account"));
}

#[test]
fn a_person_has_nothing_to_vote_on() {
    let (ledger, person) = ledger_with_person(key(50));

    let result = may(&ledger, person, key(50), Authority::Key(KeyPurpose::Vote));

    assert_eq!(result, Err("identity.wrong_purpose"));
}

#[test]
fn a_cosigner_whose_key_may_not_act_is_refused() {
    let (ledger, person) = ledger_with_person(key(50));
    let sender = signed_by(account(HOSPITAL), key_of(account(HOSPITAL)));
    let right = signed_by(person, key(50));
    let wrong = signed_by(person, key(51));

    let with = |cosigner| authorise(&ledger.state, &sender, &[cosigner], ACT);

    assert_eq!(with(right), Ok(()));
    assert_eq!(with(wrong).unwrap_err().code, "identity.unknown_key");
}

#[test]
fn a_key_is_added_once_and_only_up_to_the_maximum() {
    let (mut ledger, person) = ledger_with_person(key(50));
    for n in 1..KEYS_MAX {
        let new = key(50 + u8::try_from(n).unwrap());
        run(&mut ledger, person, add_key(new, KeyPurpose::Act)).unwrap();
    }

    let again = run(&mut ledger, person, add_key(key(50), KeyPurpose::Act));
    let more = run(&mut ledger, person, add_key(key(99), KeyPurpose::Act));

    assert_eq!(code(again), "identity.key_exists");
    assert_eq!(code(more), "identity.too_many_keys");
}

#[test]
fn a_revoked_key_acts_no_longer() {
    let (mut ledger, person) = ledger_with_person(key(50));
    run(&mut ledger, person, add_key(key(51), KeyPurpose::Act)).unwrap();

    let events =
        run(&mut ledger, person, IdentityTx::RevokeKey(tx::RevokeKey { key: key(51) })).unwrap();

    assert_eq!(events, [IdentityEvent::KeyRevoked { account: person, key: key(51) }]);
    assert_eq!(may(&ledger, person, key(51), ACT), Err("identity.unknown_key"));
}

#[test]
fn the_last_key_that_manages_is_not_revoked() {
    let (mut ledger, person) = ledger_with_person(key(50));
    run(&mut ledger, person, add_key(key(51), KeyPurpose::Act)).unwrap();

    let last = run(&mut ledger, person, IdentityTx::RevokeKey(tx::RevokeKey { key: key(50) }));
    let none = run(&mut ledger, person, IdentityTx::RevokeKey(tx::RevokeKey { key: key(52) }));

    assert_eq!(code(last), "identity.last_manage_key");
    assert_eq!(code(none), "identity.unknown_key");
}

#[test]
fn a_rotated_key_gives_its_purposes_to_the_new_one() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let rotate = |old, new| IdentityTx::RotateKey(tx::RotateKey { old, new });

    run(&mut ledger, person, rotate(key(50), key(51))).unwrap();

    assert_eq!(may(&ledger, person, key(50), ACT), Err("identity.unknown_key"));
    assert_eq!(may(&ledger, person, key(51), Authority::Key(KeyPurpose::Manage)), Ok(()));
    assert_eq!(code(run(&mut ledger, person, rotate(key(50), key(52)))), "identity.unknown_key");
    assert_eq!(code(run(&mut ledger, person, rotate(key(51), key(51)))), "identity.key_exists");
}

#[test]
fn a_sealing_key_has_the_length_of_x_wing() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let set = |len| {
        let key = BytesMax::new(vec![7; len]).unwrap();
        IdentityTx::SetSealingKey(tx::SetSealingKey { key })
    };

    let short = run(&mut ledger, person, set(SEALING_KEY_BYTES - 1));
    run(&mut ledger, person, set(SEALING_KEY_BYTES)).unwrap();

    assert_eq!(code(short), "identity.sealing_key_length");
    assert_eq!(query::sealing_key(&ledger.state, person).unwrap().len(), SEALING_KEY_BYTES);
}

#[test]
fn purposes_that_are_none_or_unknown_do_not_decode() {
    assert!(salus_types::decode::<KeyPurposes>("purposes", &[0]).is_err());
    assert!(salus_types::decode::<KeyPurposes>("purposes", &[16]).is_err());
    assert!(serde_json::from_str::<KeyPurposes>("[]").is_err());
    assert_eq!(
        serde_json::from_str::<KeyPurposes>(r#"["act","vote"]"#).unwrap(),
        KeyPurposes::new(&[KeyPurpose::Vote, KeyPurpose::Act]).unwrap()
    );
}
