//! Making networks and homes.

use crate::{
    Home, NodeConfig, NodeError, Secrets,
    error::storage,
    home::{read_text, write_new},
};
use salus_crypto::random;
use salus_types::{
    AccountId, BlockTime, BytesMax, DecodeError, GenesisMember, Hash, LedgerParameters,
    NetworkFile, NodeRecord, OrganisationFunction, Salt, TextMax, ValidatorSet, VecMax, hash_parts,
    network::NETWORK_FILE_VERSION,
};
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// A founding organisation to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founder {
    /// Its name, a public fact.
    pub name: String,
    /// What it does.
    pub functions: Vec<OrganisationFunction>,
}

/// A network to be made.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// Folder to make: `network.json`, and a home `node0`, `node1`, … for each founder.
    pub folder: PathBuf,
    /// Name of the network.
    pub name: String,
    /// The founders; each runs one validator.
    pub founders: Vec<Founder>,
    /// Address of all nodes, for a network on one machine; or one for each.
    pub hosts: Vec<IpAddr>,
    /// Port for peers of the first node; the others follow. 0 leaves free ports to the nodes, which
    /// only a single node can do.
    pub peer_port: u16,
    /// Port of the first node's API; the others follow.
    pub api_port: u16,
    /// The first parameters.
    pub parameters: LedgerParameters,
    /// Time of genesis.
    pub genesis_time: BlockTime,
    /// Whether the nodes keep records.
    pub vault: bool,
}

impl NetworkOptions {
    /// Usual options: on loopback, ports 21000 and 22000 on, `count` founders.
    pub fn new(folder: impl Into<PathBuf>, count: usize, genesis_time: BlockTime) -> Self {
        Self {
            folder: folder.into(),
            name: "salus".to_owned(),
            founders: usual_founders(count),
            hosts: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            peer_port: 21_000,
            api_port: 22_000,
            parameters: LedgerParameters::default(),
            genesis_time,
            vault: true,
        }
    }
}

/// Two hospitals, a payer and a regulator, then others, as a network of this size has them.
pub fn usual_founders(count: usize) -> Vec<Founder> {
    use OrganisationFunction as F;
    let usual = [
        ("Hospital North", F::Hospital),
        ("Hospital South", F::Hospital),
        ("Payer", F::Payer),
        ("Regulator", F::Regulator),
        ("Laboratory", F::Laboratory),
        ("Pharmacy", F::Pharmacy),
        ("Manufacturer", F::Manufacturer),
        ("Wholesaler", F::Wholesaler),
        ("Research Institute", F::Researcher),
        ("Issuer", F::Issuer),
    ];
    (0..count)
        .map(|index| {
            let (name, function) = usual[index % usual.len()];
            let name = match index / usual.len() {
                0 => name.to_owned(),
                round => format!("{name} {}", round + 1),
            };
            Founder { name, functions: vec![function] }
        })
        .collect()
}

/// Makes a network: its public file, and a home for each founder's validator.
///
/// # Errors
///
/// The first that applies: [`NodeError::HomeExists`], [`NodeError::Setting`],
/// [`NodeError::NetworkInvalid`], [`NodeError::Storage`].
pub fn network(options: &NetworkOptions) -> Result<NetworkFile, NodeError> {
    let file = options.folder.join("network.json");
    if file.exists() {
        return Err(NodeError::HomeExists { path: file });
    }
    let count = options.founders.len();
    let port = |first: u16, index: usize| {
        let port = usize::from(first) + if first == 0 { 0 } else { index };
        u16::try_from(port).map_err(|_| NodeError::Setting {
            name: "port",
            found: port.to_string(),
            expected: "a first port that leaves room for one port a node below 65,536",
        })
    };
    let hosts = match options.hosts.as_slice() {
        [host] => vec![*host; count],
        hosts if hosts.len() == count => hosts.to_vec(),
        hosts => {
            return Err(NodeError::Setting {
                name: "host",
                found: format!("{} addresses", hosts.len()),
                expected: "one address, or one for each validator",
            });
        }
    };
    let mut members = Vec::with_capacity(count);
    let mut nodes = Vec::with_capacity(count);
    let mut homes = Vec::with_capacity(count);
    for (index, founder) in options.founders.iter().enumerate() {
        let mut secrets = Secrets::generate();
        let salt = random::<32>();
        let account = AccountId(hash_parts(&[b"salus/founder/1", &salt]).0);
        secrets.organisation.account = Some(account);
        let config = NodeConfig {
            peer_listen: SocketAddr::new(hosts[index], port(options.peer_port, index)?),
            api_listen: SocketAddr::new(hosts[index], port(options.api_port, index)?),
            vault: options.vault,
            ..NodeConfig::default()
        };
        members.push(GenesisMember {
            account,
            name: bounded("name", TextMax::new(founder.name.clone()))?,
            functions: bounded("functions", VecMax::new(founder.functions.clone()))?,
            key: secrets.organisation.key.public(),
            sealing_key: bounded(
                "sealing_key",
                BytesMax::new(secrets.sealing.public().as_bytes()),
            )?,
        });
        nodes.push(NodeRecord {
            key: secrets.node.public(),
            organisation: account,
            address: bounded("address", TextMax::new(config.peer_listen.to_string()))?,
            api: bounded("api", TextMax::new(format!("http://{}", config.api_listen)))?,
        });
        homes.push((secrets, config));
    }
    members.sort_by_key(|member| member.account);
    let network = NetworkFile {
        version: NETWORK_FILE_VERSION,
        name: bounded("name", TextMax::new(options.name.clone()))?,
        genesis_time: options.genesis_time,
        salt: Hash(random::<32>()),
        members: bounded("validators", VecMax::new(members))?,
        validators: bounded("validators", ValidatorSet::new(nodes))?,
        parameters: options.parameters.clone(),
    };
    check_network(&network)?;

    fs::create_dir_all(&options.folder).map_err(storage(&options.folder, "made"))?;
    for (index, (secrets, config)) in homes.iter().enumerate() {
        let home = Home::new(options.folder.join(format!("node{index}")));
        write_home(&home, &network, secrets, config)?;
    }
    // Last, so that a network file means that all homes are there.
    write_new(&file, network_json(&network).as_bytes(), 0o644)?;
    Ok(network)
}

