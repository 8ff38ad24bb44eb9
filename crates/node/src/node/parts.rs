//! The parts of a node, each opened from its home and its settings.

use crate::{
    Home, JournalDurability, NodeConfig, NodeError, Secrets, application::LedgerApplication,
    chain::Chain, consent::OrganisationLedger, guests, home::check_private, house::House,
    join::Beginning, ledger::LocalLedger, metrics::Meters, space,
};
use salus_api::{TlsServer, client::trust};
use salus_engine::{Engine, EngineConfig, EngineHandle};
use salus_mempool::{
    Config as MempoolConfig, Durability, FileJournal, Lane, Mempool, Recovered, Replayed,
};
use salus_types::{AccountId, NetworkFile, NodeKey, TextMax};
use salus_vault::{Vault, VaultConfig, rules::HouseRules};
use std::{net::SocketAddr, sync::Arc};

/// What the API shows over TLS, where the configuration names it; and whom this node trusts.
pub(super) fn tls(home: &Home, config: &NodeConfig) -> Result<Option<TlsServer>, NodeError> {
    // Files are named from the home, so that it can be moved.
    let file = |name: &str| home.folder().join(name);
    if !config.ca_file.is_empty() {
        trust(&file(&config.ca_file)).map_err(NodeError::Tls)?;
    }
    if config.tls_certificate.is_empty() {
        return Ok(None);
    }
    let key = file(&config.tls_key);
    check_private(&key)?;
    TlsServer::read(&file(&config.tls_certificate), &key).map(Some).map_err(NodeError::Tls)
}

/// The APIs of the nodes that this one asks: those it is told of, then the founding validators.
pub(super) fn peer_apis(network: &NetworkFile, config: &NodeConfig, me: NodeKey) -> Vec<String> {
    let validators = network.validators.nodes().iter().filter(|node| node.key != me);
    config.bootstrap.iter().cloned().chain(validators.map(|node| node.api.to_string())).collect()
}

/// The mempool, and what its journal held.
pub(super) fn open_mempool(
    home: &Home,
    config: &NodeConfig,
    network: &NetworkFile,
    secrets: &Secrets,
) -> Result<(Mempool, Recovered), NodeError> {
    let durability = match config.journal {
        JournalDurability::Process => Durability::Process,
        JournalDurability::Power => Durability::Power,
    };
    let (journal, recovered) =
        FileJournal::open(&home.journal(), durability).map_err(NodeError::Journal)?;
    let mut settings = MempoolConfig::new(network.id(), Lane(secrets.node.public()));
    settings.validity_blocks = network.parameters.validity_blocks;
    settings.bytes_max = config.mempool_mib * 1024 * 1024;
    settings.threads = config.signature_threads;
    Ok((Mempool::new(settings, Some(Arc::new(journal))), recovered))
}

