//! Who takes part in a run: organisations, their nodes, and people.

use crate::Dice;
use salus_crypto::sign::SigningKey;
use salus_types::{
    AccountId, BlockTime, BytesMax, GenesisMember, Hash, LedgerParameters, NetworkFile, NodeKey,
    NodeRecord, OrganisationFunction, PublicKey, Salt, SignatureAlgorithm, TextMax, Transaction,
    ValidatorSet, VecMax, network::NETWORK_FILE_VERSION,
};

/// When every simulated network begins: 2026-01-01 00:00 UTC.
pub const GENESIS_MS: u64 = 1_767_225_600_000;

/// An account with its present key.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// The key that manages and acts for it.
    pub key: SigningKey,
    /// What the account was derived with.
    pub salt: Salt,
}

/// A node that is not part of the network at the start, or is.
#[derive(Clone, Debug)]
pub struct Node {
    /// The secret bytes of its key.
    pub secret: [u8; 32],
    /// Its record, with an address of the simulated network.
    pub record: NodeRecord,
}

/// Everybody in a run, all from the seed.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The network file.
    pub network: NetworkFile,
    /// The founders; those with a node come first.
    pub organisations: Vec<Actor>,
    /// One node for each organisation, in the same order; the first `validators` vote at the start.
    pub nodes: Vec<Node>,
}

impl Cast {
    /// A network of `organisations` founders, of which the first `validators` have a node that votes.
    ///
    /// # Panics
    ///
    /// More organisations than a network file holds, or more validators than organisations.
    pub fn new(
        seed: u64,
        organisations: usize,
        validators: usize,
        parameters: LedgerParameters,
    ) -> Self {
        assert!(validators <= organisations, "a validator is an organisation's");
        let mut dice = Dice::new(seed, "cast");
        let actors: Vec<_> = (0..organisations).map(|_| founder(&mut dice)).collect();
        let nodes: Vec<_> =
            (0..).zip(&actors).map(|(number, actor)| node(&mut dice, number, actor)).collect();
        let mut members: Vec<_> =
            (0..).zip(&actors).map(|(number, actor)| member(number, actor)).collect();
        members.sort_by_key(|member| member.account);
        let voting = nodes[..validators].iter().map(|node| node.record.clone()).collect();
        let network = NetworkFile {
            version: NETWORK_FILE_VERSION,
            name: text(&format!("simulation {seed}")),
            genesis_time: BlockTime::from_unix_ms(GENESIS_MS),
            salt: Hash(dice.bytes()),
            members: VecMax::new(members).expect("few enough organisations"),
            validators: ValidatorSet::new(voting).expect("node keys differ"),
            parameters,
        };
        Self { network, organisations: actors, nodes }
    }

    /// A node with another key, of the organisation with this place.
    pub(crate) fn another_node(&self, dice: &mut Dice, organisation: usize) -> Node {
        let number = u16::try_from(100 + organisation).expect("there are few organisations");
        node(dice, number, &self.organisations[organisation])
    }
}

impl Actor {
    /// A new person or device, whose account is derived from its first key.
    pub(crate) fn derived(dice: &mut Dice, network: salus_types::NetworkId) -> Self {
        let key = signing_key(dice);
        let salt = Salt(dice.bytes());
        Self { account: AccountId::derive(network, &key.public(), salt), key, salt }
    }

    /// The actor's signature of a transaction.
    pub(crate) fn sign(&self, hash: salus_types::TransactionHash) -> salus_types::Signature {
        self.key.sign(&Transaction::signed_bytes(hash))
    }
}

/// A random Ed25519 key; one in eight is a P-256 key.
pub(crate) fn signing_key(dice: &mut Dice) -> SigningKey {
    let algorithm =
        if dice.chance(12) { SignatureAlgorithm::P256 } else { SignatureAlgorithm::Ed25519 };
    loop {
        // Once in 2^32 throws the bytes are no P-256 key.
        if let Ok(key) = SigningKey::from_secret_bytes(algorithm, &dice.bytes::<32>()) {
            return key;
        }
    }
}

fn founder(dice: &mut Dice) -> Actor {
    Actor { account: AccountId(dice.bytes()), key: signing_key(dice), salt: Salt(dice.bytes()) }
}

fn node(dice: &mut Dice, number: u16, organisation: &Actor) -> Node {
    let secret = dice.bytes();
    let key = SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &secret)
        .map(|key| key.public())
        .expect("any 32 bytes are an Ed25519 seed");
    let PublicKey::Ed25519(key) = key else { unreachable!("an Ed25519 key has that algorithm") };
    let record = NodeRecord {
        key: NodeKey(key.0),
        organisation: organisation.account,
        address: text(&format!("10.0.0.{}:{}", number + 1, 21_000 + number)),
        api: text(""),
    };
    Node { secret, record }
}

fn member(number: usize, actor: &Actor) -> GenesisMember {
    let functions = [
        OrganisationFunction::Hospital,
        OrganisationFunction::Hospital,
        OrganisationFunction::Payer,
        OrganisationFunction::Regulator,
    ];
    GenesisMember {
        account: actor.account,
        name: text(&format!("Organisation {number}")),
        functions: VecMax::new(vec![functions[number % functions.len()]]).expect("one is few"),
        key: actor.key.public(),
        // Nobody wraps anything to it here.
        sealing_key: BytesMax::default(),
    }
}

pub(crate) fn text<const N: usize>(text: &str) -> TextMax<N> {
    TextMax::new(text).expect("the simulator's texts are short")
}
