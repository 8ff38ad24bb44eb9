//! What is measured: by the route's template, never by what is in a path.

use crate::{
    fake::network,
    serving::{refusal, served},
};
use metrics_exporter_prometheus::PrometheusBuilder;

#[tokio::test]
async fn requests_are_counted_by_template_method_and_status() {
    let recorder = PrometheusBuilder::new().build_recorder();
    // The test, the client and the server share one thread.
    let _counting = metrics::set_default_local_recorder(&recorder);
    let served = served().await;
    let account = network().members[0].account;

    served.get(&format!("/v1/accounts/{account}")).await;
    served.get(&format!("/v1/accounts/{account}?proof=true")).await;
    served.get("/v1/accounts/nobody").await;
    served.get(&format!("/secret/{account}")).await;
    let invented = served.request("BREW", "/v1/status").send().await.unwrap();
    refusal(invented).await;
    let text = recorder.handle().render();

    let mut counted: Vec<_> =
        text.lines().filter(|line| line.starts_with("api_requests_total{")).collect();
    counted.sort_unstable();
    let expected = [
        r#"api_requests_total{route="/v1/accounts/{account}",method="GET",status="200"} 2"#,
        r#"api_requests_total{route="/v1/accounts/{account}",method="GET",status="400"} 1"#,
        r#"api_requests_total{route="/v1/status",method="other",status="405"} 1"#,
        r#"api_requests_total{route="unknown",method="GET",status="404"} 1"#,
    ];
    assert_eq!(counted, expected);
    assert!(text.contains("api_request_duration_seconds"));
    assert!(!text.contains(&account.to_string()));
}
