//! Lists of the ledger, page by page.

use salus_api::client::{At, Client};
use serde_json::Value;

/// Most items of one page.
const PAGE: usize = 100;

/// Every item of a list of the ledger.
pub(crate) async fn all_pages(client: &Client, path: &str) -> anyhow::Result<Vec<Value>> {
    let mut items = Vec::new();
    loop {
        let from = items.len();
        let page = format!("{path}?from={from}&limit={PAGE}");
        let answer = client.state::<Value>(&page, At::default()).await?;
        let mut page = match answer.value {
            Value::Array(page) => page,
            Value::Object(mut page) => match page.remove("items") {
                Some(Value::Array(page)) => page,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let is_last = page.len() < PAGE;
        items.append(&mut page);
        if is_last {
            return Ok(items);
        }
    }
}
