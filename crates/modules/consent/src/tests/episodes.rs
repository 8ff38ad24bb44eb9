//! Admission, transfer and discharge.

use super::{
    CLINIC, HOSPITAL, LABORATORY, access_on, anchor, code, delegate_call, delegation, episode,
    episode_call, grant, grant_call, ledger, register, run, run_cosigned,
};
use crate::{
    Ask, Basis, ConsentEvent, ConsentTx, DelegationId, GrantStatus, PurposeOfUse, access_allowed,
    query,
    tx::{CloseEpisode, EPISODE_AHEAD_MS_MAX, OpenEpisode, TransferEpisode},
};
use salus_framework::testing::{TestLedger, account};
use salus_types::{AccountId, AccountKind, BlockTime, Hash};

/// A patient with records at the hospital, admitted to the clinic.
fn admitted() -> (TestLedger, AccountId) {
    let (mut ledger, patient) = ledger();
    run(&mut ledger, account(HOSPITAL), anchor(patient, 1, 1)).unwrap();
    let call = episode_call(&ledger, 1);
    run(&mut ledger, patient, ConsentTx::OpenEpisode(call)).unwrap();
    (ledger, patient)
}

fn close(n: u8, on_behalf: Option<DelegationId>) -> ConsentTx {
    ConsentTx::CloseEpisode(CloseEpisode { episode: episode(n), on_behalf })
}

fn transfer(n: u8, next: u8, to: u8) -> TransferEpisode {
    TransferEpisode {
        episode: episode(n),
        on_behalf: None,
        next: episode(next),
        to: account(to),
        offer_commitment: Hash([9; 32]),
    }
}

fn allowed(
    ledger: &TestLedger,
    patient: AccountId,
    n: u8,
    accessor: u8,
) -> Result<(), &'static str> {
    let ask = Ask {
        patient,
        holder: account(HOSPITAL),
        accessor: account(accessor),
        basis: Basis::Episode(episode(n)),
        purpose: PurposeOfUse::Treatment,
    };
    match access_allowed(&ledger.state, &ask, ledger.block.time) {
        Ok(_) => Ok(()),
        Err(error) => Err(salus_framework::ModuleError::code(&error)),
    }
}

#[test]
fn one_act_opens_the_records_for_treatment_until_discharge_and_no_longer() {
    let (mut ledger, patient) = admitted();
    let basis = Some(Basis::Episode(episode(1)));

    let before = allowed(&ledger, patient, 1, CLINIC);
    run(&mut ledger, account(HOSPITAL), access_on(patient, basis, 1, 2)).unwrap();
    let events = run(&mut ledger, account(CLINIC), close(1, None)).unwrap();
    let after = run(&mut ledger, account(HOSPITAL), access_on(patient, basis, 3, 1));

    assert_eq!(before, Ok(()));
    let hospital = account(CLINIC);
    assert_eq!(events, [ConsentEvent::EpisodeClosed { episode: episode(1), patient, hospital }]);
    assert_eq!(code(after), "consent.episode_closed");
    assert_eq!(allowed(&ledger, patient, 1, CLINIC), Err("consent.episode_closed"));
}

#[test]
fn an_episode_opens_nothing_to_another_organisation_patient_or_purpose() {
    let (mut ledger, patient) = admitted();
    let other = register(&mut ledger, AccountKind::Person, 51);
    let ask = Ask {
        patient,
        holder: account(HOSPITAL),
        accessor: account(CLINIC),
        basis: Basis::Episode(episode(1)),
        purpose: PurposeOfUse::Research,
    };

    assert_eq!(allowed(&ledger, patient, 1, LABORATORY), Err("consent.wrong_accessor"));
    assert_eq!(allowed(&ledger, other, 1, CLINIC), Err("consent.wrong_episode"));
    assert_eq!(allowed(&ledger, patient, 2, CLINIC), Err("consent.unknown_episode"));
    let research = access_allowed(&ledger.state, &ask, ledger.block.time);
    assert_eq!(code(research), "consent.wrong_purpose");
}

#[test]
fn an_episode_ends_by_itself_at_its_latest_time() {
    let (mut ledger, patient) = admitted();

    ledger.block.time = ledger.block.time.after_ms(1000);

    assert_eq!(allowed(&ledger, patient, 1, CLINIC), Err("consent.episode_closed"));
    assert_eq!(code(run(&mut ledger, patient, close(1, None))), "consent.episode_closed");
}

#[test]
fn the_hospital_the_patient_and_who_acts_for_it_close_an_episode_and_nobody_else() {
    let (mut ledger, patient) = admitted();
    let guardian = register(&mut ledger, AccountKind::Person, 51);
    let call = delegate_call(&ledger, 1, guardian);
    run(&mut ledger, patient, ConsentTx::Delegate(call)).unwrap();

    assert_eq!(code(run(&mut ledger, account(HOSPITAL), close(1, None))), "consent.not_party");
    assert_eq!(code(run(&mut ledger, guardian, close(1, None))), "consent.not_party");
    assert_eq!(code(run(&mut ledger, patient, close(2, None))), "consent.unknown_episode");
    run(&mut ledger, guardian, close(1, Some(delegation(1)))).unwrap();
}

