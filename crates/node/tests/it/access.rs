//! Every route of a running node, tried as somebody who may not call it: without a token, with a wrong
//! one, unsigned, signed by another key, signed long ago. A route that is not tried here fails.

use crate::scene::{Organisation, Scene, client, entry, reach};
use borsh::BorshSerialize;
use salus_api::{
    Access, CUSTODY, EXPORT, ONE_TRANSACTION, PeerRequest, READ_REQUEST, ROUTES, Route,
    SCOPE_OPENING,
};
use salus_consent::{ArrangementId, GrantId, PurposeOfUse, RecordId, RequestId, ScopeOf};
use salus_crypto::{random, sign::SigningKey};
use salus_fhir::Category;
use salus_node::{NodeHandle, clock::now_ms};
use salus_types::{
    AccountId, BlockTime, BytesMax, Hash, Height, ModuleId, NetworkId, NodeKey, NodeRecord,
    PublicKey, Salt, Signature, SignatureAlgorithm, TextMax, VecMax, encode, hash_parts,
};
use salus_vault::{
    Scope, ScopeOpening,
    custodial::{
        Commitments, FETCH, RecordsOpening, SHARE, ShareBundle, ShareRequest, SharesRequest,
        Signed, TELL, TellRequest,
    },
    remote::ReadRequest,
    research::{EXPORT as EXPORT_KIND, ExportRequest},
};
use std::{fs, time::Duration};

const JSON: &str = "application/json";

/// A request that must be refused, and the code it is refused with.
struct Attempt {
    what: &'static str,
    media_type: &'static str,
    body: Vec<u8>,
    code: &'static str,
}

/// As the gateway reads it: the layout is part of the protocol between nodes.
#[derive(BorshSerialize)]
struct SignedOpening {
    network: NetworkId,
    from: AccountId,
    height: Height,
    of: ScopeOf,
    opening: ScopeOpening,
    key: PublicKey,
    signature: Signature,
}

fn stranger() -> SigningKey {
    SigningKey::generate(SignatureAlgorithm::Ed25519)
}

fn transactions(scene: &Scene, hospital: &Organisation) -> Vec<Attempt> {
    let as_stranger = Organisation { account: hospital.account, key: stranger() };
    let of = |signer: &Organisation, height| {
        signer.sign(&scene.network, Height(height), ModuleId::IDENTITY, &entry("service"))
    };
    let good = of(hospital, 1);
    let mut broken = good.to_bytes();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let attempt =
        |what, body: Vec<u8>, code| Attempt { what, media_type: ONE_TRANSACTION, body, code };
    vec![
        attempt("unsigned", encode(&good.body), "transaction.malformed"),
        attempt("signature broken", broken, "transaction.bad_signature"),
        attempt("far ahead", of(&as_stranger, 9_000_000).to_bytes(), "transaction.too_far"),
    ]
}

fn guests(scene: &Scene) -> Vec<Attempt> {
    let (own, other) = (stranger(), stranger());
    let PublicKey::Ed25519(key) = own.public() else { panic!("node keys are Ed25519") };
    let node = NodeRecord {
        key: NodeKey(key.0),
        organisation: AccountId([8; 32]),
        address: TextMax::new("127.0.0.1:21009").unwrap(),
        api: TextMax::default(),
    };
    let network = scene.network.id();
    let signed = |network, height, key: &SigningKey| {
        let request = PeerRequest::sign(network, Height(height), node.clone(), key);
        serde_json::to_vec(&request).unwrap()
    };
    let attempt = |what, body, code| Attempt { what, media_type: JSON, body, code };
    vec![
        attempt("unsigned", b"{}".to_vec(), "api.json"),
        attempt("signed by another key", signed(network, 1, &other), "api.bad_signature"),
        attempt("signed for another time", signed(network, 9_000, &own), "api.stale_request"),
        attempt("another network", signed(NetworkId([0; 32]), 1, &own), "api.wrong_network"),
    ]
}

fn reads(scene: &Scene, hospital: &Organisation) -> Vec<Attempt> {
    let request = |time_ms| ReadRequest {
        network: scene.network.id(),
        requester: hospital.account,
        custodian: hospital.account,
        record: RecordId::new([1; 32]),
        basis: GrantId::new([2; 32]).into(),
        scope: None,
        purpose: PurposeOfUse::Treatment,
        height: Height(0),
        time: BlockTime::from_unix_ms(time_ms),
        actor: None,
        nonce: Salt(random::<16>()),
    };
    let now = now_ms() + 5_000;
    let stranger = stranger();
    let mut unknown = request(now);
    unknown.requester = AccountId([9; 32]);
    let attempt =
        |what, body: Vec<u8>, code| Attempt { what, media_type: READ_REQUEST, body, code };
    vec![
        attempt("unsigned", encode(&request(now)), "api.malformed"),
        attempt("another key", encode(&request(now).sign(&stranger)), "vault.bad_signature"),
        attempt("long ago", encode(&request(1).sign(&hospital.key)), "vault.stale_request"),
        attempt("a stranger", encode(&unknown.sign(&stranger)), "vault.organisation_inactive"),
    ]
}

