//! What a node shows of itself: metrics, the files for Prometheus and Grafana, the operator's view.

use crate::scene::{Scene, client, entry};
use salus_api::ApiToken;
use salus_node::metrics::METRICS;
use salus_types::ModuleId;
use std::{collections::BTreeSet, fs, path::PathBuf};

/// What the node's own metrics begin with; a word of a query that does is the name of one.
const PREFIXES: [&str; 8] =
    ["api_", "app_", "engine_", "index_", "ledger_", "mempool_", "node_", "process_"];

fn file(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics that an expression names.
fn names_in(expression: &str) -> BTreeSet<String> {
    expression
        .split(|one: char| !one.is_ascii_alphanumeric() && one != '_')
        .filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
        .map(family)
        .collect()
}

/// The metric that a sample belongs to.
fn family(sample: &str) -> String {
    let parts = ["_bucket", "_sum", "_count"];
    let part = parts.iter().find_map(|part| sample.strip_suffix(part));
    part.unwrap_or(sample).to_owned()
}

/// Every expression of a dashboard, wherever it stands.
fn expressions(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "expr" || name == "query" => found.push(text.to_owned()),
                    _ => expressions(value, found),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_that_alerts_and_the_dashboard_name_is_one_of_a_running_node() {
    let scene = Scene::new(1);
    let node = scene.start(0).await;
    let api = client(&node);
    scene.organisation(0).must(&api, &scene.network, ModuleId::IDENTITY, &entry("service")).await;

    let text = api.metrics().await.unwrap();
    node.stop().await.unwrap();

    let listed: BTreeSet<String> = METRICS.iter().map(|one| one.name.to_owned()).collect();
    let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let shown: BTreeSet<String> =
        samples.filter_map(|line| line.split(['{', ' ']).next()).map(family).collect();
    let dashboard = serde_json::from_str(&file("ops/grafana/salus.json")).unwrap();
    let mut named = Vec::new();
    expressions(&dashboard, &mut named);
    let alerts = file("ops/prometheus/alerts.yml");
    let rules = alerts.lines().filter_map(|line| line.trim().strip_prefix("expr:"));
    named.extend(rules.map(str::to_owned));
    let named: BTreeSet<String> = named.iter().flat_map(|one| names_in(one)).collect();

    assert!(named.len() > 25, "{named:?}");
    let unknown: Vec<_> = named.difference(&listed).collect();
    assert!(unknown.is_empty(), "these are named and are no metrics: {unknown:?}");
    // Some appear with the first refusal, listener or peer only.
    let later = [
        "api_assisted_signatures_total",
        "api_event_listeners",
        "ledger_transactions_refused_total",
        "mempool_refused_total",
        "node_clock_ahead_seconds",
    ];
    let missing: Vec<_> = listed
        .iter()
        .filter(|one| !shown.contains(*one) && !later.contains(&one.as_str()))
        .collect();
    assert!(missing.is_empty(), "these are listed and not shown: {missing:?}\n{text}");
    let own = |one: &&String| PREFIXES.iter().any(|prefix| one.starts_with(prefix));
    let unlisted: Vec<_> = shown.difference(&listed).filter(own).collect();
    assert!(unlisted.is_empty(), "these are shown and not listed: {unlisted:?}");
    assert!(text.contains("simplex"), "the metrics of the engine's library are missing");
    assert!(!text.contains("# EOF"));
}

#[test]
fn the_guide_has_every_metric_with_its_unit_and_meaning() {
    let guide = file("docs/guides/observability.md");

    for one in METRICS {
        let row = format!("| `{}` | {} | {} |", one.name, one.unit, one.meaning);
        assert!(guide.contains(&row), "this row is missing:\n{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_is_told_how_the_node_stands_and_nobody_else_is() {
    let scene = Scene::new(1);
    let node = scene.start(0).await;
    let token = fs::read_to_string(scene.home(0).token()).unwrap();
    let operator = client(&node).with_token(ApiToken::new(token.trim()));
    crate::scene::reach(&node, salus_types::Height(2)).await;

    let refused = client(&node).operator_status().await.unwrap_err();
    let told = operator.operator_status().await.unwrap();
    node.stop().await.unwrap();

    assert_eq!(refused.code(), "api.unauthorised");
    assert_eq!(told.validators, 1);
    assert!(told.status.validator);
    assert!(told.disk_free_bytes.unwrap() <= told.disk_bytes.unwrap());
    let serious: Vec<_> = told.advice.iter().filter(|one| one.code != "status.disk_low").collect();
    assert!(serious.is_empty(), "{serious:?}");
}
