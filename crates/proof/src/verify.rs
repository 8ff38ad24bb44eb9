//! Verification: every link from the network file to the claims.

use crate::{
    Claim, EpochStep, ProofError, ProofFile, StateValue, TransactionClaim, certificate::Validators,
    file::PATH_BYTES_MAX, state,
};
use salus_state::VALUE_BYTES_MAX;
use salus_types::{
    BlockHeader, BlockTime, BytesMax, Hash, Height, NetworkFile, NetworkId, Receipt, Transaction,
    block::{PROTOCOL_VERSION, PROTOCOL_VERSION_MAX},
    encode, hash,
};
use serde::Serialize;

/// What a proof showed: claims about one block of one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The network.
    pub network: NetworkId,
    /// The height of the block that the claims are about.
    pub height: Height,
    /// The time of that block.
    pub time: BlockTime,
    /// The hash of that block.
    pub block: Hash,
    /// The epoch of that block.
    pub epoch: u64,
    /// The height of the block whose certificate was checked: the same, or a later one that builds
    /// on it.
    pub certified_height: Height,
    /// How many validators the epoch has.
    pub validators: usize,
    /// How many of them signed the certificate.
    pub signatures: usize,
    /// What was proved, in the order of the file.
    pub claims: Vec<Proved>,
}

/// One thing that was proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Proved {
    /// At a height, this stood in the state.
    StateValue {
        /// Where, as a module's `state.rs` spells it.
        path: BytesMax<PATH_BYTES_MAX>,
        /// When: the height of the block that the proof is about, or an earlier one.
        height: Height,
        /// The block that had written it; none when nothing had ever been.
        since: Option<Height>,
        /// What; none when nothing stood there.
        value: Option<BytesMax<VALUE_BYTES_MAX>>,
    },
    /// The block holds this transaction, and this became of it.
    Transaction {
        /// The transaction.
        transaction: Box<Transaction>,
        /// Its receipt.
        receipt: Box<Receipt>,
    },
}

impl Verified {
    /// What was proved to stand under a path of the state: the value, or none that nothing did; an
    /// outer none when the proof says nothing about that path.
    pub fn state_value(&self, path: &[u8]) -> Option<Option<&[u8]>> {
        self.claims.iter().find_map(|claim| match claim {
            Proved::StateValue { path: proved, value, .. } if **proved == *path => {
                Some(value.as_deref())
            }
            Proved::StateValue { .. } | Proved::Transaction { .. } => None,
        })
    }
}

/// Verifies a proof file against the public identity of its network.
///
/// # Errors
///
/// The first check that fails: of the file, the network, the steps one after another, the headers,
/// the certificate, the claims one after another. Every variant of [`ProofError`] says which.
pub fn verify(file: &[u8], network: &NetworkFile) -> Result<Verified, ProofError> {
    let proof = ProofFile::from_file(file)?;
    let (Some(first), Some(last)) = (proof.headers.first(), proof.headers.last()) else {
        return Err(ProofError::Malformed { reason: "it has no header".to_owned() });
    };
    if proof.claims.is_empty() {
        return Err(ProofError::Malformed { reason: "it has no claim".to_owned() });
    }
    let mut walk = Walk::new(proof.network, network)?;

    for step in &proof.steps {
        walk.step(step)?;
    }
    let Walk { rules, current } = walk;

    rules.check_chain(&proof.headers)?;
    if last.epoch < current.since {
        let reason = "it is of an epoch before the last change of validators";
        return Err(ProofError::Certificate { height: last.height, reason });
    }
    let signatures = current
        .validators
        .check(last, &proof.certificate)
        .map_err(|reason| ProofError::Certificate { height: last.height, reason })?;

    let claims = proof
        .claims
        .iter()
        .enumerate()
        .map(|(position, claim)| match claim {
            Claim::StateValue(claim) => check_state(position, claim, first),
            Claim::Transaction(claim) => check_transaction(position, claim, first),
        })
        .collect::<Result<_, _>>()?;
    Ok(Verified {
        network: rules.network,
        height: first.height,
        time: first.time,
        block: first.hash(),
        epoch: first.epoch,
        certified_height: last.height,
        validators: current.count,
        signatures,
        claims,
    })
}

/// The validators in force from an epoch on.
struct Current {
    validators: Validators,
    count: usize,
    since: u64,
}

/// The way from the network file along the changes of validators.
pub(crate) struct Walk {
    rules: Rules,
    current: Current,
}

impl Walk {
    /// Begins with the validators of the network file.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ProofError::NetworkFile`]; [`ProofError::Network`]: what is proved
    /// is of another network than the file.
    pub(crate) fn new(claimed: NetworkId, network: &NetworkFile) -> Result<Self, ProofError> {
        let rules = Rules::new(network)?;
        if claimed != rules.network {
            return Err(ProofError::Network { expected: rules.network, found: claimed });
        }
        let validators = Validators::new(rules.network, &network.validators)
            .map_err(|reason| ProofError::NetworkFile { reason })?;
        let current = Current { validators, count: network.validators.nodes().len(), since: 0 };
        Ok(Self { rules, current })
    }

