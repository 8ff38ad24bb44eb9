//! Accounts of accesses: written to the ledger, and final there, before anything is released.
//!
//! Reads that come together share one account (group commit): the first of them waits up to
//! [`GATHER`] for others. A patient has one account under way at a time, so sequence numbers are
//! allocated in order; different patients do not wait for each other. Numbers come from the ledger,
//! so a crash cannot make them wrong. Leaves are in the index before their account is sent.

mod writing;

use crate::{
    Result, VaultError,
    accounted::{AccountPath, Binding},
    actor::Actor,
    error::Doing as _,
    index::Index,
    keys::KeyRing,
    port::{ACCOUNTS_MAX, ConsentLedger, LedgerError, Tip},
};
use salus_consent::{AccessKind, Basis, PurposeOfUse, RecordId};
use salus_fhir::ResourceType;
use salus_types::{AccountId, BlockTime};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until},
};
use writing::Writer;

/// How long the first read waits for others to share its account.
pub(crate) const GATHER: Duration = Duration::from_millis(5);
/// Reads of one patient that share one account at most.
pub(crate) const GATHER_MAX: usize = 256;
/// Reads that wait for their account; further ones wait to be taken up.
const WAITING_MAX: usize = 4096;

/// An access that is to be accounted for.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) patient: AccountId,
    pub(crate) kind: AccessKind,
    pub(crate) accessor: AccountId,
    pub(crate) basis: Option<Basis>,
    pub(crate) purpose: PurposeOfUse,
    pub(crate) record: RecordId,
    pub(crate) version: u32,
    pub(crate) resource_type: ResourceType,
    pub(crate) time: BlockTime,
    /// Which person or system of the accessor asked, where it says so.
    pub(crate) actor: Option<Actor>,
    /// What binds its leaf to the request that it answers, to which the account is shown.
    pub(crate) binding: Option<Binding>,
}

/// An access whose account is final.
#[derive(Clone, Debug)]
pub(crate) struct Accounted {
    pub(crate) sequence: u64,
    pub(crate) tip: Tip,
    /// What shows it to who asked, if it answers a request.
    pub(crate) shown: Option<AccountPath>,
}

/// Why an access could not be accounted for.
#[derive(Clone, Debug)]
pub(crate) enum AccountFailure {
    /// The ledger did not take it.
    Ledger(LedgerError),
    /// The leaf could not be kept.
    Storage(Arc<VaultError>),
}

pub(crate) struct Waiting {
    access: Access,
    answer: oneshot::Sender<Result<Accounted, AccountFailure>>,
}

enum Command {
    Account(Box<Waiting>),
    Close(oneshot::Sender<()>),
}

/// Hands accesses to the one task that accounts for them.
#[derive(Debug)]
pub(crate) struct Accounts {
    commands: mpsc::Sender<Command>,
    writer: Arc<Writer>,
}

impl Accounts {
    pub(crate) fn start(
        organisation: AccountId,
        index: Index,
        keys: Arc<KeyRing>,
        ledger: Arc<dyn ConsentLedger>,
    ) -> Self {
        let (commands, receiver) = mpsc::channel(WAITING_MAX);
        let writer = Arc::new(Writer { organisation, index, keys, ledger });
        tokio::spawn(Gatherer::new(Arc::clone(&writer)).run(receiver));
        Self { commands, writer }
    }

    /// Accounts for an access; returns once the account is final.
    pub(crate) async fn account(&self, access: Access) -> Result<Accounted, AccountFailure> {
        let stopping = || {
            let detail = "the vault is closing".to_owned();
            AccountFailure::Ledger(LedgerError::Unavailable { detail })
        };
        let (answer, answered) = oneshot::channel();
        let command = Command::Account(Box::new(Waiting { access, answer }));
        self.commands.send(command).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())?
    }

    /// Accounts for an access without waiting; false if too many wait already.
    pub(crate) fn account_beside(&self, access: Access) -> bool {
        let (answer, _) = oneshot::channel();
        self.commands.try_send(Command::Account(Box::new(Waiting { access, answer }))).is_ok()
    }

    /// Finds out what became of accounts whose sending was interrupted.
    pub(crate) async fn settle(&self) -> Result<u64> {
        self.writer.settle(None).await.doing("asking what became of accounts of accesses")
    }

    /// Waits for the accounts that are under way, and takes no further ones.
    pub(crate) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.commands.send(Command::Close(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }
}

/// The task that gathers accesses into accounts.
struct Gatherer {
    writer: Arc<Writer>,
    queues: HashMap<AccountId, VecDeque<Waiting>>,
    under_way: HashSet<AccountId>,
    writing: JoinSet<Vec<AccountId>>,
    deadline: Option<Instant>,
}

impl Gatherer {
    fn new(writer: Arc<Writer>) -> Self {
        Self {
            writer,
            queues: HashMap::new(),
            under_way: HashSet::new(),
            writing: JoinSet::new(),
            deadline: None,
        }
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            let deadline = self.deadline.unwrap_or_else(Instant::now);
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Account(waiting)) => self.take(*waiting),
                    Some(Command::Close(answer)) => {
                        self.finish().await;
                        let _ = answer.send(());
                        return;
                    }
                    None => return self.finish().await,
                },
                Some(done) = self.writing.join_next(), if !self.writing.is_empty() => {
                    self.written(done);
                }
                () = sleep_until(deadline), if self.deadline.is_some() => {
                    self.deadline = None;
                    self.send();
                }
            }
        }
    }

    /// Sends everything that waits, and waits for it.
    async fn finish(&mut self) {
        self.send();
        while let Some(done) = self.writing.join_next().await {
            self.written(done);
        }
    }

    fn take(&mut self, waiting: Waiting) {
        let patient = waiting.access.patient;
        let queue = self.queues.entry(patient).or_default();
        queue.push_back(waiting);
        if queue.len() >= GATHER_MAX && !self.under_way.contains(&patient) {
            self.send();
        } else if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + GATHER);
        }
    }

    fn written(&mut self, done: Result<Vec<AccountId>, tokio::task::JoinError>) {
        match done {
            Ok(patients) => {
                for patient in patients {
                    self.under_way.remove(&patient);
                }
            }
            Err(error) => {
                // Which patients it was is lost with the task: nobody is locked out for it.
                tracing::error!(%error, "accounting for accesses stopped unexpectedly");
                if self.writing.is_empty() {
                    self.under_way.clear();
                }
            }
        }
        self.send();
    }

    /// Sends what waits for patients that have nothing under way.
    fn send(&mut self) {
        let ready: Vec<AccountId> =
            self.queues.keys().filter(|one| !self.under_way.contains(*one)).copied().collect();
        // Each patient may need one account for each basis; half the room leaves some for that.
        for patients in ready.chunks(ACCOUNTS_MAX / 2) {
            let mut batch = Vec::new();
            for patient in patients {
                let Some(queue) = self.queues.get_mut(patient) else { continue };
                let taken: Vec<Waiting> = queue.drain(..queue.len().min(GATHER_MAX)).collect();
                if queue.is_empty() {
                    self.queues.remove(patient);
                }
                self.under_way.insert(*patient);
                batch.push((*patient, taken));
            }
            let writer = Arc::clone(&self.writer);
            self.writing.spawn(async move { writer.write(batch).await });
        }
    }
}
