//! The table of codes, and the small pieces that need no server.

use crate::{
    ApiError, EventId, Problem,
    error::status,
    port::{ReadRefusal, SubmitRefusal},
    records::RecordsRefusal,
};
use axum::{http::StatusCode, response::IntoResponse};
use std::time::Duration;

#[test]
fn codes_of_this_layer_are_listed_once_each_with_a_status_of_their_own() {
    let mut codes: Vec<_> = ApiError::CODES.to_vec();
    codes.sort_unstable();
    codes.dedup();

    assert_eq!(codes.len(), ApiError::CODES.len());
    let refused: Vec<_> = ApiError::CODES
        .iter()
        .filter(|code| status(code) == StatusCode::UNPROCESSABLE_ENTITY)
        .collect();
    assert_eq!(
        refused,
        [
            &"api.wrong_network",
            &"api.stale_request",
            &"api.question_too_large",
            &"api.not_for_assistance"
        ]
    );
}

#[test]
fn statuses_of_codes_do_not_change_unseen() {
    let codes = [
        ("transaction.malformed", 400),
        ("transaction.expired", 422),
        ("mempool.full", 429),
        ("mempool.journal", 503),
        ("engine.height_not_retained", 410),
        ("engine.height_ahead", 404),
        ("consent.unknown_grant", 422),
        ("vault.unknown_record", 404),
        ("vault.scope", 422),
        ("vault.bad_signature", 401),
        ("vault.account_not_written", 503),
        ("vault.replayed", 409),
        ("vault.integrity", 500),
        ("fhir.truncated", 400),
        ("fhir.not_a_bundle", 422),
        ("fhir.too_large", 413),
        ("client.unreachable", 502),
        ("some.new_refusal", 422),
    ];

    for (code, expected) in codes {
        assert_eq!(status(code).as_u16(), expected, "{code}");
    }
}

#[test]
fn what_passes_is_told_with_a_time_to_try_again() {
    let full = SubmitRefusal {
        hash: None,
        code: "mempool.full",
        detail: String::new(),
        retry_after: Some(Duration::from_millis(20)),
    };
    let stopped = ReadRefusal { code: "engine.stopped", detail: String::new() };
    let scope = RecordsRefusal { code: "vault.scope".to_owned(), detail: String::new() };

    assert_eq!(Problem::from(full.clone()).retry_after_ms, Some(20));
    assert_eq!(Problem::from(full).into_response().headers()["retry-after"], "1");
    assert_eq!(Problem::from(stopped).retry_after_ms, Some(1000));
    assert_eq!(Problem::from(scope).retry_after_ms, None);
}

#[test]
fn event_ids_are_read_as_they_are_written() {
    let id: EventId = "12.3.4".parse().unwrap();

    assert_eq!(id.to_string(), "12.3.4");
    assert!(id < "12.4.0".parse().unwrap());
    for wrong in ["", "1", "1.2", "1.2.3.4", "1..2", "1.2.x", " 1.2.3"] {
        assert!(wrong.parse::<EventId>().is_err(), "{wrong}");
    }
}