    /// Takes a step.
    ///
    /// # Errors
    ///
    /// The first check of it that fails.
    pub(crate) fn step(&mut self, step: &EpochStep) -> Result<(), ProofError> {
        self.current = self.rules.check_step(&self.current, step)?;
        Ok(())
    }
}

/// What the network file says about every header.
struct Rules {
    network: NetworkId,
    epoch_blocks: u64,
}

impl Rules {
    fn new(network: &NetworkFile) -> Result<Self, ProofError> {
        let epoch_blocks = network.parameters.epoch_blocks;
        if epoch_blocks == 0 {
            return Err(ProofError::NetworkFile { reason: "an epoch has no blocks" });
        }
        Ok(Self { network: network.id(), epoch_blocks })
    }

    /// Checks what a header alone can tell.
    fn check_header(&self, header: &BlockHeader) -> Result<(), &'static str> {
        if header.network != self.network {
            return Err("it is of another network");
        }
        if header.epoch != self.epoch_of(header.height) {
            return Err("its height is not of its epoch");
        }
        Ok(())
    }

    fn check_version(header: &BlockHeader) -> Result<(), ProofError> {
        if (PROTOCOL_VERSION..=PROTOCOL_VERSION_MAX).contains(&header.version) {
            return Ok(());
        }
        Err(ProofError::Version {
            what: "protocol",
            found: header.version,
            known: PROTOCOL_VERSION_MAX,
        })
    }

    fn epoch_of(&self, height: Height) -> u64 {
        height.0.checked_div(self.epoch_blocks).expect("an epoch has blocks")
    }

    fn check_step(&self, current: &Current, step: &EpochStep) -> Result<Current, ProofError> {
        let header = &step.header;
        let refuse = |reason| ProofError::EpochStep { height: header.height, reason };
        Self::check_version(header)?;
        self.check_header(header).map_err(refuse)?;
        if self.epoch_of(header.height.next()) == header.epoch {
            return Err(refuse("it is not the last block of its epoch"));
        }
        if header.epoch < current.since {
            return Err(refuse("it is of an epoch before the change that precedes it"));
        }
        current
            .validators
            .check(header, &step.certificate)
            .map_err(|reason| ProofError::Certificate { height: header.height, reason })?;
        let set = step.set().ok_or_else(|| refuse("the validators are not in order"))?;
        if set.hash() != header.validators_next {
            return Err(refuse("the validators are not those that the block names"));
        }
        let validators = Validators::new(self.network, &set).map_err(refuse)?;
        Ok(Current { validators, count: set.nodes().len(), since: header.epoch.saturating_add(1) })
    }

    fn check_chain(&self, headers: &[BlockHeader]) -> Result<(), ProofError> {
        for header in headers {
            Self::check_version(header)?;
            self.check_header(header)
                .map_err(|reason| ProofError::HeaderChain { height: header.height, reason })?;
        }
        for pair in headers.windows(2) {
            let (parent, header) = (&pair[0], &pair[1]);
            let refuse = |reason| ProofError::HeaderChain { height: header.height, reason };
            if parent.height.0.checked_add(1) != Some(header.height.0) {
                return Err(refuse("it is not the next block"));
            }
            if header.parent != parent.hash() {
                return Err(refuse("its parent is another block"));
            }
            if header.epoch != parent.epoch {
                return Err(refuse("it is of another epoch than its parent"));
            }
        }
        Ok(())
    }
}

fn check_state(
    claim: usize,
    state_value: &StateValue,
    header: &BlockHeader,
) -> Result<Proved, ProofError> {
    let entry = state::shown(state_value, header).ok_or(ProofError::State { claim })?;
    let since = entry.as_ref().map(|entry| entry.since);
    let value = entry.and_then(|entry| entry.value).map(|value| BytesMax::new(value.to_vec()));
    Ok(Proved::StateValue {
        path: state_value.path.clone(),
        height: state_value.height,
        since,
        value: value.transpose().map_err(|_| ProofError::State { claim })?,
    })
}

fn check_transaction(
    claim: usize,
    TransactionClaim { transaction: bytes, transaction_proof, receipt, receipt_proof }: &TransactionClaim,
    header: &BlockHeader,
) -> Result<Proved, ProofError> {
    let leaf = Transaction::leaf(bytes);
    if !transaction_proof.verify(&header.transactions_root, &leaf) {
        return Err(ProofError::Transaction { claim });
    }
    let transaction =
        Transaction::from_bytes(bytes).map_err(|_| ProofError::Transaction { claim })?;

    let same_position = receipt_proof.index == transaction_proof.index
        && receipt_proof.count == transaction_proof.count;
    let fits = receipt.transaction == transaction.hash()
        && receipt.height == header.height
        && receipt.index == transaction_proof.index;
    let leaf = hash(&encode(receipt));
    if !same_position || !fits || !receipt_proof.verify(&header.receipts_root, &leaf) {
        return Err(ProofError::Receipt { claim });
    }
    Ok(Proved::Transaction {
        transaction: Box::new(transaction),
        receipt: Box::new(receipt.clone()),
    })
}
