//! A node from start to stop.

mod background;
mod erasing;
mod parts;

use crate::{
    Home, NodeConfig, NodeError, Secrets,
    chain::Chain,
    clock,
    error::storage,
    guests,
    home::{HomeLock, read_secret},
    house::House,
    index::Index,
    init, join,
    ledger::{ADMITTED_AT_ONCE, LocalLedger},
    metrics::Meters,
    operator::NodeOperator,
    records::Gateway,
    repair, space,
};
use background::{keep_certificates, keep_vault, serve_api, watch_engine, watch_expiries};
use parking_lot::Mutex;
use parts::{
    address, base_url, house, open_mempool, open_vault, peer_apis, replay, start_engine, tls,
};
use salus_api::{
    ApiState, ApiToken, Limits, TlsServer, custody::Custody, erasures::Erasures, fhir::FhirRecords,
    port::Ledger, records::Records, rules::RecordRules,
};
use salus_engine::EngineHandle;
use salus_mempool::{Mempool, Recovered};
use salus_types::{AccountId, NetworkFile, NodeKey};
use salus_vault::Vault;
use std::{net::SocketAddr, num::NonZeroU32, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

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
    recovered: Recovered,
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
            admissions: Arc::new(Semaphore::new(ADMITTED_AT_ONCE as usize)),
        };
        let house = house(home, &config)?;
        let vault = open_vault(home, &config, &secrets, &ledger, house.clone()).await?;
        let records = vault.as_ref().map(|(organisation, vault)| {
            gateway(*organisation, vault, &ledger, &secrets, house.clone())
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
            custody: records.clone().map(|records| records as Arc<dyn Custody>),
            erasures: records.clone().map(|records| records as Arc<dyn Erasures>),
            rules: records.clone().map(|records| records as Arc<dyn RecordRules>),
            fhir: records.clone().map(|records| records as Arc<dyn FhirRecords>),
            vault: records.map(|records| records as Arc<dyn Records>),
            organisation: vault.as_ref().map(|(organisation, _)| *organisation),
            base_url: base_url(&config, safe, api),
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
        tasks.extend(vault.iter().flat_map(|(_, vault)| keep_vault(vault, &ledger, &stopping)));
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

/// The organisation's records, here and elsewhere.
fn gateway(
    organisation: AccountId,
    vault: &Arc<Vault>,
    ledger: &LocalLedger,
    secrets: &Secrets,
    house: Option<Arc<House>>,
) -> Arc<Gateway> {
    Arc::new(Gateway {
        vault: Arc::clone(vault),
        ledger: ledger.clone(),
        organisation,
        signer: Arc::new(secrets.organisation.key.clone()),
        sealing: secrets.sealing.clone(),
        offers: Mutex::default(),
        house,
    })
}
