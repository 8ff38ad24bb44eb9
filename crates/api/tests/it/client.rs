//! The typed client against the real router.

use crate::{
    fake::{Mood, network, organisation_key},
    serving::{SOON, served, set_entry},
};
use bytes::Bytes;
use futures::StreamExt as _;
use salus_api::{
    PeerRequest,
    client::{At, Client, ClientError, Listening, Patience},
    view::{SubmittedStatus, TransactionStanding},
};
use salus_types::{Height, NodeKey, NodeRecord, PublicKey, TextMax};
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn it_submits_waits_and_reads() {
    let served = served().await;
    let client = served.client();
    let one = set_entry(1);
    let many: Vec<_> = (2..5).map(|number| Bytes::from(set_entry(number).to_bytes())).collect();

    let item = client.submit(&one, SOON).await.unwrap();
    let items = client.submit_many(&many, SOON).await.unwrap();
    let again = client.submit_binary(one.to_bytes(), Duration::ZERO).await.unwrap();
    let found = client.transaction(one.hash(), Duration::ZERO).await.unwrap();
    let block = client.block(Some(Height(2))).await.unwrap();
    let status = client.status().await.unwrap();
    let account = client.account::<Value>(network().members[0].account, At::default()).await;
    let entry = client.entry::<String>(network().members[0].account, "entry-1", At::default());

    assert!(item.receipt.is_some());
    assert_eq!(items.len(), 3);
    assert_eq!(again.status, SubmittedStatus::Duplicate);
    assert_eq!(again.receipt, item.receipt);
    assert_eq!(found.status, TransactionStanding::Final);
    assert_eq!(block.transactions[0].transaction, one);
    assert_eq!(status.network, network().id());
    assert_eq!(account.unwrap().value["kind"], "organisation");
    assert_eq!(entry.await.unwrap().value, "01".repeat(8));
    assert_eq!(client.network().await.unwrap(), network());
    assert_eq!(client.validators().await.unwrap().value.len(), 1);
    assert!(client.live().await.unwrap().ok);
    assert_eq!(client.metrics().await.unwrap(), "fake_blocks_total 1\n");
}

#[tokio::test]
async fn a_refusal_is_an_error_with_the_nodes_code() {
    let served = served().await;
    let client = served.client();

    let malformed = client.submit_binary(vec![1, 2, 3], Duration::ZERO).await.unwrap_err();
    let missing = client.block(Some(Height(99))).await.unwrap_err();

    assert_eq!(malformed.code(), "transaction.malformed");
    assert_eq!(malformed.problem().unwrap().status, 400);
    assert_eq!(missing.code(), "api.not_found");
}

#[tokio::test]
async fn it_comes_back_when_the_node_says_when() {
    let served = served().await;
    served.ledger.set_mood(Mood::Full);
    let patience = Patience { attempts_max: 2, ..Patience::default() };
    let client = Client::with_patience(&served.base, patience).unwrap();

    let transaction = set_entry(1);
    let (answer, ()) = tokio::join!(client.submit(&transaction, SOON), async {
        // The first attempt is refused as full; the second comes 1.5 s later.
        while served.ledger.refused_as_full() == 0 {
            tokio::task::yield_now().await;
        }
        served.ledger.set_mood(Mood::Usual);
    });

    assert!(answer.unwrap().receipt.is_some());
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_so() {
    let patience =
        Patience { attempts_max: 2, pause_max: Duration::from_millis(1), ..Patience::default() };
    let client = Client::with_patience("http://127.0.0.1:1", patience).unwrap();

    let error = client.status().await.unwrap_err();

    assert_eq!(error.code(), "client.unreachable");
}

#[test]
fn what_is_no_address_is_refused() {
    for address in ["", "127.0.0.1", "ftp://127.0.0.1:1", "file:///etc", "http://"] {
        let error = Client::new(address).unwrap_err();

        assert!(matches!(error, ClientError::Url { .. }), "{address}");
    }
}

#[tokio::test]
async fn it_listens_to_events_and_goes_on_where_it_was() {
    let served = served().await;
    let client = served.client();
    served.ledger.make_block(vec![Bytes::from(set_entry(1).to_bytes())]);

    let mut events = client.events(Listening { from: Some(Height(2)), ..Listening::default() });
    let first = events.next().await.unwrap().unwrap();
    served.ledger.make_block(vec![Bytes::from(set_entry(2).to_bytes())]);
    let second = events.next().await.unwrap().unwrap();
    let mut resumed = client.events(Listening { after: Some(first.id), ..Listening::default() });
    let same = resumed.next().await.unwrap().unwrap();

    assert_eq!(first.id.to_string(), "2.0.0");
    assert_eq!(first.event.name, "EntrySet");
    assert_eq!(second.id.to_string(), "3.0.0");
    assert_eq!(same, second);
}

#[tokio::test]
async fn it_asks_for_a_place_as_guest() {
    let served = served().await;
    let key = organisation_key();
    let PublicKey::Ed25519(public) = key.public() else { panic!("it is Ed25519") };
    let node = NodeRecord {
        key: NodeKey(public.0),
        organisation: network().members[0].account,
        address: TextMax::new("127.0.0.1:21009").unwrap(),
        api: TextMax::default(),
    };

    let request = PeerRequest::sign(network().id(), Height(1), node.clone(), &key);
    served.client().add_peer(&request).await.unwrap();

    assert_eq!(served.ledger.guests(), [node]);
}
