//! A node from start to stop.

use crate::{
    Home, JournalDurability, NodeConfig, NodeError, Secrets,
    application::LedgerApplication,
    chain::Chain,
    clock,
    consent::OrganisationLedger,
    error::storage,
    guests,
    home::{HomeLock, check_private, read_secret},
    index::Index,
    init,
    join::{self, Beginning},
    ledger::LocalLedger,
    metrics::Meters,
    operator::{self, NodeOperator},
    proofs,
    records::Gateway,
    repair, space,
};
use salus_api::{
    ApiState, ApiToken, Limits, TlsServer, client::trust, port::Ledger, records::Records, router,
    serve_with,
};
use salus_engine::{Engine, EngineConfig, EngineHandle};
use salus_mempool::{Config as MempoolConfig, Durability, FileJournal, Lane, Mempool};
use salus_types::{NetworkFile, NodeKey, TextMax};
use salus_vault::{Vault, VaultConfig};
use std::{net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// Pause between two rounds of what the vault could not finish.
const RESUME: Duration = Duration::from_secs(60);
/// Pause between two notes of how the engine stands, for the metrics.
const WATCH: Duration = Duration::from_secs(1);

/// A node.
#[derive(Debug)]
pub struct Node;

/// A running node.
pub struct NodeHandle {
    home: Home,
    network: Arc<NetworkFile>,
    key: NodeKey,
    api: SocketAddr,
    safe: bool,
    peers: Option<SocketAddr>,
    ledger: LocalLedger,
    vault: Option<Arc<Vault>>,
    engine: EngineHandle,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    _lock: HomeLock,
}

impl Node {
    /// Starts the node of a home, with the settings of its `node.toml` and the environment.
    ///
    /// # Errors
    ///
    /// Any [`NodeError`]; nothing was written that another start would trip over.
    pub async fn start(home: &Home) -> Result<NodeHandle, NodeError> {
        let config = NodeConfig::read(home)?;
        Self::start_with(home, config).await
    }

    /// Starts the node of a home with other settings than its own.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub async fn start_with(home: &Home, config: NodeConfig) -> Result<NodeHandle, NodeError> {
        config.check()?;
        let lock = home.lock()?;
        let stored = repair::check_start(home)?;
        let network = Arc::new(init::read_network(&home.network())?);
        let secrets = Secrets::read(home)?;
        let token = read_secret(&home.token(), "the token of the vault's API")?;
        crate::metrics::install();
        let tls = tls(home, &config)?;

        // The API's port first: a node that cannot be reached should not begin.
        let listener = TcpListener::bind(config.api_listen).await.map_err(|source| {
            NodeError::PortInUse { address: config.api_listen, purpose: "API", source }
        })?;

        let meters = Arc::new(Meters::new());
        let index = Index::open(&home.index())?;
        let chain = Arc::new(Chain::new(
            index,
            &network,
            config.blocks_kept(&network),
            Arc::clone(&meters),
        )?);
        clock::check_chain(&chain, clock::now_ms())?;
        let apis = peer_apis(&network, &config, secrets.node.public());
        clock::check_peers(&apis).await?;
        let beginning =
            join::beginning(home, stored.is_some(), &config, &network, &chain, &apis).await?;

        let (mempool, recovered) = open_mempool(home, &config, &network, &secrets)?;
        let engine =
            start_engine(home, &config, &network, &secrets, (&chain, &meters), &mempool, beginning)
                .await?;
        let started = Started {
            network,
            secrets,
            token: ApiToken::new(token.trim()),
            listener,
            tls,
            meters,
            chain,
            mempool,
            recovered,
            engine: engine.clone(),
        };
        match started.go_on(home, config, lock).await {
            Ok(handle) => Ok(handle),
            Err(error) => {
                // What runs already must not go on without what failed.
                if let Err(failed) = engine.stop().await {
                    tracing::warn!(%failed, "the engine did not stop in order");
                }
                Err(error)
            }
        }
    }
}

/// A node whose engine runs, and nothing else yet.
struct Started {
    network: Arc<NetworkFile>,
    secrets: Secrets,
    token: ApiToken,
    listener: TcpListener,
    tls: Option<TlsServer>,
    meters: Arc<Meters>,
    chain: Arc<Chain>,
    mempool: Mempool,
    recovered: salus_mempool::Recovered,
    engine: EngineHandle,
}

