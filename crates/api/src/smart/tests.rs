//! What an assertion must say, one thing wrong at a time; scopes.

use super::{Claims, ClientRegistration, SmartError};
use crate::fhir::Scope;
use serde_json::{Value, json};

const AUDIENCE: &str = "https://gateway.example/oauth/token";
const STARTED: u64 = 1_000_000;
const NOW: u64 = STARTED + 10_000;

fn claims(change: impl FnOnce(&mut Value)) -> Result<(), SmartError> {
    let mut claims = json!({
        "iss": "lab", "sub": "lab", "aud": AUDIENCE, "exp": NOW + 60, "iat": NOW, "jti": "1",
    });
    change(&mut claims);
    let claims: Claims = serde_json::from_value(claims).unwrap();
    claims.check(AUDIENCE, NOW, STARTED)
}

#[test]
fn an_assertion_is_for_here_and_now() {
    let set = |name: &'static str, value: Value| claims(|claims| claims[name] = value);

    assert_eq!(claims(|_| {}), Ok(()));
    assert_eq!(set("aud", json!(["https://other.example", AUDIENCE])), Ok(()));
    assert_eq!(set("iss", json!("other")), Err(SmartError::Client));
    assert_eq!(set("aud", json!("https://other.example/oauth/token")), Err(SmartError::Audience));
    assert_eq!(set("aud", json!([])), Err(SmartError::Audience));
    assert_eq!(set("exp", json!(NOW - 30)), Ok(()), "clocks may differ a little");
    assert_eq!(set("exp", json!(NOW - 60)), Err(SmartError::Expired));
    assert_eq!(set("exp", json!(NOW + 3600)), Err(SmartError::Lifetime));
    assert_eq!(set("exp", json!(u64::MAX)), Err(SmartError::Lifetime));
    assert_eq!(set("nbf", json!(NOW + 30)), Ok(()));
    assert_eq!(set("nbf", json!(NOW + 61)), Err(SmartError::Lifetime));
    assert_eq!(set("iat", json!(NOW + 61)), Err(SmartError::Lifetime));
    assert_eq!(set("iat", json!(STARTED - 1)), Err(SmartError::TooOld));
}

#[test]
fn an_assertion_that_may_be_from_before_the_start_is_not_taken() {
    let unsaid = |exp: u64| {
        let claims = json!({
            "iss": "lab", "sub": "lab", "aud": AUDIENCE, "exp": exp, "jti": "1",
        });
        let claims: Claims = serde_json::from_value(claims).unwrap();
        claims.check(AUDIENCE, STARTED + 10, STARTED)
    };

    assert_eq!(unsaid(STARTED + 299), Err(SmartError::TooOld));
    assert_eq!(unsaid(STARTED + 300), Ok(()));
}

#[test]
fn scopes_of_both_versions_are_understood_and_those_that_cannot_be_enforced_are_not() {
    for (text, same) in [
        ("system/Observation.rs", "system/Observation.rs"),
        ("system/Observation.read", "system/Observation.rs"),
        ("system/*.write", "system/*.cud"),
        ("system/*.*", "system/*.cruds"),
        ("patient/Patient.r", "patient/Patient.r"),
        ("user/Patient.s", "user/Patient.s"),
    ] {
        assert_eq!(text.parse::<Scope>().unwrap().to_string(), same);
    }
    for bad in [
        "",
        "openid",
        "launch/patient",
        "system/Observation",
        "system/Observation.",
        "system/Observation.sr",
        "system/Observation.rr",
        "system/Nothing.r",
        "group/Patient.r",
        "system/Observation.rs?category=laboratory",
    ] {
        assert!(bad.parse::<Scope>().is_err(), "{bad}");
    }
}

#[test]
fn a_scope_covers_what_is_no_wider() {
    let scope = |text: &str| text.parse::<Scope>().unwrap();
    let registered = scope("system/Observation.rs");

    assert!(registered.covers(&scope("system/Observation.r")));
    assert!(scope("system/*.rs").covers(&registered));
    assert!(!registered.covers(&scope("system/Observation.cruds")));
    assert!(!registered.covers(&scope("system/*.r")));
    assert!(!registered.covers(&scope("patient/Observation.r")));
}

#[test]
fn names_of_clients_fit_into_an_entry() {
    assert_eq!(ClientRegistration::entry_name("lab").as_deref(), Some("smart-client/lab"));
    for bad in ["", "a b", "ä", &"x".repeat(52)] {
        assert_eq!(ClientRegistration::entry_name(bad), None, "{bad}");
    }
}
