//! Emergencies, from the patient's rules to the review.

use super::{
    CLINIC, HOSPITAL, LABORATORY, accredit, anchor, arrangement, code, delegate_call, delegation,
    emergency, ledger, register, request, run, run_cosigned,
};
use crate::{
    ArrangementKind, Ask, Basis, ConsentError, ConsentTx, EmergencyReason, PurposeOfUse,
    ReviewOutcome, access_allowed, query, release_allowed,
    tx::{
        AppointCustodians, CloseEmergency, CosignEmergency, OpenEmergency, RequestRelease,
        ReviewEmergency, SetEmergencyRules,
    },
};
use salus_framework::{
    ModuleError,
    testing::{TestLedger, account},
};
use salus_governance::AccessLimits;
use salus_types::{AccountId, AccountKind, Hash, VecMax};

/// Who takes part: a patient with records at the clinic, two persons of the hospital, and a reviewer.
struct Scene {
    ledger: TestLedger,
    patient: AccountId,
    medic: AccountId,
    second: AccountId,
    reviewer: AccountId,
}

const MEDIC: u8 = 61;
const SECOND: u8 = 62;
const REVIEWER: u8 = 63;
/// How long the hospital is accredited in these scenes.
const ACCREDITED_MS: u64 = 365 * 24 * 60 * 60 * 1000;

fn rules(reviewer: AccountId) -> SetEmergencyRules {
    SetEmergencyRules {
        on_behalf: None,
        override_allowed: true,
        reviewer,
        scope_commitment: Hash([1; 32]),
        two_person: false,
    }
}

/// The hospital is an emergency service, and the patient allows emergencies.
fn scene() -> Scene {
    let (mut ledger, patient) = ledger();
    let mut person = |n| register(&mut ledger, AccountKind::Person, n);
    let (medic, second, reviewer) = (person(MEDIC), person(SECOND), person(REVIEWER));
    accredit(&mut ledger, ACCREDITED_MS);
    run(&mut ledger, account(CLINIC), anchor(patient, 1, 1)).unwrap();
    run(&mut ledger, patient, ConsentTx::SetEmergencyRules(rules(reviewer))).unwrap();
    Scene { ledger, patient, medic, second, reviewer }
}

impl Scene {
    fn call(&self, n: u8) -> OpenEmergency {
        OpenEmergency {
            emergency: emergency(n),
            patient: self.patient,
            person: self.medic,
            reason: EmergencyReason::Unresponsive,
            incident_commitment: Hash([2; 32]),
            marked: false,
        }
    }

    fn open_as(&mut self, person: AccountId, key: u8, n: u8) -> Result<(), ConsentError> {
        let call = OpenEmergency { person, ..self.call(n) };
        let call = ConsentTx::OpenEmergency(call);
        run_cosigned(&mut self.ledger, account(HOSPITAL), &[(person, key)], call)
    }

    fn open(&mut self, n: u8) -> Result<(), ConsentError> {
        self.open_as(self.medic, MEDIC, n)
    }

    fn cosign(&mut self, n: u8, person: AccountId, key: u8) -> Result<(), ConsentError> {
        let call = ConsentTx::CosignEmergency(CosignEmergency { emergency: emergency(n), person });
        run_cosigned(&mut self.ledger, account(HOSPITAL), &[(person, key)], call)
    }

    fn review(&mut self, n: u8, outcome: ReviewOutcome) -> Result<(), ConsentError> {
        let reviewer = self.reviewer;
        run(&mut self.ledger, reviewer, review(n, outcome)).map(|_| ())
    }

    /// Whether the hospital may read at the clinic, or the code of the refusal.
    fn allowed(&self, n: u8) -> Result<(), &'static str> {
        let ask = Ask {
            patient: self.patient,
            holder: account(CLINIC),
            accessor: account(HOSPITAL),
            basis: Basis::Emergency(emergency(n)),
            purpose: PurposeOfUse::EmergencyTreatment,
        };
        let found = access_allowed(&self.ledger.state, &ask, self.ledger.block.time);
        found.map(|_| ()).map_err(|error| error.code())
    }
}

fn review(n: u8, outcome: ReviewOutcome) -> ConsentTx {
    let finding_commitment = Hash([3; 32]);
    ConsentTx::ReviewEmergency(ReviewEmergency {
        emergency: emergency(n),
        outcome,
        finding_commitment,
    })
}

