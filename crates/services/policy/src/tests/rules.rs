//! The rules that a hospital starts with, and an organisation's own.

use crate::{Ask, Decision, Policy, PolicyError, Staff, StaffAction, Target};
use salus_fhir::{
    Category,
    labels::{Confidentiality, Sensitivities},
};

fn nurse<'a>() -> Staff<'a> {
    Staff {
        id: "n",
        organisation: "o",
        roles: &["nurse"],
        departments: &["surgery"],
        active: true,
        patient: None,
    }
}

fn record<'a>() -> Target<'a> {
    Target::Record {
        id: "r",
        patient: "p",
        departments: &[],
        category: Category::Medications,
        confidentiality: Confidentiality::N,
        sensitivities: Sensitivities::NONE,
        pseudonymised: false,
    }
}

/// The nurse reads a record of a patient whom they treat.
fn ask<'a>() -> Ask<'a> {
    Ask {
        staff: nurse(),
        action: StaffAction::Read,
        target: record(),
        purpose: "TREAT",
        treats: true,
        episode_ends_ms: None,
        time_ms: 1_000,
        reason_given: false,
    }
}

fn decide(ask: &Ask<'_>) -> Decision {
    Policy::default_rules().decide(ask)
}

#[test]
fn who_treats_reads_and_the_rule_is_named() {
    let decision = decide(&ask());

    assert!(decision.permitted);
    assert_eq!((decision.rules, decision.failed), (vec!["treatment-read".to_owned()], vec![]));
}

#[test]
fn without_treatment_purpose_or_role_nothing_is_permitted() {
    let stranger = Ask { treats: false, ..ask() };
    let curious = Ask { purpose: "HMARKT", ..ask() };
    let cook = Ask { staff: Staff { roles: &["cook"], ..nurse() }, ..ask() };
    let export = Ask { action: StaffAction::Export, ..ask() };
    let administer =
        Ask { action: StaffAction::Administer, target: Target::Organisation { id: "o" }, ..ask() };

    for ask in [stranger, curious, cook, export, administer] {
        let decision = decide(&ask);
        assert_eq!((decision.permitted, decision.rules), (false, vec![]), "{ask:?}");
    }
}

#[test]
fn a_forbid_wins_and_is_named() {
    let gone = Ask { staff: Staff { active: false, ..nurse() }, ..ask() };
    let oneself = Ask { staff: Staff { patient: Some("p"), ..nurse() }, ..ask() };
    let discharged = Ask { episode_ends_ms: Some(999), ..ask() };
    let notes = Target::Record {
        id: "r",
        patient: "p",
        departments: &[],
        category: Category::Documents,
        confidentiality: Confidentiality::V,
        sensitivities: Sensitivities::from_code("PSYTHPN").unwrap(),
        pseudonymised: false,
    };
    let notes = Ask { target: notes, ..ask() };

    let forbidden_by = |ask: &Ask<'_>| {
        let decision = decide(ask);
        assert!(!decision.permitted);
        decision.rules
    };
    assert_eq!(forbidden_by(&gone), ["only-active-staff"]);
    assert_eq!(forbidden_by(&oneself), ["not-oneself"]);
    assert_eq!(forbidden_by(&discharged), ["not-after-the-episode"]);
    let both = ["psychotherapy-notes-by-department", "very-restricted-by-department"];
    assert_eq!(forbidden_by(&notes), both);
    assert!(decide(&Ask { episode_ends_ms: Some(1_000), ..ask() }).permitted);
}

