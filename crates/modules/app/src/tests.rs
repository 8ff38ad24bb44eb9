//! Stories over whole blocks, through all modules.

#![expect(clippy::arithmetic_side_effects, reason = "a test may stop on an overflow")]

mod blocks;
mod property;
mod surface;

use crate::{BlockInput, BlockOutcome, execute_block, reads_ahead};
use salus_consent::{Consent, ConsentTx};
use salus_framework::{
    Module,
    testing::{MemoryState, key, key_of, network, signed_by},
};
use salus_governance::{Governance, GovernanceTx};
use salus_identity::{Identity, IdentityTx, tx::RegisterAccount};
use salus_state::{ReadSet, StateRead};
use salus_types::{
    AccountId, AccountKind, BlockTime, BytesMax, Call, Height, NetworkFile, NetworkId, NodeKey,
    Outcome, PublicKey, Receipt, Salt, Transaction, TransactionBody, TransactionSignature, VecMax,
    encode,
};

/// A ledger that executes blocks as a node does: again and again until nothing is missing.
struct Chain {
    network: NetworkFile,
    network_id: NetworkId,
    state: MemoryState,
    height: Height,
    time: BlockTime,
    /// How many passes the last block took.
    passes: usize,
    last: Option<BlockOutcome>,
    salt: u64,
}

impl Chain {
    fn new(founders: &[u8]) -> Self {
        let network = network(founders);
        Self {
            network_id: network.id(),
            time: network.genesis_time,
            network,
            state: MemoryState::default(),
            height: Height(0),
            passes: 0,
            last: None,
            salt: 0,
        }
    }

    /// A chain whose genesis block is executed.
    fn started(founders: &[u8]) -> Self {
        let mut chain = Self::new(founders);
        chain.block(&[]);
        chain
    }

    /// Executes a block and returns its receipts.
    fn block(&mut self, transactions: &[Transaction]) -> Vec<Receipt> {
        self.block_with(transactions, reads_ahead(transactions))
    }

    fn block_with(
        &mut self,
        transactions: &[Transaction],
        ahead: Vec<salus_state::StateKey>,
    ) -> Vec<Receipt> {
        self.height = self.height.next();
        self.time = self.time.after_ms(1000);
        let input = BlockInput {
            network: &self.network,
            network_id: self.network_id,
            height: self.height,
            time: self.time,
            proposer: NodeKey([1; 32]),
        };
        let listed: Vec<_> = transactions.iter().map(|one| (one.hash(), one)).collect();
        let mut known = ReadSet::new();
        let mut wanted = ahead;
        self.passes = 0;
        let outcome = loop {
            for key in wanted {
                known.insert(key, self.state.get(key));
            }
            self.passes += 1;
            let outcome = execute_block(&input, &listed, &known);
            wanted = known.take_missing();
            if wanted.is_empty() {
                break outcome;
            }
        };
        self.state.apply(outcome.writes.clone());
        let receipts = outcome.receipts.clone();
        self.last = Some(outcome);
        receipts
    }

    /// A transaction of one account, signed with its first key.
    fn transaction(&mut self, sender: AccountId, calls: Vec<Call>) -> Transaction {
        self.signed(vec![signed_by(sender, key_of(sender))], calls)
    }

    fn signed(&mut self, signatures: Vec<TransactionSignature>, calls: Vec<Call>) -> Transaction {
        self.salt += 1;
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&self.salt.to_be_bytes());
        let cosigners = signatures.iter().skip(1).map(|signature| signature.account).collect();
        Transaction {
            body: TransactionBody {
                network: self.network_id,
                sender: signatures[0].account,
                cosigners: VecMax::new(cosigners).unwrap(),
                valid_until: Height(100),
                salt: Salt(salt),
                calls: VecMax::new(calls).unwrap(),
            },
            signatures: VecMax::new(signatures).unwrap(),
        }
    }

    /// What registers a person with this key, and its account.
    fn register(&self, first: PublicKey) -> (AccountId, Call) {
        let salt = Salt([0; 16]);
        let account = AccountId::derive(self.network_id, &first, salt);
        let call = RegisterAccount { account, kind: AccountKind::Person, key: first, salt };
        (account, identity(&IdentityTx::RegisterAccount(call)))
    }

    /// Registers a person with this key in a block of its own.
    fn person(&mut self, n: u8) -> AccountId {
        let (person, call) = self.register(key(n));
        let transaction = self.signed(vec![signed_by(person, key(n))], vec![call]);
        assert_eq!(outcomes(&self.block(&[transaction])), ["ok"]);
        person
    }
}

fn identity(call: &IdentityTx) -> Call {
    Call { module: Identity::ID, payload: BytesMax::new(encode(call)).unwrap() }
}

fn governance(call: &GovernanceTx) -> Call {
    Call { module: Governance::ID, payload: BytesMax::new(encode(call)).unwrap() }
}

fn consent(call: &ConsentTx) -> Call {
    Call { module: Consent::ID, payload: BytesMax::new(encode(call)).unwrap() }
}

/// `ok` or the code of each receipt.
fn outcomes(receipts: &[Receipt]) -> Vec<String> {
    let outcome = |receipt: &Receipt| match &receipt.outcome {
        Outcome::Ok => "ok".to_owned(),
        Outcome::Refused { code, .. } => code.to_string(),
    };
    receipts.iter().map(outcome).collect()
}