/// The engine, started; announces this node first where it is to copy the state.
pub(super) async fn start_engine(
    home: &Home,
    config: &NodeConfig,
    network: &Arc<NetworkFile>,
    secrets: &Secrets,
    (chain, meters): (&Arc<Chain>, &Arc<Meters>),
    mempool: &Mempool,
    beginning: Beginning,
) -> Result<EngineHandle, NodeError> {
    let mut listen = config.peer_listen;
    if listen.port() == 0 {
        // Members are told the address before the engine listens.
        listen = std::net::TcpListener::bind(listen)
            .and_then(|listener| listener.local_addr())
            .map_err(|source| NodeError::PortInUse { address: listen, purpose: "peers", source })?;
    }
    let mut settings =
        EngineConfig::new(NetworkFile::clone(network), secrets.node.clone(), home.engine(), listen);
    if !network.validators.contains(&secrets.node.public()) {
        settings.peers = network.validators.nodes().to_vec();
    }
    settings.peers.extend(beginning.peers);
    let copies = beginning.point.is_some();
    settings.join = beginning.point;
    settings.guests_max = config.guests_max;
    settings.protocol_version_max = config
        .protocol_version_max
        .map_or(settings.protocol_version_max, |max| max.min(settings.protocol_version_max));
    settings.worker_threads = config.engine_threads;
    settings.history_blocks_max = config.history_blocks;
    settings.blocks_kept = config.blocks_kept(network);
    settings.page_cache_bytes = config.page_cache_mib * 1024 * 1024;
    let application = Arc::new(LedgerApplication::new(
        Arc::clone(network),
        Arc::clone(chain),
        Arc::clone(meters),
    ));
    let mempool = mempool.clone();
    let announcing = (copies && !config.bootstrap.is_empty()).then(|| {
        let node = guests::record(secrets, address(config, listen)?);
        let bootstrap = config.bootstrap.clone();
        Ok::<_, NodeError>(tokio::spawn(guests::announce(
            network.id(),
            secrets.clone(),
            node,
            bootstrap,
        )))
    });
    let announcing = announcing.transpose()?;
    let started =
        tokio::task::spawn_blocking(move || Engine::start(settings, application, mempool)).await;
    if let Some(announcing) = announcing {
        announcing.abort();
    }
    match started {
        Ok(engine) => engine.map_err(|error| match NodeError::from(error) {
            NodeError::Engine(error) => space::explain(home, error),
            other => other,
        }),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// The organisation's own rules, where the configuration names them.
pub(super) fn house(home: &Home, config: &NodeConfig) -> Result<Option<Arc<House>>, NodeError> {
    if config.rules.is_empty() {
        return Ok(None);
    }
    let house = House::open(home.folder().join(&config.rules)).map_err(NodeError::Rules)?;
    Ok(Some(Arc::new(house)))
}

/// The organisation's vault; none for a node without an organisation, or that keeps no records.
pub(super) async fn open_vault(
    home: &Home,
    config: &NodeConfig,
    secrets: &Secrets,
    ledger: &LocalLedger,
    house: Option<Arc<House>>,
) -> Result<Option<(AccountId, Arc<Vault>)>, NodeError> {
    let Some(organisation) = secrets.organisation.account.filter(|_| config.vault) else {
        return Ok(None);
    };
    let port = OrganisationLedger {
        ledger: ledger.clone(),
        organisation,
        signer: Arc::new(secrets.organisation.key.clone()),
    };
    let mut settings = VaultConfig::new(home.vault(), organisation, secrets.sealing.clone());
    settings.house = house.map(|house| house as Arc<dyn HouseRules>);
    let vault = Vault::open(settings, Arc::new(port)).await.map_err(NodeError::Vault)?;
    Ok(Some((organisation, vault)))
}

/// Where peers reach this node.
pub(super) fn address(config: &NodeConfig, listen: SocketAddr) -> Result<TextMax<255>, NodeError> {
    let text = if config.peer_address.is_empty() {
        listen.to_string()
    } else {
        config.peer_address.clone()
    };
    TextMax::new(text).map_err(|error| NodeError::Setting {
        name: "peer_address",
        found: error.reason,
        expected: "at most 255 bytes",
    })
}

/// Takes back the transactions that were accepted before the stop.
pub(super) async fn replay(mempool: Mempool, chain: Arc<Chain>, recovered: Recovered) {
    let replay = move || mempool.replay(recovered.records, &|hash| chain.is_final(hash));
    let replayed = tokio::task::spawn_blocking(replay).await.unwrap_or_default();
    if replayed != Replayed::default() {
        tracing::info!(?replayed, "transactions that were accepted before the stop are back");
    }
}

/// Where clients reach the API: as configured, or where it listens.
pub(super) fn base_url(config: &NodeConfig, safe: bool, api: SocketAddr) -> String {
    match config.api_address.trim_end_matches('/') {
        "" => format!("{}://{api}", if safe { "https" } else { "http" }),
        address => address.to_owned(),
    }
}