impl Started {
    /// Starts the rest: what was accepted before, the vault, the API, and what is done from time to
    /// time.
    async fn go_on(
        self,
        home: &Home,
        config: NodeConfig,
        lock: HomeLock,
    ) -> Result<NodeHandle, NodeError> {
        let Self {
            network,
            secrets,
            token,
            listener,
            tls,
            meters,
            chain,
            mempool,
            recovered,
            engine,
        } = self;
        let safe = tls.is_some();
        let api = listener.local_addr().map_err(storage(home.folder(), "served"))?;
        replay(mempool.clone(), Arc::clone(&chain), recovered).await;
        let ledger = LocalLedger {
            network_id: network.id(),
            network: Arc::clone(&network),
            node: secrets.node.public(),
            engine: engine.clone(),
            mempool: mempool.clone(),
            chain: Arc::clone(&chain),
            meters: Arc::clone(&meters),
        };
        let vault = open_vault(home, &config, &secrets, &ledger).await?;
        let records = vault.as_ref().map(|(organisation, vault)| {
            Arc::new(Gateway {
                vault: Arc::clone(vault),
                ledger: ledger.clone(),
                organisation: *organisation,
                signer: Arc::new(secrets.organisation.key.clone()),
                sealing: secrets.sealing.clone(),
            }) as Arc<dyn Records>
        });

        let (stop, stopping) = watch::channel(false);
        let clock = Arc::new(clock::Watch::default());
        let operator = NodeOperator {
            ledger: ledger.clone(),
            home: home.folder().to_owned(),
            clock: Arc::clone(&clock),
        };
        let apis = peer_apis(&network, &config, ledger.node);
        let state = ApiState {
            ledger: Arc::new(ledger.clone()),
            vault: records,
            operator: Some(Arc::new(operator)),
            token: Some(token),
            limits: Limits {
                requests_per_second: NonZeroU32::new(config.requests_per_second),
                limit_loopback: config.limit_loopback,
                ..Limits::default()
            },
        };
        let mut tasks = vec![
            serve_api(listener, tls, state, stopping.clone()),
            tokio::spawn(watch_engine(
                ledger.clone(),
                home.clone(),
                Arc::clone(&clock),
                stopping.clone(),
            )),
            tokio::spawn({
                let stopping = stopping.clone();
                async move { clock.run(&apis, stopping).await }
            }),
            tokio::spawn(watch_expiries(ledger.clone(), stopping.clone())),
            tokio::spawn(keep_certificates(ledger.clone(), stopping.clone())),
        ];
        if !config.bootstrap.is_empty() {
            let address = address(&config, engine.listen().unwrap_or(config.peer_listen))?;
            let asking =
                guests::ask(ledger.clone(), secrets, address, config.bootstrap, stopping.clone());
            tasks.push(tokio::spawn(asking));
        }
        if let Some((_, vault)) = &vault {
            tasks.push(tokio::spawn(resume(Arc::clone(vault), stopping)));
        }
        tracing::info!(%api, node = %ledger.node, "the node runs");
        Ok(NodeHandle {
            home: home.clone(),
            network,
            key: ledger.node,
            api,
            safe,
            peers: engine.listen(),
            ledger,
            vault: vault.map(|(_, vault)| vault),
            engine,
            stop,
            tasks,
            _lock: lock,
        })
    }
}

/// Takes back the transactions that were accepted before the stop.
async fn replay(mempool: Mempool, chain: Arc<Chain>, recovered: salus_mempool::Recovered) {
    let replay = move || mempool.replay(recovered.records, &|hash| chain.is_final(hash));
    let replayed = tokio::task::spawn_blocking(replay).await.unwrap_or_default();
    if replayed != salus_mempool::Replayed::default() {
        tracing::info!(?replayed, "transactions that were accepted before the stop are back");
    }
}

impl NodeHandle {
    /// The network.
    pub fn network(&self) -> &NetworkFile {
        &self.network
    }

    /// The node's key.
    pub fn key(&self) -> NodeKey {
        self.key
    }

    /// Where the API is, such as `http://127.0.0.1:22000`.
    pub fn api_url(&self) -> String {
        format!("{}://{}", if self.safe { "https" } else { "http" }, self.api)
    }

    /// Where peers connect.
    pub fn peer_address(&self) -> Option<SocketAddr> {
        self.peers
    }