fn openings(scene: &Scene, hospital: &Organisation) -> Vec<Attempt> {
    let network = scene.network.id();
    let sign = |from: AccountId, key: &SigningKey| {
        let (of, salt) = (ScopeOf::from(GrantId::new([2; 32])), Hash([3; 32]));
        let opening = ScopeOpening { scope: Scope::default(), salt };
        let height = Height(0);
        let parts = encode(&(network, from, height, of, &opening));
        let hash = hash_parts(&[b"salus/scope-opening/1", &parts]);
        let bytes = [b"salus/sign-scope-opening/1".as_slice(), &hash.0].concat();
        let (public, signature) = (key.public(), key.sign(&bytes));
        encode(&SignedOpening { network, from, height, of, opening, key: public, signature })
    };
    let attempt = |what, body, code| Attempt { what, media_type: SCOPE_OPENING, body, code };
    vec![
        attempt("unsigned", vec![0; 8], "api.malformed"),
        attempt("another key", sign(hospital.account, &stranger()), "vault.bad_signature"),
        attempt("a stranger", sign(AccountId([9; 32]), &stranger()), "vault.bad_signature"),
        attempt("no such grant", sign(hospital.account, &hospital.key), "vault.no_grant"),
    ]
}

/// Shares prove themselves: what is not on the ledger is not kept.
fn shares(scene: &Scene) -> Vec<Attempt> {
    let bundle = |custodian| ShareBundle {
        arrangement: ArrangementId::new([5; 32]),
        custodian,
        commitments: Commitments(VecMax::default()),
        wrapped: BytesMax::default(),
    };
    let attempt = |what, body, code| Attempt { what, media_type: CUSTODY, body, code };
    let own = bundle(scene.organisation(0).account);
    let far = encode(&(Height(9_000_000), &own));
    vec![
        attempt("no shares", vec![0; 3], "api.malformed"),
        attempt("unknown", encode(&(Height(0), &own)), "vault.custodians"),
        attempt("another's", encode(&(Height(0), &bundle(AccountId([9; 32])))), "vault.custodians"),
        attempt("far ahead", far, "vault.stale_request"),
    ]
}

/// What is tried with a question that an organisation signs: `ask` makes it of who asks and when.
fn asked<A: BorshSerialize>(
    media_type: &'static str,
    hospital: &Organisation,
    ask: impl Fn(AccountId, u64) -> A,
    signed: impl Fn(A, &SigningKey) -> Vec<u8>,
) -> Vec<Attempt> {
    let (now, own) = (now_ms() + 5_000, hospital.account);
    let attempt = |what, body, code| Attempt { what, media_type, body, code };
    vec![
        attempt("unsigned", encode(&ask(own, now)), "api.malformed"),
        attempt("another key", signed(ask(own, now), &stranger()), "vault.bad_signature"),
        attempt("long ago", signed(ask(own, 1), &hospital.key), "vault.stale_request"),
        attempt(
            "a stranger",
            signed(ask(AccountId([9; 32]), now), &stranger()),
            "vault.organisation_inactive",
        ),
    ]
}

fn custody(scene: &Scene, hospital: &Organisation, kind: &'static str) -> Vec<Attempt> {
    let ask = |requester, time_ms| ShareRequest {
        network: scene.network.id(),
        requester,
        to: hospital.account,
        request: RequestId::new([1; 32]),
        record: RecordId::new([2; 32]),
        records: RecordsOpening { records: VecMax::default(), salt: Hash::ZERO },
        scope: None,
        actor: None,
        height: Height(0),
        time: BlockTime::from_unix_ms(time_ms),
        nonce: Salt(random::<16>()),
    };
    let signed = |ask: ShareRequest, key: &SigningKey| {
        if kind == FETCH {
            return encode(&Signed::new(kind, ask, key));
        }
        let request = SharesRequest {
            ask,
            arrangement: ArrangementId::new([5; 32]),
            category: Category::Observations,
            session_key: BytesMax::default(),
        };
        encode(&Signed::new(kind, request, key))
    };
    asked(CUSTODY, hospital, ask, signed)
}

fn telling(scene: &Scene, hospital: &Organisation) -> Vec<Attempt> {
    let ask = |holder, time_ms| TellRequest {
        network: scene.network.id(),
        holder,
        to: hospital.account,
        patient: AccountId([1; 32]),
        requests: VecMax::default(),
        height: Height(0),
        time: BlockTime::from_unix_ms(time_ms),
        nonce: Salt(random::<16>()),
    };
    let signed = |ask, key: &SigningKey| encode(&Signed::new(TELL, ask, key));
    asked(CUSTODY, hospital, ask, signed)
}