/// Makes a home for a node that is not on the ledger, from the network file alone.
///
/// # Errors
///
/// The first that applies: [`NodeError::NetworkInvalid`], [`NodeError::HomeExists`],
/// [`NodeError::Setting`], [`NodeError::Storage`].
pub fn observer(
    folder: impl Into<PathBuf>,
    network: &NetworkFile,
    config: &NodeConfig,
) -> Result<Secrets, NodeError> {
    check_network(network)?;
    config.check()?;
    let mut config = config.clone();
    if config.bootstrap.is_empty() {
        let nodes = network.validators.nodes().iter();
        config.bootstrap =
            nodes.map(|node| node.api.to_string()).filter(|api| !api.is_empty()).collect();
    }
    let mut secrets = Secrets::generate();
    let account =
        AccountId::derive(network.id(), &secrets.organisation.key.public(), Salt(random::<16>()));
    secrets.organisation.account = Some(account);
    write_home(&Home::new(folder), network, &secrets, &config)?;
    Ok(secrets)
}

/// Reads and checks a network file.
///
/// # Errors
///
/// The first that applies: [`NodeError::FileMissing`], [`NodeError::FileInvalid`],
/// [`NodeError::NetworkInvalid`], [`NodeError::Storage`].
pub fn read_network(path: &Path) -> Result<NetworkFile, NodeError> {
    let text = read_text(path, "a network file")?;
    let network = serde_json::from_str(&text).map_err(|error| NodeError::FileInvalid {
        path: path.to_owned(),
        what: "a network file",
        reason: error.to_string(),
    })?;
    check_network(&network)?;
    Ok(network)
}

/// Checks that a network file makes a network that this program can run.
///
/// # Errors
///
/// [`NodeError::NetworkInvalid`]: with the code of the module that refuses it.
pub fn check_network(network: &NetworkFile) -> Result<(), NodeError> {
    if network.version != NETWORK_FILE_VERSION {
        return Err(NodeError::NetworkInvalid {
            code: "node.network_version".to_owned(),
            reason: format!(
                "it is of version {}, expected {NETWORK_FILE_VERSION}",
                network.version
            ),
        });
    }
    salus_app::check_network(network).map_err(|refusal| NodeError::NetworkInvalid {
        code: refusal.code.to_owned(),
        reason: refusal.message,
    })
}

fn write_home(
    home: &Home,
    network: &NetworkFile,
    secrets: &Secrets,
    config: &NodeConfig,
) -> Result<(), NodeError> {
    home.create()?;
    secrets.write(home)?;
    write_new(&home.network(), network_json(network).as_bytes(), 0o644)?;
    write_new(&home.token(), format!("{}\n", hex::encode(random::<32>())).as_bytes(), 0o600)?;
    write_new(&home.settings(), config.to_toml().as_bytes(), 0o644)
}

fn network_json(network: &NetworkFile) -> String {
    let text = serde_json::to_string_pretty(network).expect("a network file is plain JSON");
    format!("{text}\n")
}

fn bounded<T>(name: &'static str, made: Result<T, DecodeError>) -> Result<T, NodeError> {
    made.map_err(|error| NodeError::Setting {
        name,
        found: error.reason,
        expected: "a value within the bounds of the network file",
    })
}
