//! Configuration: one struct, one file, and what overrides it.
//!
//! Flags go over environment variables, which go over `node.toml`. What all nodes must agree on is
//! in the network file or in the state, never here.

use crate::{Home, NodeError, home::read_text};
use salus_engine::EngineConfig;
use salus_types::NetworkFile;
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

/// What is logged by default: what Salus does, and what the libraries warn of; but for a new state, of which
/// the store warns twice that it is empty.
const LOG: &str = "warn,salus=info,commonware_storage::qmdb=error";

/// How far an accepted transaction is written before the client is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalDurability {
    /// To the operating system: survives the end of the process.
    #[default]
    Process,
    /// To the disk: survives a power cut too.
    Power,
}

/// How a node without a state gets one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sync {
    /// It copies the state of late from its peers, with proof, if the ledger is old enough.
    #[default]
    State,
    /// It executes every block since the first.
    Blocks,
}

/// Everything that one node can be told, with its default. Written in `node.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// Where the node listens for its peers. Port 0: a free one.
    pub peer_listen: SocketAddr,
    /// Where its peers reach it, `host:port`; empty: where it listens.
    pub peer_address: String,
    /// Where the node listens for its clients. Port 0: a free one.
    pub api_listen: SocketAddr,
    /// Where clients reach it, such as `https://gateway.example`; empty: where it listens. It stands in
    /// what FHIR clients are given, and client assertions must be meant for it.
    pub api_address: String,
    /// Certificates that the API shows, PEM, its own first; with `tls_key`. Empty: plain HTTP.
    pub tls_certificate: String,
    /// The key of the first of them, PEM, readable by its owner alone.
    pub tls_key: String,
    /// Certificates to trust when other nodes' APIs are called over TLS, PEM: authorities or the
    /// nodes' own. Empty: those of `SALUS_CA_FILE`, or of the operating system.
    pub ca_file: String,
    /// APIs of members that let this node follow while it is not on the ledger.
    pub bootstrap: Vec<String>,
    /// Whether the node keeps the organisation's records.
    pub vault: bool,
    /// Folder of the organisation's own rules and directory, named from the home: `*.cedar` and
    /// `names.json`. Empty: no rules; who of the organisation reads is then its own affair.
    pub rules: String,
    /// Memory for transactions that wait, in MiB. 1 to 4,096.
    pub mempool_mib: usize,
    /// How far an accepted transaction is written before the client is told.
    pub journal: JournalDurability,
    /// Threads that check signatures. 1 to 64.
    pub signature_threads: usize,
    /// Threads of the engine. 1 to 64.
    pub engine_threads: usize,
    /// Blocks whose states are kept in memory for reads at a height. 1 to 10,000.
    pub history_blocks: usize,
    /// How a node without a state gets one.
    pub sync: Sync,
    /// Blocks that are kept behind the newest, with receipts and certificates; 0 keeps all (an
    /// archive). At least 2,048, and twice the validity of transactions, are kept whatever this says.
    pub keep_blocks: usize,
    /// Memory for pages of the state, in MiB; taken as pages are read. A new key asks for its neighbour,
    /// which may be anywhere, so a ledger whose state does not fit here executes more slowly. 1 to 65,536.
    pub page_cache_mib: usize,
    /// Most nodes, not on the ledger, that may follow from here. 0 to 64.
    pub guests_max: usize,
    /// Most requests of one client address in a second; 0: as many as it likes. 0 to 1,000,000.
    pub requests_per_second: u32,
    /// Whether clients on this machine are counted too. A proxy here is one client.
    pub limit_loopback: bool,
    /// The highest protocol version to follow; none for all that the program knows. For trying what an
    /// older program does when the members decide on a newer one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_version_max: Option<u16>,
    /// What is logged, such as `info` or `salus_node=debug,info`.
    pub log: String,
    /// Whether logs are JSON, one object a line.
    pub log_json: bool,
    /// Where traces go, an OTLP endpoint over HTTP such as `http://127.0.0.1:4318`; empty: nowhere.
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` in the environment says the same.
    pub otlp_endpoint: String,
    /// How many of a hundred requests are traced, where traces go somewhere. 0 to 100.
    pub trace_percent: usize,
}

impl Default for NodeConfig {
    fn default() -> Self {
        let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self {
            peer_listen: local(21_000),
            peer_address: String::new(),
            api_listen: local(22_000),
            api_address: String::new(),
            tls_certificate: String::new(),
            tls_key: String::new(),
            ca_file: String::new(),
            bootstrap: Vec::new(),
            vault: true,
            rules: String::new(),
            mempool_mib: 64,
            journal: JournalDurability::default(),
            signature_threads: 2,
            engine_threads: 2,
            history_blocks: 256,
            sync: Sync::default(),
            keep_blocks: 100_000,
            page_cache_mib: 128,
            guests_max: 8,
            requests_per_second: 200,
            limit_loopback: false,
            protocol_version_max: None,
            log: LOG.to_owned(),
            log_json: false,
            otlp_endpoint: String::new(),
            trace_percent: 10,
        }
    }
}

/// The keys that the environment and flags may set; the variable is `SALUS_` and the key in capitals.
pub const KEYS: &[&str] = &[
    "peer_listen",
    "peer_address",
    "api_listen",
    "api_address",
    "tls_certificate",
    "tls_key",
    "ca_file",
    "bootstrap",
    "vault",
    "rules",
    "mempool_mib",
    "journal",
    "signature_threads",
    "engine_threads",
    "history_blocks",
    "sync",
    "keep_blocks",
    "page_cache_mib",
    "guests_max",
    "requests_per_second",
    "limit_loopback",
    "protocol_version_max",
    "log",
    "log_json",
    "otlp_endpoint",
    "trace_percent",
];

impl NodeConfig {
    /// Reads `node.toml` of a home and lays the environment over it.
    ///
    /// # Errors
    ///
    /// Those of [`Self::read_with`].
    pub fn read(home: &Home) -> Result<Self, NodeError> {
        Self::read_with(home, &[])
    }

    /// Reads `node.toml` of a home, lays the environment over it, and these flags over both. A flag
    /// is one of [`KEYS`] and its value as text; lists are separated by commas.
    ///
    /// # Errors
    ///
    /// The first that applies: [`NodeError::FileMissing`], [`NodeError::HomeVersion`],
    /// [`NodeError::ConfigInvalid`] with the line, [`NodeError::Setting`].
    pub fn read_with(home: &Home, flags: &[(&str, String)]) -> Result<Self, NodeError> {
        home.check_version()?;
        let path = home.settings();
        let text = read_text(&path, "the configuration of a node")?;
        let environment = KEYS.iter().filter_map(|key| {
            let variable = format!("SALUS_{}", key.to_uppercase());
            let value = std::env::var(&variable).ok()?;
            Some((variable, (*key).to_owned(), value))
        });
        let flags = flags.iter().map(|(key, value)| {
            (format!("--{}", key.replace('_', "-")), (*key).to_owned(), value.clone())
        });
        let config = Self::parse(&path, &text, environment.chain(flags))?;
        config.check()?;
        Ok(config)
    }

    /// Reads a text, and values over it: where each came from, its key, and itself as text.
    fn parse(
        path: &Path,
        text: &str,
        over: impl Iterator<Item = (String, String, String)>,
    ) -> Result<Self, NodeError> {
        let invalid = |path: &Path, error: &toml::de::Error| NodeError::ConfigInvalid {
            path: path.to_owned(),
            // The parser's message names the line, the column and the keys that are known.
            reason: error.to_string().trim_end().to_owned(),
        };
        let mut config: Self = toml::from_str(text).map_err(|error| invalid(path, &error))?;
        let mut table: toml::Table = toml::from_str(text).map_err(|error| invalid(path, &error))?;
        for (origin, key, value) in over {
            let value = as_value(&key, &value);
            table.insert(key, value);
            let changed = table.clone().try_into();
            config = changed.map_err(|error| invalid(Path::new(&origin), &error))?;
        }
        Ok(config)
    }

    /// How many blocks are kept; none for all.
    pub(crate) fn blocks_kept(&self, network: &NetworkFile) -> Option<u64> {
        let kept = u64::try_from(self.keep_blocks).unwrap_or(u64::MAX);
        (kept > 0).then(|| kept.max(EngineConfig::blocks_kept_min(&network.parameters)))
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    ///
    /// [`NodeError::Setting`]: the first that is not.
    pub fn check(&self) -> Result<(), NodeError> {
        in_range("mempool_mib", self.mempool_mib, 1, 4096, "1 to 4,096")?;
        in_range("signature_threads", self.signature_threads, 1, 64, "1 to 64")?;
        in_range("engine_threads", self.engine_threads, 1, 64, "1 to 64")?;
        in_range("history_blocks", self.history_blocks, 1, 10_000, "1 to 10,000")?;
        in_range("page_cache_mib", self.page_cache_mib, 1, 65_536, "1 to 65,536")?;
        if self.tls_certificate.is_empty() != self.tls_key.is_empty() {
            return Err(NodeError::Setting {
                name: "tls_certificate",
                found: "without the other of `tls_certificate` and `tls_key`".to_owned(),
                expected: "both files, or neither",
            });
        }
        let rate = usize::try_from(self.requests_per_second).unwrap_or(usize::MAX);
        in_range("requests_per_second", rate, 0, 1_000_000, "0 to 1,000,000")?;
        in_range("trace_percent", self.trace_percent, 0, 100, "0 to 100")?;
        in_range("guests_max", self.guests_max, 0, 64, "0 to 64")?;
        let named = self.peer_address.rsplit_once(':');
        let reachable =
            named.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !self.peer_address.is_empty() && !reachable {
            return Err(NodeError::Setting {
                name: "peer_address",
                found: self.peer_address.clone(),
                expected: "host:port",
            });
        }
        let api = |url: &&String| !url.starts_with("http://") && !url.starts_with("https://");
        if !self.api_address.is_empty() && api(&&self.api_address) {
            return Err(NodeError::Setting {
                name: "api_address",
                found: self.api_address.clone(),
                expected: "an address, such as https://gateway.example",
            });
        }
        if let Some(url) = self.bootstrap.iter().find(api) {
            return Err(NodeError::Setting {
                name: "bootstrap",
                found: url.clone(),
                expected: "addresses of APIs, such as https://node.example:443",
            });
        }
        Ok(())
    }

    /// The text of `node.toml`.
    pub(crate) fn to_toml(&self) -> String {
        let values = toml::to_string_pretty(self).expect("every field has a form in TOML");
        format!(
            "# Configuration of one Salus node.\n\
             # Flags go over the environment (SALUS_API_LISTEN and so on), which goes over this file.\n\
             \n{values}"
        )
    }
}

fn in_range(
    name: &'static str,
    value: usize,
    min: usize,
    max: usize,
    expected: &'static str,
) -> Result<(), NodeError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(NodeError::Setting { name, found: value.to_string(), expected })
}

fn as_value(key: &str, text: &str) -> toml::Value {
    match key {
        "bootstrap" => {
            let urls = text.split(',').map(str::trim).filter(|url| !url.is_empty());
            toml::Value::Array(urls.map(|url| toml::Value::String(url.to_owned())).collect())
        }
        "peer_listen" | "peer_address" | "api_listen" | "api_address" | "journal" | "sync"
        | "log" | "rules" | "otlp_endpoint" | "tls_certificate" | "tls_key" | "ca_file" => {
            toml::Value::String(text.to_owned())
        }
        _ => text
            .parse::<i64>()
            .map(toml::Value::Integer)
            .or_else(|_| text.parse::<bool>().map(toml::Value::Boolean))
            .unwrap_or_else(|_| toml::Value::String(text.to_owned())),
    }
}