#[test]
fn a_transfer_moves_access_to_the_other_hospital() {
    let (mut ledger, patient) = admitted();
    let call = ConsentTx::TransferEpisode(transfer(1, 2, LABORATORY));

    run(&mut ledger, patient, call).unwrap();

    assert_eq!(allowed(&ledger, patient, 1, CLINIC), Err("consent.episode_closed"));
    assert_eq!(allowed(&ledger, patient, 2, LABORATORY), Ok(()));
    let first = query::episode(&ledger.state, episode(1)).unwrap().stored;
    let second = query::episode(&ledger.state, episode(2)).unwrap().stored;
    assert_eq!(first.continued_as, Some(episode(2)));
    assert_eq!(second.not_after, first.not_after);
    assert_eq!(second.scope_commitment, first.scope_commitment);
    assert_eq!(query::episodes_of(&ledger.state, patient, 0, 10).total, 2);
}

#[test]
fn a_hospital_transfers_with_the_signature_of_the_patient_only() {
    let (mut ledger, patient) = admitted();
    let call = ConsentTx::TransferEpisode(transfer(1, 2, LABORATORY));
    let clinic = account(CLINIC);

    let alone = run(&mut ledger, clinic, call.clone());
    let stranger = run_cosigned(&mut ledger, account(HOSPITAL), &[(patient, 50)], call.clone());
    run_cosigned(&mut ledger, clinic, &[(patient, 50)], call).unwrap();

    assert_eq!(code(alone), "consent.patient_must_sign");
    assert_eq!(code(stranger), "consent.not_party");
    assert_eq!(allowed(&ledger, patient, 2, LABORATORY), Ok(()));
}

#[test]
fn a_transfer_that_makes_no_sense_is_refused() {
    let (mut ledger, patient) = admitted();
    let mut with = |call| code(run(&mut ledger, patient, ConsentTx::TransferEpisode(call)));

    assert_eq!(with(transfer(2, 3, LABORATORY)), "consent.unknown_episode");
    assert_eq!(with(transfer(1, 2, CLINIC)), "consent.same_hospital");
    assert_eq!(with(transfer(1, 2, 99)), "consent.inactive_grantee");
    assert_eq!(with(transfer(1, 1, LABORATORY)), "consent.episode_exists");
    run(&mut ledger, patient, close(1, None)).unwrap();
    let late = ConsentTx::TransferEpisode(transfer(1, 2, LABORATORY));
    assert_eq!(code(run(&mut ledger, patient, late)), "consent.episode_closed");
}

#[test]
fn an_episode_that_makes_no_sense_is_refused() {
    let (mut ledger, patient) = admitted();
    let now = ledger.block.time;
    let valid = episode_call(&ledger, 2);
    let mut with = |sender, call| code(run(&mut ledger, sender, ConsentTx::OpenEpisode(call)));

    assert_eq!(with(account(HOSPITAL), valid.clone()), "consent.not_a_patient");
    let over = OpenEpisode { not_after: BlockTime::from_unix_ms(0), ..valid.clone() };
    assert_eq!(with(patient, over), "consent.wrong_period");
    let not_after = now.after_ms(EPISODE_AHEAD_MS_MAX + 1);
    let long = OpenEpisode { not_after, ..valid.clone() };
    assert_eq!(with(patient, long), "consent.wrong_period");
    let nowhere = OpenEpisode { hospital: account(99), ..valid.clone() };
    assert_eq!(with(patient, nowhere), "consent.inactive_grantee");
    let taken = OpenEpisode { episode: episode(1), ..valid };
    assert_eq!(with(patient, taken), "consent.episode_exists");
}

/// A second opinion: a grant to another organisation, for as long as the patient is in hospital.
#[test]
fn a_grant_that_is_tied_to_an_episode_ends_with_it() {
    let (mut ledger, patient) = admitted();
    let mut call = grant_call(&ledger, 1);
    call.grantee = account(LABORATORY);
    call.episode = Some(episode(1));
    run(&mut ledger, patient, ConsentTx::GrantAccess(call)).unwrap();
    let status =
        |ledger: &TestLedger| query::grant_status(&ledger.state, grant(1), ledger.block.time);
    let before = status(&ledger);

    run(&mut ledger, account(CLINIC), close(1, None)).unwrap();

    assert_eq!(before, GrantStatus::Active);
    assert_eq!(status(&ledger), GrantStatus::Ended);
    let access = access_on(patient, Some(grant(1).into()), 1, 1);
    let refused = run(&mut ledger, account(HOSPITAL), access);
    assert_eq!(code(refused), "consent.grant_not_active");
}

#[test]
fn a_grant_is_tied_to_an_open_episode_of_the_same_patient() {
    let (mut ledger, patient) = admitted();
    let other = register(&mut ledger, AccountKind::Person, 51);
    let mut call = grant_call(&ledger, 1);
    call.episode = Some(episode(1));
    let tied = ConsentTx::GrantAccess(call.clone());
    call.episode = Some(episode(9));
    let unknown = ConsentTx::GrantAccess(call);

    assert_eq!(code(run(&mut ledger, other, tied.clone())), "consent.wrong_episode");
    assert_eq!(code(run(&mut ledger, patient, unknown)), "consent.unknown_episode");
    run(&mut ledger, patient, close(1, None)).unwrap();
    assert_eq!(code(run(&mut ledger, patient, tied)), "consent.episode_closed");
}