fn close(n: u8) -> ConsentTx {
    ConsentTx::CloseEmergency(CloseEmergency { emergency: emergency(n), on_behalf: None })
}

#[test]
fn an_emergency_opens_the_patients_emergency_set_for_some_hours() {
    let mut scene = scene();

    scene.open(1).unwrap();

    assert_eq!(scene.allowed(1), Ok(()));
    let found = query::emergency(&scene.ledger.state, emergency(1)).unwrap().stored;
    assert_eq!(found.scope_commitment, Hash([1; 32]));
    assert_eq!((found.person, found.reviewer), (scene.medic, scene.reviewer));
    let hours = AccessLimits::default().emergency_ms;
    scene.ledger.block.time = scene.ledger.block.time.after_ms(hours);
    assert_eq!(scene.allowed(1), Err("consent.emergency_over"));
    assert_eq!(scene.allowed(9), Err("consent.unknown_emergency"));
}

#[test]
fn custodians_of_the_emergency_arrangement_release_for_a_request_under_it() {
    let mut scene = scene();
    let patient = scene.patient;
    let appoint = AppointCustodians {
        arrangement: arrangement(1),
        on_behalf: None,
        holder: account(CLINIC),
        kind: ArrangementKind::Emergency,
        custodians: VecMax::new(vec![account(CLINIC), account(LABORATORY)]).unwrap(),
        threshold: 2,
        commitments_root: Hash([4; 32]),
        epoch: 1,
    };
    run(&mut scene.ledger, patient, ConsentTx::AppointCustodians(appoint)).unwrap();
    scene.open(1).unwrap();
    let ask = RequestRelease {
        request: request(1),
        patient,
        holder: account(CLINIC),
        basis: Basis::Emergency(emergency(1)),
        purpose: PurposeOfUse::BreakTheGlass,
        records_commitment: Hash([1; 32]),
        session_key: Hash([2; 32]),
        leaves_root: Hash([3; 32]),
        count: 1,
    };
    let treatment = RequestRelease { purpose: PurposeOfUse::Treatment, ..ask.clone() };

    let other = run(&mut scene.ledger, account(HOSPITAL), ConsentTx::RequestRelease(treatment));
    run(&mut scene.ledger, account(HOSPITAL), ConsentTx::RequestRelease(ask)).unwrap();
    let now = scene.ledger.block.time;
    let before = release_allowed(&scene.ledger.state, request(1), now).map(|_| ());
    run(&mut scene.ledger, patient, close(1)).unwrap();
    let after = release_allowed(&scene.ledger.state, request(1), now);

    assert_eq!(code(other), "consent.wrong_purpose");
    assert_eq!(before, Ok(()));
    assert_eq!(code(after), "consent.emergency_over");
}

#[test]
fn a_service_that_the_members_do_not_recognise_opens_nothing() {
    let mut scene = scene();
    let medic = scene.medic;
    let call = ConsentTx::OpenEmergency(scene.call(1));

    let stranger = run_cosigned(&mut scene.ledger, account(LABORATORY), &[(medic, MEDIC)], call);
    scene.open(1).unwrap();
    // The members end the accreditation; it is over with the block.
    scene.ledger.block.time = scene.ledger.block.time.after_ms(1);
    accredit(&mut scene.ledger, 0);
    let late = scene.open_as(scene.second, SECOND, 2);

    assert_eq!(code(stranger), "consent.not_accredited");
    assert_eq!(code(late), "consent.not_accredited");
    assert_eq!(scene.allowed(1), Err("consent.not_accredited"));
}

#[test]
fn a_patient_without_rules_or_who_refuses_is_not_overridden() {
    let mut scene = scene();
    let silent = register(&mut scene.ledger, AccountKind::Person, 70);
    let call = ConsentTx::OpenEmergency(OpenEmergency { patient: silent, ..scene.call(1) });
    let medic = [(scene.medic, MEDIC)];
    let unwilling = SetEmergencyRules { override_allowed: false, ..rules(scene.reviewer) };

    let unsaid = run_cosigned(&mut scene.ledger, account(HOSPITAL), &medic, call);
    run(&mut scene.ledger, scene.patient, ConsentTx::SetEmergencyRules(unwilling)).unwrap();
    let refused = scene.open(1);

    assert_eq!(code(unsaid), "consent.no_emergency_rules");
    assert_eq!(code(refused), "consent.override_refused");
}