#[test]
fn each_role_has_what_it_needs() {
    let in_role = |role: &'static str| -> &'static [&'static str] { Box::leak(Box::new([role])) };
    let staff = |role| Staff { roles: in_role(role), ..nurse() };
    let research = Target::Record {
        id: "r",
        patient: "p",
        departments: &[],
        category: Category::Observations,
        confidentiality: Confidentiality::N,
        sensitivities: Sensitivities::NONE,
        pseudonymised: true,
    };
    let cases = [
        Ask { staff: staff("physician"), action: StaffAction::Export, ..ask() },
        Ask {
            staff: staff("researcher"),
            action: StaffAction::Export,
            target: research,
            purpose: "HRESCH",
            treats: false,
            ..ask()
        },
        Ask {
            staff: staff("recordsOfficer"),
            action: StaffAction::Export,
            purpose: "PATRQT",
            treats: false,
            ..ask()
        },
        Ask {
            staff: staff("administrator"),
            action: StaffAction::Administer,
            target: Target::Organisation { id: "o" },
            ..ask()
        },
        Ask {
            staff: staff("paramedic"),
            action: StaffAction::BreakGlass,
            purpose: "BTG",
            treats: false,
            reason_given: true,
            ..ask()
        },
    ];
    for case in cases {
        assert!(decide(&case).permitted, "{case:?}");
    }
    let silent = Ask { reason_given: false, ..cases[4] };
    assert!(!decide(&silent).permitted);
    let named = Ask { target: record(), ..cases[1] };
    assert!(!decide(&named).permitted);
}

#[test]
fn a_rule_that_could_miss_an_attribute_is_not_loaded() {
    let text = r#"
        @id("all") permit (principal, action, resource);
        @id("late") forbid (principal, action == Action::"read", resource) when { context.episodeEnds < 5 };
    "#;

    let error = Policy::load(text).unwrap_err();

    assert_eq!(error.code(), "policy.invalid");
    let PolicyError::Invalid { findings } = error else { panic!("another error") };
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, "late");
    assert!(findings[0].reason.contains("episodeEnds"), "{}", findings[0].reason);
}

/// Cedar leaves out a `forbid` that fails and allows: here that is a deny.
#[test]
fn a_rule_that_fails_while_it_is_asked_denies() {
    let text = r#"
        @id("all") permit (principal, action, resource);
        @id("overflows") forbid (principal, action == Action::"read", resource) when { context.time + 9223372036854775807 > 0 };
    "#;
    let policy = Policy::load(text).unwrap();

    let decision = policy.decide(&ask());

    assert_eq!(decision.rules, ["all"]);
    assert_eq!(decision.failed, ["overflows"]);
    assert!(!decision.permitted);
    let write = Ask { action: StaffAction::Write, ..ask() };
    assert!(policy.decide(&write).permitted);
}

#[test]
fn a_question_that_does_not_fit_the_schema_is_denied() {
    let policy = Policy::load("permit (principal, action, resource);").unwrap();
    let odd = Ask { target: Target::Organisation { id: "o" }, ..ask() };

    let decision = policy.decide(&odd);

    assert_eq!((decision.permitted, decision.failed), (false, vec!["request".to_owned()]));
}

#[test]
fn what_is_wrong_with_rules_is_told_by_code() {
    let code = |text: &str| Policy::load(text).unwrap_err().code();

    assert_eq!(code("permit (principal"), "policy.not_cedar");
    assert_eq!(code("// nothing"), "policy.empty");
    assert_eq!(code("permit (principal == ?principal, action, resource);"), "policy.template");
    assert_eq!(
        code(
            r#"@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);"#
        ),
        "policy.duplicate_id"
    );
    assert_eq!(
        code(r#"permit (principal, action == Action::"sell", resource);"#),
        "policy.invalid"
    );
    assert_eq!(code(r#"permit (principal in Rule::"nurse", action, resource);"#), "policy.invalid");
    assert_eq!(
        code(r#"permit (principal, action, resource) when { principal.name == "x" };"#),
        "policy.invalid"
    );
    assert_eq!(code(&" ".repeat(1024 * 1024 + 1)), "policy.too_large");
}

#[test]
fn the_rules_are_known_by_their_ids() {
    let rules = Policy::default_rules().rules();

    assert_eq!(rules.len(), 15);
    assert!(rules.contains(&"break-glass".to_owned()));
}
