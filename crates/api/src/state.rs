//! What handlers share.

use crate::{
    auth::ApiToken,
    custody::Custody,
    erasures::Erasures,
    fhir::{FhirRecords, export::Exports},
    limits::Limits,
    port::Ledger,
    rate::Rates,
    records::Records,
    routes::operator::Operator,
    rules::RecordRules,
    smart::Clients,
};
use salus_types::{AccountId, NetworkId};
use std::{ops::Deref, sync::Arc};
use tokio::sync::Semaphore;

/// What the API stands on.
#[derive(Clone)]
pub struct ApiState {
    /// The ledger as this node has it.
    pub ledger: Arc<dyn Ledger>,
    /// The records of this organisation, where the node is its gateway.
    pub vault: Option<Arc<dyn Records>>,
    /// Their keys that are with custodians, and shares of others' keys.
    pub custody: Option<Arc<dyn Custody>>,
    /// Their erasure.
    pub erasures: Option<Arc<dyn Erasures>>,
    /// Rules about them.
    pub rules: Option<Arc<dyn RecordRules>>,
    /// The same records as FHIR resources.
    pub fhir: Option<Arc<dyn FhirRecords>>,
    /// Where clients reach this interface, such as `https://gateway.example`, without a slash at the
    /// end. It stands in what FHIR clients are given.
    pub base_url: String,
    /// The organisation whose records they are: its account holds the registrations of its clients.
    pub organisation: Option<AccountId>,
    /// What the node offers its operator.
    pub operator: Option<Arc<dyn Operator>>,
    /// What callers show for the routes of the vault and the operator; without it nobody passes.
    pub token: Option<ApiToken>,
    /// Bounds on requests.
    pub limits: Limits,
}

/// The state and the places that are taken, behind one pointer.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

pub(crate) struct Inner {
    state: ApiState,
    /// The network's id.
    pub(crate) network: NetworkId,
    /// How many requests clients send.
    pub(crate) rates: Rates,
    /// Exports that were asked for.
    pub(crate) exports: Exports,
    /// Clients that have shown who they are.
    pub(crate) clients: Clients,
    /// Requests being answered.
    pub(crate) requests: Arc<Semaphore>,
    /// Event listeners.
    pub(crate) listeners: Arc<Semaphore>,
    /// Submissions whose bodies are in memory.
    pub(crate) submissions: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(state: ApiState) -> Self {
        let places = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self(Arc::new(Inner {
            exports: Exports::default(),
            clients: Clients::new(),
            rates: Rates::new(&state.limits),
            requests: places(state.limits.requests_max),
            listeners: places(state.limits.listeners_max),
            submissions: places(state.limits.submissions_max),
            network: state.ledger.network().id(),
            state,
        }))
    }
}

impl Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = ApiState;

    fn deref(&self) -> &ApiState {
        &self.state
    }
}
