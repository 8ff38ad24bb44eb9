//! The transactions of the benchmark: each from one of many accounts, with its own signature, putting
//! a new public entry of 300 bytes. Two keys of the state are written: the account and the entry.

use crate::submit::{Signer, call, sign};
use anyhow::Context as _;
use bytes::Bytes;
use indicatif::ProgressBar;
use rand::Rng as _;
use salus_crypto::sign::SigningKey;
use salus_identity::{
    Identity, IdentityTx,
    tx::{RegisterAccount, SetEntry},
};
use salus_types::{
    AccountId, AccountKind, BytesMax, Height, NetworkId, Salt, SignatureAlgorithm, TextMax,
    Transaction, TransactionHash,
};
use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Bytes of the value of an entry.
const VALUE_BYTES: usize = 300;

/// A transaction, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// What identifies it.
    pub(crate) hash: TransactionHash,
    /// Its canonical bytes.
    pub(crate) bytes: Bytes,
}

impl From<Transaction> for Prepared {
    fn from(transaction: Transaction) -> Self {
        Self { hash: transaction.hash(), bytes: transaction.to_bytes().into() }
    }
}

/// Makes transactions: before the clock starts, and while it runs once those are used up.
#[derive(Debug)]
pub(crate) struct Source {
    network: NetworkId,
    accounts: Vec<Signer>,
    /// Calls of a transaction, each with an entry of its own.
    calls: u64,
    ready: Mutex<VecDeque<Prepared>>,
    /// Transactions made so far: the number of the next one.
    made: AtomicU64,
    /// The last height at which the next one may be in a block.
    valid_until: AtomicU64,
}

impl Source {
    /// A source of transactions from so many new accounts, with so many calls each.
    pub(crate) fn new(network: NetworkId, accounts: usize, calls: u64) -> Self {
        let accounts = (0..accounts)
            .map(|_| {
                let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
                let account = AccountId::derive(network, &key.public(), Salt([0; 16]));
                Signer { account, key }
            })
            .collect();
        Self {
            network,
            accounts,
            calls,
            ready: Mutex::default(),
            made: AtomicU64::new(0),
            valid_until: AtomicU64::new(0),
        }
    }

    /// Says how long transactions made from now on are valid.
    pub(crate) fn valid_until(&self, height: Height) {
        self.valid_until.store(height.0, Ordering::Relaxed);
    }

    /// The transactions that register the accounts, each signed by its own key.
    pub(crate) fn registrations(&self) -> Vec<Prepared> {
        let valid_until = Height(self.valid_until.load(Ordering::Relaxed));
        let register = |signer: &Signer| {
            let register = IdentityTx::RegisterAccount(RegisterAccount {
                account: signer.account,
                kind: AccountKind::Device,
                key: signer.key.public(),
                salt: Salt([0; 16]),
            });
            sign(self.network, signer, valid_until, vec![call::<Identity>(&register)]).into()
        };
        self.accounts.iter().map(register).collect()
    }

    /// Signs so many transactions ahead, on every core.
    pub(crate) fn prepare(&self, count: u64, progress: &ProgressBar) {
        let threads = u64::try_from(super::machine::cores()).unwrap_or(1);
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let share = count / threads + u64::from(thread < count % threads);
                scope.spawn(move || {
                    let mut made = Vec::new();
                    for _ in 0..share {
                        made.push(self.make());
                        progress.inc(1);
                    }
                    self.ready.lock().expect("no maker panics").extend(made);
                });
            }
        });
    }

    /// Takes transactions, those signed ahead first.
    pub(crate) fn take(&self, count: usize) -> anyhow::Result<Vec<Prepared>> {
        let mut taken: Vec<Prepared> = {
            let mut ready = self.ready.lock().ok().context("a maker of transactions panicked")?;
            let ready_count = ready.len().min(count);
            ready.drain(..ready_count).collect()
        };
        while taken.len() < count {
            taken.push(self.make());
        }
        Ok(taken)
    }

    fn make(&self) -> Prepared {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let index = usize::try_from(number).unwrap_or_default() % self.accounts.len();
        let entry = |place: u64| {
            let mut value = vec![0; VALUE_BYTES];
            rand::rng().fill_bytes(&mut value);
            let number = number * self.calls + place;
            IdentityTx::SetEntry(SetEntry {
                name: TextMax::new(format!("entry-{number}")).expect("a number is a short name"),
                value: BytesMax::new(value).expect("a value of the benchmark is within the bound"),
            })
        };
        let valid_until = Height(self.valid_until.load(Ordering::Relaxed));
        let calls = (0..self.calls).map(|place| call::<Identity>(&entry(place))).collect();
        sign(self.network, &self.accounts[index], valid_until, calls).into()
    }
}
