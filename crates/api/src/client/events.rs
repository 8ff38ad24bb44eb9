//! Listening to events.

use super::{Client, ClientError};
use crate::{feed::EventId, view::EventAnswer};
use futures::{Stream, StreamExt as _, stream};
use reqwest::{Response, header};
use salus_types::{AccountId, Height, ModuleId};
use std::time::Duration;

/// Most bytes of one event on the wire.
const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Pause before a broken stream is taken up again; doubled each time, until an event arrives.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What to listen to, and from where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// Only events of this module.
    pub module: Option<ModuleId>,
    /// Only events that name this account.
    pub account: Option<AccountId>,
    /// Begins with the first event of this height; with what comes next for none.
    pub from: Option<Height>,
    /// Goes on after this event; wins over `from`.
    pub after: Option<EventId>,
}

/// An event that was told, with its id to go on from.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Where it is in the ledger.
    pub id: EventId,
    /// The event.
    pub event: EventAnswer,
}

impl Listening {
    fn query(&self) -> String {
        let module = self.module.map(|module| format!("module={}", module.0));
        let account = self.account.map(|account| format!("account={account}"));
        let from = self.from.map(|from| format!("from={from}"));
        [module, account, from].into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

/// A stream under way.
struct Session {
    client: Client,
    listening: Listening,
    response: Option<Response>,
    lines: Lines,
    pause: Duration,
    failures: u32,
    ended: bool,
}

impl Client {
    /// Listens to events without end. A stream that breaks is taken up again after the last event
    /// that arrived, without gap or duplicate; after as many failures in a row as the client's
    /// patience allows, the error is the last item.
    pub fn events(
        &self,
        listening: Listening,
    ) -> impl Stream<Item = Result<Told, ClientError>> + Send + use<> {
        let session = Session {
            client: self.clone(),
            listening,
            response: None,
            lines: Lines::default(),
            pause: FIRST_PAUSE,
            failures: 0,
            ended: false,
        };
        stream::unfold(session, |mut session| async move {
            if session.ended {
                return None;
            }
            let item = session.next().await;
            session.ended = item.is_err();
            Some((item, session))
        })
        .boxed()
    }
}

impl Session {
    async fn next(&mut self) -> Result<Told, ClientError> {
        loop {
            match self.next_in_stream().await {
                Ok(told) => {
                    self.listening.after = Some(told.id);
                    self.failures = 0;
                    self.pause = FIRST_PAUSE;
                    return Ok(told);
                }
                Err(error) => {
                    self.response = None;
                    self.lines = Lines::default();
                    self.failures += 1;
                    let passes = match &error {
                        ClientError::Unreachable { .. } => true,
                        ClientError::Refused(problem) => problem.retry_after_ms.is_some(),
                        ClientError::Url { .. }
                        | ClientError::UnexpectedAnswer { .. }
                        | ClientError::NotSettled { .. } => false,
                    };
                    if !passes || self.failures >= self.client.patience.attempts_max {
                        return Err(error);
                    }
                    // Events are numbered alike on all nodes.
                    let left = self.client.base().to_owned();
                    self.client.nodes.leave(&left);
                    tokio::time::sleep(self.pause.min(self.client.patience.pause_max)).await;
                    self.pause = self.pause.saturating_mul(2);
                }
            }
        }
    }

    async fn next_in_stream(&mut self) -> Result<Told, ClientError> {
        loop {
            if let Some(message) = self.lines.message() {
                if let Some(id) = message.id {
                    let id = id.parse().map_err(|()| self.broken("an id is not an event's"))?;
                    if message.data.is_empty() {
                        self.listening.after = Some(id);
                        continue;
                    }
                    let event = serde_json::from_str(&message.data)
                        .map_err(|error| self.broken(&error.to_string()))?;
                    return Ok(Told { id, event });
                }
                continue;
            }
            if self.response.is_none() {
                self.response = Some(self.connect().await?);
            }
            let Some(response) = self.response.as_mut() else { continue };
            let part = response
                .chunk()
                .await
                .map_err(|source| self.client.unreachable("/v1/events", source))?;
            let Some(part) = part else {
                // The node ended the stream, such as for a restart: take it up again.
                self.response = None;
                self.lines = Lines::default();
                tokio::time::sleep(self.pause).await;
                continue;
            };
            if !self.lines.push(&part) {
                return Err(self.broken("an event is too large"));
            }
        }
    }

    async fn connect(&self) -> Result<Response, ClientError> {
        let url = format!("{}/v1/events?{}", self.client.base(), self.listening.query());
        let mut request = self.client.http.get(url).header(header::ACCEPT, "text/event-stream");
        if let Some(after) = self.listening.after {
            request = request.header("Last-Event-ID", after.to_string());
        }
        let response = self
            .client
            .dispatch(request)
            .await
            .map_err(|source| self.client.unreachable("/v1/events", source))?;
        self.client.checked("/v1/events", response).await
    }

    fn broken(&self, reason: &str) -> ClientError {
        self.client.unexpected("/v1/events", reason.to_owned())
    }
}

/// One message of a stream of server-sent events.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    id: Option<String>,
    data: String,
}

/// Puts messages together from parts of a stream.
///
/// Source: WHATWG HTML, server-sent events; this node ends lines with a line feed.
#[derive(Debug, Default)]
struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    /// Takes a part of the stream; false when a message is too large.
    fn push(&mut self, part: &[u8]) -> bool {
        self.buffer.extend_from_slice(part);
        self.buffer.len() <= EVENT_BYTES_MAX
    }

    /// The next whole message, if there is one.
    fn message(&mut self) -> Option<Message> {
        let end = self.buffer.windows(2).position(|pair| pair == b"\n\n")?;
        let rest = self.buffer.split_off(end + 2);
        let text = std::mem::replace(&mut self.buffer, rest);
        let text = String::from_utf8_lossy(&text);
        let mut message = Message::default();
        for line in text.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => message.id = Some(value.to_owned()),
                "data" => {
                    if !message.data.is_empty() {
                        message.data.push('\n');
                    }
                    message.data.push_str(value);
                }
                // Comments keep the connection alive; other fields are not used.
                _ => {}
            }
        }
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_put_together_from_parts() {
        let mut lines = Lines::default();
        let mut found = Vec::new();

        for part in ["id: 1.0", ".0\nda", "ta: {}\n", "\n:\n\nid: 2.0.0\n\n", "id: 3"] {
            assert!(lines.push(part.as_bytes()));
            while let Some(message) = lines.message() {
                found.push(message);
            }
        }

        let message = |id: Option<&str>, data: &str| Message {
            id: id.map(str::to_owned),
            data: data.to_owned(),
        };
        let expected =
            [message(Some("1.0.0"), "{}"), message(None, ""), message(Some("2.0.0"), "")];
        assert_eq!(found, expected);
    }
}
