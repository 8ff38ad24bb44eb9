//! Calls of whoever runs the node.

use super::{
    Client, ClientError,
    send::{Call, Repeat},
};
use crate::routes::operator::{LogLevel, OperatorAnswer};
use reqwest::Method;

impl Client {
    /// How the node stands, for its operator.
    ///
    /// # Errors
    ///
    /// `api.unauthorised`: without the node's token; or the node cannot be reached.
    pub async fn operator_status(&self) -> Result<OperatorAnswer, ClientError> {
        self.json(Call::get("/v1/operator/status")).await
    }

    /// Changes what the node logs.
    ///
    /// # Errors
    ///
    /// `api.log_filter`: it is no filter; `api.unauthorised`; or the node cannot be reached.
    pub async fn set_log_level(&self, filter: &str) -> Result<LogLevel, ClientError> {
        let level = LogLevel { filter: filter.to_owned() };
        let path = "/v1/operator/log-level";
        let body =
            serde_json::to_vec(&level).map_err(|error| self.unexpected(path, error.to_string()))?;
        let mut call = Call::post(path, "application/json", body, Repeat::Harmless);
        call.method = Method::PUT;
        self.json(call).await
    }
}