#[test]
fn the_person_who_asks_signs_and_is_one_of_the_service() {
    let mut scene = scene();
    let unsigned = ConsentTx::OpenEmergency(scene.call(1));
    let outsider = OpenEmergency { person: account(LABORATORY), ..scene.call(1) };
    let outsider = ConsentTx::OpenEmergency(outsider);

    let unsigned = run(&mut scene.ledger, account(HOSPITAL), unsigned);
    let outsider =
        run_cosigned(&mut scene.ledger, account(HOSPITAL), &[(account(LABORATORY), 3)], outsider);

    assert_eq!(code(unsigned), "consent.person_must_sign");
    assert_eq!(code(outsider), "consent.not_of_service");
}

#[test]
fn nobody_reviews_what_it_asked_for() {
    let mut scene = scene();
    let patient = scene.patient;
    let with = |scene: &mut Scene, reviewer| {
        let rules = ConsentTx::SetEmergencyRules(rules(reviewer));
        run(&mut scene.ledger, patient, rules).unwrap();
        scene.open(1)
    };

    let medic = scene.medic;
    let by_medic = with(&mut scene, medic);
    let by_service = with(&mut scene, account(HOSPITAL));
    let second = scene.second;
    with(&mut scene, second).unwrap();
    let by_second = scene.cosign(1, second, SECOND);

    assert_eq!(code(by_medic), "consent.reviewer_is_requester");
    assert_eq!(code(by_service), "consent.reviewer_is_requester");
    assert_eq!(code(by_second), "consent.reviewer_is_requester");
}

#[test]
fn the_same_person_opens_no_other_before_the_review() {
    let mut scene = scene();
    scene.open(1).unwrap();

    let again = scene.open(2);
    scene.open_as(scene.second, SECOND, 2).unwrap();
    let stranger = run(&mut scene.ledger, scene.medic, review(1, ReviewOutcome::Justified));
    scene.review(1, ReviewOutcome::Justified).unwrap();
    let twice = scene.review(1, ReviewOutcome::Unjustified);
    let unknown = scene.review(9, ReviewOutcome::Unclear);
    let taken = scene.open(2);
    scene.open(3).unwrap();

    assert_eq!(code(again), "consent.unreviewed");
    assert_eq!(code(stranger), "consent.not_reviewer");
    assert_eq!(code(twice), "consent.already_reviewed");
    assert_eq!(code(unknown), "consent.unknown_emergency");
    assert_eq!(code(taken), "consent.emergency_exists");
    assert_eq!(scene.allowed(1), Err("consent.emergency_over"));
}

#[test]
fn marked_classes_and_careful_patients_need_a_second_person() {
    let mut scene = scene();
    let (patient, second) = (scene.patient, scene.second);
    let careful = SetEmergencyRules { two_person: true, ..rules(scene.reviewer) };
    run(&mut scene.ledger, patient, ConsentTx::SetEmergencyRules(careful)).unwrap();
    scene.open(1).unwrap();
    let alone = scene.allowed(1);

    let same = scene.cosign(1, scene.medic, MEDIC);
    let unsigned = scene.cosign(1, second, SECOND).and(scene.cosign(1, second, SECOND));
    let unknown = scene.cosign(9, second, SECOND);
    let call =
        ConsentTx::CosignEmergency(CosignEmergency { emergency: emergency(1), person: second });
    let elsewhere = run(&mut scene.ledger, account(LABORATORY), call);

    assert_eq!(alone, Err("consent.second_person_missing"));
    assert_eq!(code(same), "consent.same_person");
    assert_eq!(code(unsigned), "consent.already_cosigned");
    assert_eq!(code(unknown), "consent.unknown_emergency");
    assert_eq!(code(elsewhere), "consent.not_party");
    assert_eq!(scene.allowed(1), Ok(()));
    let marked = OpenEmergency { marked: true, person: second, ..scene.call(2) };
    let call = ConsentTx::OpenEmergency(marked);
    run_cosigned(&mut scene.ledger, account(HOSPITAL), &[(second, SECOND)], call).unwrap();
    assert_eq!(scene.allowed(2), Err("consent.second_person_missing"));
}

#[test]
fn a_second_person_signs_while_the_emergency_lasts() {
    let mut scene = scene();
    scene.open(1).unwrap();
    let second = scene.second;
    let call = CosignEmergency { emergency: emergency(1), person: second };
    let call = ConsentTx::CosignEmergency(call);

    let unsigned = run(&mut scene.ledger, account(HOSPITAL), call);
    run(&mut scene.ledger, account(HOSPITAL), close(1)).unwrap();
    let late = scene.cosign(1, second, SECOND);

    assert_eq!(code(unsigned), "consent.person_must_sign");
    assert_eq!(code(late), "consent.emergency_over");
}

