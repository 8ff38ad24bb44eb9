//! Sending a request, again where that is harmless, and reading its answer.

use super::{Client, ClientError, TransportError, tls::Tls};
use crate::{
    error::ApiError,
    problem::{PROBLEM_JSON, Problem},
};
use bytes::Bytes;
use reqwest::{Method, Response, header};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Pause before the second attempt; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Most bytes of a problem document.
const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// Whether a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A second one has no second effect.
    Harmless,
    /// Only when the first one cannot have arrived, or was refused before it had an effect.
    IfNotTaken,
}

/// A request, ready to be sent as often as needed.
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query, from `/`.
    pub(super) path: String,
    /// Content type and bytes.
    pub(super) body: Option<(&'static str, Bytes)>,
    /// How long the node was asked to wait before it answers.
    pub(super) wait: Duration,
    pub(super) repeat: Repeat,
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
            wait: Duration::ZERO,
            repeat: Repeat::Harmless,
        }
    }

    pub(super) fn post(
        path: impl Into<String>,
        content_type: &'static str,
        body: impl Into<Bytes>,
        repeat: Repeat,
    ) -> Self {
        Self {
            method: Method::POST,
            path: path.into(),
            body: Some((content_type, body.into())),
            wait: Duration::ZERO,
            repeat,
        }
    }

    pub(super) fn waiting(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }
}

impl Client {
    /// Sends a call and reads its JSON answer.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, ClientError> {
        let path = call.path.clone();
        let bytes = self.bytes(call).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.unexpected(&path, error.to_string()))
    }

    /// Sends a call and reads its answer.
    pub(super) async fn bytes(&self, call: Call) -> Result<Bytes, ClientError> {
        let path = call.path.clone();
        let response = self.send(call).await?;
        response.bytes().await.map_err(|source| self.unreachable(&path, source))
    }

    /// Sends a call, again where that is harmless and to the next node where there is one, until it
    /// succeeds or is refused.
    pub(super) async fn send(&self, call: Call) -> Result<Response, ClientError> {
        let mut pause = FIRST_PAUSE;
        let mut asked = Duration::ZERO;
        let nodes = u32::try_from(self.nodes.count()).unwrap_or(u32::MAX);
        let attempts_max = self.patience.attempts_max.saturating_mul(nodes);
        for attempt in 1.. {
            let base = self.base().to_owned();
            let error = match self.send_once(&base, &call).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if attempt >= attempts_max || !passes(&error, call.repeat) {
                return Err(error);
            }
            self.nodes.leave(&base);
            let retry_after = error.problem().and_then(|problem| problem.retry_after_ms);
            asked = asked.max(retry_after.map_or(Duration::ZERO, Duration::from_millis));
            // Every node was asked: now, and not before, it helps to wait.
            if attempt % nodes == 0 {
                let wait = if asked.is_zero() { pause } else { asked };
                tokio::time::sleep(wait.min(self.patience.pause_max)).await;
                (pause, asked) = (pause.saturating_mul(2), Duration::ZERO);
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Sends a request over plain HTTP or over TLS, as its address says.
    pub(super) async fn dispatch(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, TransportError> {
        let request = request.build()?;
        if request.url().scheme() == "https" {
            Tls::shared()?.send(request).await
        } else {
            Ok(self.http.execute(request).await?)
        }
    }

    async fn send_once(&self, base: &str, call: &Call) -> Result<Response, ClientError> {
        let mut request = self
            .http
            .request(call.method.clone(), format!("{base}{}", call.path))
            .timeout(self.patience.answer_max.saturating_add(call.wait));
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, token.header());
        }
        if let Some((content_type, body)) = &call.body {
            request = request.header(header::CONTENT_TYPE, *content_type).body(body.clone());
        }
        let response =
            self.dispatch(request).await.map_err(|source| self.unreachable(&call.path, source))?;
        self.checked(&call.path, response).await
    }

    /// The response, or the problem that it carries.
    pub(super) async fn checked(
        &self,
        path: &str,
        mut response: Response,
    ) -> Result<Response, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let is_problem = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(PROBLEM_JSON.as_bytes()));
        if !is_problem {
            return Err(
                self.unexpected(path, format!("status {status} without a problem document"))
            );
        }
        let mut body = Vec::new();
        while let Some(part) =
            response.chunk().await.map_err(|source| self.unreachable(path, source))?
        {
            body.extend_from_slice(&part);
            if body.len() > PROBLEM_BYTES_MAX {
                return Err(self.unexpected(path, "the problem document is too large".to_owned()));
            }
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(problem.into()),
            Err(error) => Err(self.unexpected(path, error.to_string())),
        }
    }

    pub(super) fn unreachable(&self, path: &str, source: impl Into<TransportError>) -> ClientError {
        // The address of a request may name a patient's account; the error keeps to the route.
        let url = format!("{}{}", self.base(), path.split('?').next().unwrap_or_default());
        ClientError::Unreachable { url, source: source.into().without_url() }
    }

    pub(super) fn unexpected(&self, path: &str, reason: String) -> ClientError {
        let url = format!("{}{}", self.base(), path.split('?').next().unwrap_or_default());
        ClientError::UnexpectedAnswer { url, reason }
    }
}

/// Whether an error passes, so that the call may be sent again.
fn passes(error: &ClientError, repeat: Repeat) -> bool {
    match error {
        ClientError::Unreachable { source, .. } => {
            source.is_connect() || repeat == Repeat::Harmless
        }
        ClientError::Refused(problem) => {
            let asked = problem.retry_after_ms.is_some() && matches!(problem.status, 429 | 503);
            // Any other refusal may come after the request had an effect.
            let not_taken = problem.code == ApiError::Overloaded.code();
            asked && (repeat == Repeat::Harmless || not_taken)
        }
        ClientError::Url { .. }
        | ClientError::UnexpectedAnswer { .. }
        | ClientError::NotSettled { .. } => false,
    }
}

/// Whether an error passes, for a request that may be sent again.
pub(super) fn passes_for_harmless(error: &ClientError) -> bool {
    passes(error, Repeat::Harmless)
}

/// Spells a part of a path: everything but letters, digits and `-._~` as percent signs.
pub(super) fn part(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut spelled, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            spelled.push(char::from(byte));
        } else {
            let _ = write!(spelled, "%{byte:02X}");
        }
        spelled
    })
}
