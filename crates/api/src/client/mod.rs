//! A small typed client of the interface: for the command line, the bench and other gateways.
//!
//! Plain HTTP for loopback, TLS for the rest: see [`trust`]. A request whose repetition
//! cannot have a second effect is repeated when the connection fails or the node says when to try
//! again: reading, and submitting, where the hash of a transaction identifies it. A client that knows
//! several nodes asks the next one then.

mod custody;
mod documents;
mod erasures;
mod error;
mod events;
mod ledger;
mod nodes;
mod operator;
mod send;
mod settle;
mod tls;
mod vault;

pub use error::{ClientError, TransportError};
pub use events::{Listening, Told};
pub use ledger::At;
pub use tls::trust;

use crate::auth::ApiToken;
use nodes::Nodes;
use std::time::Duration;

/// How often and how long a client tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Most times that a request is sent to each node.
    pub attempts_max: u32,
    /// Longest time to get a connection.
    pub connect_max: Duration,
    /// Longest time for one answer, on top of what the caller asks the node to wait.
    pub answer_max: Duration,
    /// Longest pause before trying again, whatever the node asks for.
    pub pause_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts_max: 5,
            connect_max: Duration::from_secs(5),
            answer_max: Duration::from_secs(30),
            pause_max: Duration::from_secs(5),
        }
    }
}

/// A client of one node, or of several that serve the same ledger. Cloning shares its connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    nodes: Nodes,
    token: Option<ApiToken>,
    patience: Patience,
}

impl Client {
    /// A client of the node at `base`, such as `http://127.0.0.1:22000`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`]: it is not an `http://` or `https://` address.
    pub fn new(base: &str) -> Result<Self, ClientError> {
        Self::with_patience(base, Patience::default())
    }

    /// A client with its own bounds on trying.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`]: `base` is not an `http://` or `https://` address.
    pub fn with_patience(base: &str, patience: Patience) -> Result<Self, ClientError> {
        let nodes = Nodes::new(base)?;
        let http = reqwest::Client::builder()
            .connect_timeout(patience.connect_max)
            .redirect(reqwest::redirect::Policy::none())
            // Nodes are reached directly, whatever the environment says about the web.
            .no_proxy()
            .tcp_nodelay(true)
            .build()
            .map_err(|source| ClientError::Unreachable {
                url: base.to_owned(),
                source: source.into(),
            })?;
        Ok(Self { http, nodes, token: None, patience })
    }

    /// Knows more nodes of the same ledger, and asks the next one when a node does not answer, is
    /// behind or overloaded. Transactions may go to any of them: their hash identifies them.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`]: one of them is not an `http://` or `https://` address.
    pub fn with_others<'a>(
        mut self,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ClientError> {
        self.nodes = self.nodes.with(others)?;
        Ok(self)
    }

    /// Shows this token: needed for the vault's routes. It is of the first node, and shown to no
    /// other: a client with a token asks that one only.
    #[must_use]
    pub fn with_token(mut self, token: ApiToken) -> Self {
        self.token = Some(token);
        self.nodes = self.nodes.first_only();
        self
    }

    /// The address of the node that is asked now.
    pub fn base(&self) -> &str {
        self.nodes.current()
    }
}