#[test]
fn service_patient_and_guardian_close_an_emergency_and_nobody_else() {
    let mut scene = scene();
    let patient = scene.patient;
    let guardian = register(&mut scene.ledger, AccountKind::Person, 70);
    let call = delegate_call(&scene.ledger, 1, guardian);
    run(&mut scene.ledger, patient, ConsentTx::Delegate(call)).unwrap();
    scene.open(1).unwrap();

    let stranger = run(&mut scene.ledger, account(CLINIC), close(1));
    let unknown = run(&mut scene.ledger, patient, close(9));
    let by_guardian = CloseEmergency { emergency: emergency(1), on_behalf: Some(delegation(1)) };
    run(&mut scene.ledger, guardian, ConsentTx::CloseEmergency(by_guardian)).unwrap();
    let again = run(&mut scene.ledger, account(HOSPITAL), close(1));

    assert_eq!(code(stranger), "consent.not_party");
    assert_eq!(code(unknown), "consent.unknown_emergency");
    assert_eq!(code(again), "consent.emergency_over");
    // Closed or not, it has to be reviewed.
    assert_eq!(code(scene.open(2)), "consent.unreviewed");
}

#[test]
fn a_service_opens_no_more_in_a_day_than_the_members_decided() {
    let mut scene = scene();
    let limits = AccessLimits { emergencies_per_day_max: 1, ..AccessLimits::default() };
    let path = salus_governance::state::access_limits_path();
    scene
        .ledger
        .with_block(|ctx| {
            salus_framework::put(ctx.state(), path.key(), &limits);
            Ok::<_, std::convert::Infallible>(())
        })
        .unwrap();
    scene.open(1).unwrap();

    let second = scene.open_as(scene.second, SECOND, 2);
    scene.ledger.block.time = scene.ledger.block.time.after_ms(24 * 60 * 60 * 1000);
    let tomorrow = scene.open_as(scene.second, SECOND, 2);

    assert_eq!(code(second), "consent.too_many_emergencies");
    assert_eq!(tomorrow, Ok(()));
}

#[test]
fn abuse_is_visible_in_the_report_of_a_service() {
    let mut scene = scene();
    let limits = AccessLimits::default();
    for (n, outcome) in [
        (1, ReviewOutcome::Justified),
        (2, ReviewOutcome::Unjustified),
        (3, ReviewOutcome::Unclear),
        (4, ReviewOutcome::Unjustified),
    ] {
        scene.open(n).unwrap();
        scene.review(n, outcome).unwrap();
    }
    scene.open(5).unwrap();
    let opened = scene.ledger.block.time;
    let due = opened.after_ms(limits.emergency_ms).after_ms(limits.review_ms);

    let now = query::emergency_report(&scene.ledger.state, account(HOSPITAL), due);
    let later = query::emergency_report(&scene.ledger.state, account(HOSPITAL), due.after_ms(1));

    assert_eq!((now.opened, now.unreviewed, now.overdue), (5, 1, 0));
    let reviews = now.reviews;
    assert_eq!((reviews.justified, reviews.unjustified, reviews.unclear), (1, 2, 1));
    assert_eq!(later.overdue, 1);
    assert_eq!(query::emergencies_of(&scene.ledger.state, scene.patient, 0, 10).total, 5);
    assert_eq!(query::emergencies_by(&scene.ledger.state, account(HOSPITAL), 3, 10).items.len(), 2);
    let unreviewed = query::unreviewed_of(&scene.ledger.state, scene.medic).unwrap();
    assert_eq!(unreviewed.emergency, emergency(5));
}

#[test]
fn rules_are_set_by_the_patient_and_name_somebody_who_can_review() {
    let mut scene = scene();
    let by = |rules| ConsentTx::SetEmergencyRules(rules);

    let organisation = run(&mut scene.ledger, account(CLINIC), by(rules(scene.reviewer)));
    let nobody = run(&mut scene.ledger, scene.patient, by(rules(account(99))));

    assert_eq!(code(organisation), "consent.not_a_patient");
    assert_eq!(code(nobody), "consent.inactive_reviewer");
    let stored = query::emergency_rules(&scene.ledger.state, scene.patient).unwrap();
    assert_eq!(stored.reviewer, scene.reviewer);
}
