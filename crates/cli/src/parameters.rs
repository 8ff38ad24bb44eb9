//! Parameters of a ledger, changed by a file that names only those to change.

use crate::{files, problem::Problem};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::Path;

/// The parameters as they are, with those that the file names changed.
pub(crate) fn changed<T: DeserializeOwned>(now: Value, file: &Path) -> anyhow::Result<T> {
    let text = files::read_text(file, "the parameters")?;
    merge(now, &text).map_err(|reason| {
        Problem::failed(
            "cli.parameters_invalid",
            format!("{} does not hold parameters: {reason}", file.display()),
            "write for example {\"idle_interval_ms\": 500}; `GET /v1/parameters` and `GET /v1/access-limits` spell all of them",
        )
    })
}

fn merge<T: DeserializeOwned>(now: Value, text: &str) -> Result<T, String> {
    let changes: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Value::Object(mut parameters) = now else {
        return Err("the node's own parameters have another shape".to_owned());
    };
    parameters.extend(changes);
    serde_json::from_value(Value::Object(parameters)).map_err(|error| error.to_string())
}
