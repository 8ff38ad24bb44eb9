//! The event stream: past and live, resumed, filtered, bounded.

use crate::serving::{SOON, Served, refusal, served, served_with, set_entry};
use bytes::Bytes;
use reqwest::Response;
use salus_api::Limits;
use salus_types::Height;
use std::time::Duration;

/// The ids of events, with data or without, as they come from a stream.
struct Ids {
    response: Response,
    text: String,
}

impl Ids {
    async fn open(served: &Served, query: &str, last: Option<&str>) -> Self {
        let mut request = served.request("GET", &format!("/v1/events?{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next message that is not a comment.
    async fn next_message(&mut self) -> String {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let message: String = self.text.drain(..end + 2).collect();
                if message.starts_with(':') {
                    continue;
                }
                return message;
            }
            let part = tokio::time::timeout(SOON, self.response.chunk());
            let part = part.await.expect("it comes soon").unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&part).unwrap());
        }
    }

    /// The ids of the next events with data.
    async fn take(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let message = self.next_message().await;
            if message.contains("data:") {
                let id = message.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
                ids.push(id.to_owned());
            }
        }
        ids
    }
}

fn make_block(served: &Served, numbers: &[u8]) {
    let transactions = numbers.iter().map(|number| Bytes::from(set_entry(*number).to_bytes()));
    served.ledger.make_block(transactions.collect());
}

#[tokio::test]
async fn past_and_live_events_come_in_order_without_gap_or_duplicate() {
    let served = served().await;
    make_block(&served, &[1, 2]);
    make_block(&served, &[3]);

    let mut ids = Ids::open(&served, "from=2", None).await;
    let past = ids.take(2).await;
    make_block(&served, &[4]);
    let rest = ids.take(2).await;

    assert_eq!(past, ["2.0.0", "2.1.0"]);
    assert_eq!(rest, ["3.0.0", "4.0.0"]);
}

#[tokio::test]
async fn what_a_block_tells_itself_comes_too_and_names_no_transaction() {
    let served = served().await;

    let of_genesis = Ids::open(&served, "from=1&module=1", None).await.next_message().await;

    assert!(of_genesis.contains("id: 1.0.0"), "{of_genesis}");
    assert!(of_genesis.contains("\"transaction\":null"), "{of_genesis}");
}

#[tokio::test]
async fn a_stream_resumes_after_the_last_event_whatever_from_says() {
    let served = served().await;
    make_block(&served, &[1, 2]);
    make_block(&served, &[3]);

    let mut ids = Ids::open(&served, "from=1", Some("2.0.0")).await;

    assert_eq!(ids.take(2).await, ["2.1.0", "3.0.0"]);
}

#[tokio::test]
async fn a_stream_that_begins_now_says_where_so_that_it_can_be_resumed() {
    let served = served().await;
    make_block(&served, &[1]);

    let mut ids = Ids::open(&served, "", None).await;
    let first = ids.next_message().await;
    drop(ids);
    make_block(&served, &[2]);
    let mut resumed = Ids::open(&served, "", Some("2.4294967295.4294967295")).await;

    assert_eq!(first, "id: 2.4294967295.4294967295\n\n");
    assert_eq!(resumed.take(1).await, ["3.0.0"]);
}

#[tokio::test]
async fn a_listener_that_lags_reads_the_past_again() {
    let served = served().await;
    let mut ids = Ids::open(&served, "from=2", None).await;

    // Ten times as many blocks as the channel holds, before the feed gets to run.
    for number in 1..=40 {
        make_block(&served, &[number]);
    }

    let expected: Vec<_> = (2..=41).map(|height| format!("{height}.0.0")).collect();
    assert_eq!(ids.take(40).await, expected);
}

#[tokio::test]
async fn filters_leave_out_other_modules_and_accounts() {
    let served = served().await;
    let member = crate::fake::network().members[0].account;
    make_block(&served, &[1]);

    let mut by_account = Ids::open(&served, &format!("from=1&account={member}"), None).await;
    let found = by_account.take(1).await;
    let mut other = Ids::open(&served, "from=1&module=3", None).await;
    // A quiet stream tells how far it has got, every 64 blocks.
    for _ in 0..64 {
        served.ledger.make_block(Vec::new());
    }
    let mark = other.next_message().await;

    assert_eq!(found, ["1.0.0"], "the genesis that admitted it");
    assert_eq!(mark, "id: 64.4294967295.4294967295\n\n");
}

#[tokio::test]
async fn events_carry_what_a_listener_needs() {
    let served = served().await;
    make_block(&served, &[1]);

    let mut ids = Ids::open(&served, "from=2", None).await;
    let message = ids.next_message().await;

    let data = message.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let event: serde_json::Value = serde_json::from_str(data).unwrap();
    insta::with_settings!({sort_maps => true, snapshot_path => "../golden", prepend_module_to_snapshot => false}, {
        insta::assert_json_snapshot!("event", event);
    });
}

#[tokio::test]
async fn what_is_no_longer_kept_is_refused_before_the_stream_begins() {
    let served = served().await;
    make_block(&served, &[1]);
    make_block(&served, &[2]);
    served.ledger.forget_before(Height(3));

    let gone = served.get("/v1/events?from=2").await;

    assert_eq!(refusal(gone).await, (410, "api.events_not_retained".to_owned()));
}

#[tokio::test]
async fn ids_that_are_not_ids_are_refused() {
    let served = served().await;

    for id in ["", "1", "1.2", "1.2.3.4", "a.b.c", "-1.0.0", "1.2.4294967296"] {
        let request = served.request("GET", "/v1/events").header("last-event-id", id);
        let answer = request.send().await.unwrap();

        assert_eq!(refusal(answer).await, (400, "api.event_id".to_owned()), "{id}");
    }
}

#[tokio::test]
async fn listeners_over_the_bound_are_told_to_come_back() {
    let served = served_with(Limits { listeners_max: 1, ..Limits::default() }, None).await;
    let first = Ids::open(&served, "", None).await;

    let second = served.get("/v1/events").await;
    let refused = refusal(second).await;
    drop(first);
    // The place is free again once the node has seen that the listener is gone.
    let again = tokio::time::timeout(SOON, async {
        while served.get("/v1/events").await.status() != 200 {
            tokio::task::yield_now().await;
        }
    });

    assert_eq!(refused, (503, "api.too_many_listeners".to_owned()));
    assert_eq!(again.await, Ok(()));
}

#[tokio::test]
async fn a_quiet_stream_shows_signs_of_life() {
    let limits = Limits { keep_alive: Duration::from_millis(20), ..Limits::default() };
    let served = served_with(limits, None).await;
    let mut ids = Ids::open(&served, "from=9", None).await;

    let part = tokio::time::timeout(SOON, ids.response.chunk()).await.unwrap().unwrap();

    assert_eq!(part.unwrap(), ":\n\n");
}
