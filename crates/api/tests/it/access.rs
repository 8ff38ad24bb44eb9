//! Who may call what: every route stands in the table, and is tried without and with a wrong token.

use crate::{
    fake::{network, organisation_key},
    serving::{Served, TOKEN, refusal, served, served_with},
};
use salus_api::{Access, Limits, PeerRequest, ROUTES, Route, openapi};
use salus_types::{AccountId, Height, NetworkId, NodeKey, NodeRecord, PublicKey, TextMax};
use std::{collections::BTreeSet, num::NonZeroU32};

/// The path of a route with an id in each place.
fn path_of(route: &Route) -> String {
    let zeros = "0".repeat(64);
    route
        .path
        .replace("{version}", "1")
        .replace("{sequence}", "1")
        .replace("{name}", "name")
        .replace("{id}", "1")
        .replace("{height}", "1")
        .split('/')
        .map(|part| if part.starts_with('{') { zeros.as_str() } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

async fn code_of(served: &Served, route: &Route, authorization: Option<&str>) -> Option<String> {
    let mut request = served.request(route.method, &path_of(route));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    if route.path == "/v1/events" {
        request = request.header("last-event-id", "not an id");
    }
    let answer = request.send().await.unwrap();
    if answer.status().is_success() || answer.status() == 503 {
        return None;
    }
    Some(refusal(answer).await.1)
}

#[test]
fn every_route_of_the_router_stands_in_the_table() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut served = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            served.insert((method.to_uppercase(), path.clone()));
        }
    }

    let listed: BTreeSet<_> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();

    assert_eq!(listed.len(), ROUTES.len());
    assert_eq!(served, listed);
}

#[test]
fn the_page_of_routes_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security/routes.md");
    let page = std::fs::read_to_string(path).unwrap();

    let listed: Vec<_> = page.lines().filter(|line| line.contains("| `/")).collect();
    let row =
        |route: &Route| format!("| {} | `{}` | {} |", route.method, route.path, route.access.who());
    assert_eq!(listed, ROUTES.iter().map(row).collect::<Vec<_>>());
}

#[tokio::test]
async fn routes_of_the_organisation_need_its_token() {
    let served = served().await;
    let wrong = ["Bearer", "Bearer ", "Bearer wrong", "Basic dTpw", TOKEN];
    let unauthorised = Some("api.unauthorised".to_owned());

    let own = |route: &&Route| matches!(route.access, Access::Token | Access::Client);
    for route in ROUTES.iter().filter(own) {
        assert_eq!(code_of(&served, route, None).await, unauthorised, "{route:?}");
        for header in wrong {
            assert_eq!(code_of(&served, route, Some(header)).await, unauthorised, "{route:?}");
        }
        let right = code_of(&served, route, Some(&format!("Bearer {TOKEN}"))).await;
        assert_ne!(right, unauthorised, "{route:?}");
    }
}

#[tokio::test]
async fn all_other_routes_answer_without_a_token() {
    let served = served().await;

    let open = |route: &&Route| !matches!(route.access, Access::Token | Access::Client);
    for route in ROUTES.iter().filter(open) {
        let code = code_of(&served, route, None).await;

        let refused = ["api.unauthorised", "api.unknown_route", "api.method_not_allowed"];
        let code = code.unwrap_or_default();
        assert!(!refused.contains(&code.as_str()), "{route:?} answers {code}");
    }
}

fn guest(key: PublicKey) -> NodeRecord {
    let PublicKey::Ed25519(key) = key else { panic!("node keys are Ed25519") };
    NodeRecord {
        key: NodeKey(key.0),
        organisation: AccountId([8; 32]),
        address: TextMax::new("127.0.0.1:21009").unwrap(),
        api: TextMax::default(),
    }
}

async fn ask_for_a_place(served: &Served, request: &PeerRequest) -> Result<(), (u16, String)> {
    let body = serde_json::to_vec(request).unwrap();
    let answer = served.post("/v1/peers", "application/json", body).await;
    if answer.status() == 204 { Ok(()) } else { Err(refusal(answer).await) }
}

#[tokio::test]
async fn a_guest_is_let_in_with_a_fresh_signature_of_its_own_key() {
    let served = served().await;
    let key = organisation_key();
    let node = guest(key.public());
    let network = network().id();
    let at = |network, height| PeerRequest::sign(network, Height(height), node.clone(), &key);
    let mut forged = at(network, 1);
    forged.node.address = TextMax::new("127.0.0.1:1").unwrap();

    let refused = [
        ask_for_a_place(&served, &forged).await,
        ask_for_a_place(&served, &at(NetworkId([0; 32]), 1)).await,
        ask_for_a_place(&served, &at(network, 1000)).await,
    ];
    let none_yet = served.ledger.guests();
    let let_in = ask_for_a_place(&served, &at(network, 1)).await;

    let expected =
        [(401, "api.bad_signature"), (422, "api.wrong_network"), (422, "api.stale_request")];
    assert_eq!(refused, expected.map(|(status, code)| Err((status, code.to_owned()))));
    assert_eq!(none_yet, []);
    assert_eq!(let_in, Ok(()));
    assert_eq!(served.ledger.guests(), [node]);
}

#[tokio::test]
async fn a_client_that_sends_too_much_is_refused_and_the_organisations_systems_are_not() {
    let limits = Limits {
        requests_per_second: NonZeroU32::new(1),
        limit_loopback: true,
        ..Limits::default()
    };
    let served = served_with(limits, None).await;

    // However slow this machine is, it sends more than one in a second.
    let refused = loop {
        let answer = served.get("/health/live").await;
        if !answer.status().is_success() {
            break answer;
        }
    };
    let with_token = served.request("GET", "/health/live").bearer_auth(TOKEN).send().await.unwrap();

    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refusal(refused).await, (429, "api.too_many_requests".to_owned()));
    assert!(with_token.status().is_success());
}

#[test]
fn tokens_do_not_show_in_debug() {
    let token = salus_api::ApiToken::new(TOKEN);

    assert_eq!(format!("{token:?}"), "ApiToken([redacted])");
    assert!(!salus_api::ApiToken::new("").matches(""));
}