fn exports(scene: &Scene, hospital: &Organisation) -> Vec<Attempt> {
    let ask = |requester, time_ms| ExportRequest {
        network: scene.network.id(),
        requester,
        to: hospital.account,
        grant: GrantId::new([2; 32]),
        scope: None,
        purpose: PurposeOfUse::Research,
        project: TextMax::new("p").unwrap(),
        after: None,
        height: Height(0),
        time: BlockTime::from_unix_ms(time_ms),
        nonce: Salt(random::<16>()),
    };
    let signed = |ask, key: &SigningKey| encode(&Signed::new(EXPORT_KIND, ask, key));
    asked(EXPORT, hospital, ask, signed)
}

/// What is tried on a route whose callers sign.
fn attempts(route: &Route, scene: &Scene) -> Vec<Attempt> {
    let hospital = scene.organisation(0);
    match route.path {
        "/v1/transactions" => transactions(scene, &hospital),
        "/v1/peers" => guests(scene),
        "/v1/gateway/read" => reads(scene, &hospital),
        "/v1/gateway/scopes" => openings(scene, &hospital),
        "/v1/gateway/export" => exports(scene, &hospital),
        "/v1/gateway/custody/shares" => shares(scene),
        "/v1/gateway/custody/share" => custody(scene, &hospital, SHARE),
        "/v1/gateway/custody/read" => custody(scene, &hospital, FETCH),
        "/v1/gateway/custody/told" => telling(scene, &hospital),
        other => panic!("say here how {other} is tried without a right signature"),
    }
}

fn path_of(route: &Route) -> String {
    let id = "0".repeat(64);
    let parts = route.path.split('/').map(|part| match part {
        "{version}" | "{sequence}" | "{id}" | "{height}" => "1",
        "{name}" => "name",
        part if part.starts_with('{') => &id,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

struct Caller {
    http: reqwest::Client,
    base: String,
}

impl Caller {
    async fn code(
        &self,
        route: &Route,
        token: Option<&str>,
        body: Option<(&str, Vec<u8>)>,
    ) -> Option<String> {
        let url = format!("{}{}", self.base, path_of(route));
        let mut request = self.http.request(route.method.parse().unwrap(), url);
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        if let Some((media_type, body)) = body {
            request = request.header("content-type", media_type).body(body);
        }
        let answer = request.send().await.unwrap();
        if answer.status().is_success() {
            return None;
        }
        // A problem document, an OperationOutcome, or an error of OAuth.
        let told: serde_json::Value = answer.json().await.unwrap_or_default();
        let outcome = &told["issue"][0]["details"]["coding"][0]["code"];
        Some(told["code"].as_str().or(outcome.as_str()).unwrap_or_default().to_owned())
    }
}

fn caller(node: &NodeHandle) -> Caller {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30));
    Caller { http: http.build().unwrap(), base: node.api_url() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_refuses_whoever_may_not_call_it() {
    let scene = Scene::new(1);
    let node = scene.start(0).await;
    reach(&node, Height(2)).await;
    let caller = caller(&node);
    let token = fs::read_to_string(scene.home(0).token()).unwrap();
    let right = format!("Bearer {}", token.trim());
    let cut = format!("Bearer {}", &token.trim()[1..]);
    let unauthorised = Some("api.unauthorised".to_owned());

    for route in ROUTES {
        match route.access {
            Access::Token | Access::Client => {
                assert_eq!(caller.code(route, None, None).await, unauthorised, "{route:?}");
                for wrong in ["Bearer", "Bearer wrong", cut.as_str(), token.trim()] {
                    let code = caller.code(route, Some(wrong), None).await;
                    assert_eq!(code, unauthorised, "{route:?} with {wrong:?}");
                }
                let code = caller.code(route, Some(&right), None).await;
                assert_ne!(code, unauthorised, "{route:?}");
            }
            Access::Public => {
                // A stream does not end; that it begins is tried elsewhere.
                if route.path != "/v1/events" {
                    let code = caller.code(route, None, None).await;
                    assert_ne!(code, unauthorised, "{route:?}");
                }
            }
            Access::SignedTransactions | Access::SignedByNode | Access::SignedByOrganisation => {
                let attempts = attempts(route, &scene);
                assert!(attempts.len() >= 3, "{route:?}");
                for attempt in attempts {
                    let body = Some((attempt.media_type, attempt.body));
                    // A token is no signature.
                    for token in [None, Some(right.as_str())] {
                        let code = caller.code(route, token, body.clone()).await;
                        let expected = Some(attempt.code.to_owned());
                        assert_eq!(code, expected, "{route:?}: {}", attempt.what);
                    }
                }
            }
        }
    }
    // Nothing of all this has changed the ledger or let a guest in.
    let hospital = scene.organisation(0);
    hospital.must(&client(&node), &scene.network, ModuleId::IDENTITY, &entry("service")).await;
    node.stop().await.unwrap();
}