    /// The ledger as this node has it.
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::new(self.ledger.clone())
    }

    /// The organisation's vault, if the node keeps records.
    pub fn vault(&self) -> Option<&Arc<Vault>> {
        self.vault.as_ref()
    }

    /// Waits until the engine ends by itself, which is a failure.
    ///
    /// # Errors
    ///
    /// [`NodeError::DiskFull`]: there is no space left; [`NodeError::Engine`]: why it ended else.
    pub async fn failed(&self) -> Result<(), NodeError> {
        self.engine.ended().await.map_err(|error| space::explain(&self.home, error))
    }

    /// Stops: first the API, then what works on the ledger, then the engine.
    ///
    /// # Errors
    ///
    /// As [`Self::failed`]: the engine had failed; nothing that was reported final is lost.
    pub async fn stop(self) -> Result<(), NodeError> {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A task that panicked has said so in the log.
            let _ = task.await;
        }
        if let Some(vault) = &self.vault {
            vault.close().await;
        }
        self.engine.stop().await.map_err(|error| space::explain(&self.home, error))?;
        repair::note_stop(&self.home);
        Ok(())
    }
}

/// What the API shows over TLS, where the configuration names it; and whom this node trusts.
fn tls(home: &Home, config: &NodeConfig) -> Result<Option<TlsServer>, NodeError> {
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

fn peer_apis(network: &NetworkFile, config: &NodeConfig, me: NodeKey) -> Vec<String> {
    let validators = network.validators.nodes().iter().filter(|node| node.key != me);
    config.bootstrap.iter().cloned().chain(validators.map(|node| node.api.to_string())).collect()
}

fn open_mempool(
    home: &Home,
    config: &NodeConfig,
    network: &NetworkFile,
    secrets: &Secrets,
) -> Result<(Mempool, salus_mempool::Recovered), NodeError> {
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

async fn start_engine(
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

async fn open_vault(
    home: &Home,
    config: &NodeConfig,
    secrets: &Secrets,
    ledger: &LocalLedger,
) -> Result<Option<(salus_types::AccountId, Arc<Vault>)>, NodeError> {
    let Some(organisation) = secrets.organisation.account.filter(|_| config.vault) else {
        return Ok(None);
    };
    let port = OrganisationLedger {
        ledger: ledger.clone(),
        organisation,
        signer: Arc::new(secrets.organisation.key.clone()),
    };
    let settings = VaultConfig::new(home.vault(), organisation, secrets.sealing.clone());
    let vault = Vault::open(settings, Arc::new(port)).await.map_err(NodeError::Vault)?;
    Ok(Some((organisation, vault)))
}

fn address(config: &NodeConfig, listen: SocketAddr) -> Result<TextMax<255>, NodeError> {
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

fn serve_api(
    listener: TcpListener,
    tls: Option<TlsServer>,
    state: ApiState,
    mut stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let until = async move {
            // An error means that the handle is gone, which is a stop too.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        if let Err(error) = serve_with(listener, tls, router(state), until).await {
            tracing::error!(%error, "the API ended");
        }
    })
}

/// Notes for the metrics how the engine stands, and forgets waits that nobody waits for.
async fn watch_engine(
    ledger: LocalLedger,
    home: Home,
    clock: Arc<clock::Watch>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        ledger.meters.machine(operator::disk(home.folder()), clock.ahead_ms());
        ledger.meters.engine(ledger.engine.status().await);
        ledger.chain.sweep();
        tokio::select! {
            () = tokio::time::sleep(WATCH) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Tells those who wait when a transaction has expired.
async fn watch_expiries(ledger: LocalLedger, mut stopping: watch::Receiver<bool>) {
    let mut expiries = ledger.mempool.subscribe_expired();
    loop {
        tokio::select! {
            expiry = expiries.recv() => match expiry {
                Ok(expiry) => ledger.chain.expired(&expiry.hashes),
                // Those who wait ask the mempool again when their time is up.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            },
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Notes the certificate of each change of validators, for the day when its block is pruned.
async fn keep_certificates(ledger: LocalLedger, mut stopping: watch::Receiver<bool>) {
    let noting = async {
        let mut committed = ledger.chain.subscribe();
        loop {
            if let Err(refusal) = proofs::note_certificates(&ledger.engine, &ledger.chain).await {
                tracing::debug!(code = refusal.code, "the certificate of a change is not here yet");
            }
            let epoch = ledger.network.parameters.epoch_blocks;
            while let Ok(block) = committed.recv().await {
                if block.height.0.is_multiple_of(epoch) {
                    break;
                }
            }
        }
    };
    tokio::select! {
        () = noting => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// Goes on with what waits for its anchor, since the node stopped or since the ledger did not answer.
async fn resume(vault: Arc<Vault>, mut stopping: watch::Receiver<bool>) {
    let rounds = async {
        loop {
            match vault.resume().await {
                Ok(report) => tracing::debug!(?report, "the vault is up to date"),
                Err(error) => {
                    tracing::warn!(code = error.code(), "some records wait for an anchor");
                }
            }
            tokio::time::sleep(RESUME).await;
        }
    };
    tokio::select! {
        () = rounds => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}
