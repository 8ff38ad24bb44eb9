//! What requesters tell holders for the patient's log: the leaves of their requests, with audit events.
//!
//! A request on the ledger is the account of its accesses, whatever anybody tells: who asked, when, on
//! what basis, for how many records. Which records and which person, its requester knows. It tells the
//! holder, who was asked for the same records; the patient is shown both, or that nothing was told.

use super::messages::{RECORDS_MAX, Signed};
use crate::{Result, Vault, VaultError, asking::Asked, error::Doing as _};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_consent::{AccessKind, AccessLeaf, RequestId, query::ReleaseView};
use salus_crypto::merkle;
use salus_types::{AccountId, BlockTime, BytesMax, Hash, Height, NetworkId, Salt, VecMax, hash};

/// Kind of the message by which a holder asks a requester for leaves.
pub const TELL: &str = "tell";
/// Most requests in one question.
pub const TELL_MAX: usize = 64;
/// Longest audit event that is told.
const EVENT_BYTES_MAX: usize = 16 * 1024;
/// Releases that are asked for at a time.
const PAGE: u32 = 100;

/// A holder asks a requester for the leaves of requests.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TellRequest {
    /// The network.
    pub network: NetworkId,
    /// The holder, who asks.
    pub holder: AccountId,
    /// The requester, who is asked.
    pub to: AccountId,
    /// Whose records were read.
    pub patient: AccountId,
    /// Which requests.
    pub requests: VecMax<RequestId, TELL_MAX>,
    /// The latest block that the holder has executed.
    pub height: Height,
    /// Time of that block.
    pub time: BlockTime,
    /// Random; answered once.
    pub nonce: Salt,
}

/// An access of a request, with its audit event.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ToldLeaf {
    /// What the access was.
    pub leaf: AccessLeaf,
    /// The audit event whose hash is in the leaf.
    pub event: BytesMax<EVENT_BYTES_MAX>,
}

/// The accesses of one request.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ToldRequest {
    /// The request.
    pub request: RequestId,
    /// Its accesses, in order.
    pub leaves: VecMax<ToldLeaf, RECORDS_MAX>,
}

impl ToldLeaf {
    /// A leaf that names this event.
    pub(super) fn new(leaf: AccessLeaf, event: String) -> Result<Self> {
        let event = BytesMax::new(event.into_bytes())
            .map_err(|_| VaultError::Busy { what: "an audit event is at most 16 KiB" })?;
        Ok(Self { leaf: AccessLeaf { audit_event: Some(hash(&event)), ..leaf }, event })
    }
}

impl ToldRequest {
    /// Whether these are the accesses that the ledger's request commits to, all of them.
    pub fn holds(&self, release: &ReleaseView) -> bool {
        let stored = &release.stored;
        let hashes: Vec<Hash> = self.leaves.iter().map(|told| told.leaf.hash()).collect();
        let fits = |(told, place): (&ToldLeaf, u64)| {
            let leaf = &told.leaf;
            leaf.sequence == place
                && leaf.kind == (AccessKind::CustodialRead { request: self.request })
                && leaf.patient == stored.patient
                && leaf.custodian == stored.holder
                && leaf.accessor == stored.requester
                && leaf.audit_event == Some(hash(&told.event))
        };
        release.request == self.request
            && hashes.len() == stored.count as usize
            && merkle::root(&hashes) == stored.leaves_root
            && self.leaves.iter().zip(1..).all(fits)
    }
}

impl Vault {
    /// Every request for release of a patient's records here, in the order of their numbers, and the
    /// number that the next access under a request will have. None can be kept back: the ledger
    /// numbers them.
    ///
    /// # Errors
    ///
    /// [`VaultError::Ledger`]; [`VaultError::AccessesIncomplete`]: the ledger's own list has a gap.
    pub async fn releases(&self, patient: AccountId) -> Result<(Vec<ReleaseView>, u64)> {
        let mut all: Vec<ReleaseView> = Vec::new();
        let mut next = 1;
        loop {
            let from = all.len() as u64;
            let page = self.ledger.releases(patient, from, PAGE).await.doing(ASKING)?;
            if page.is_empty() {
                return Ok((all, next));
            }
            for release in page {
                if release.stored.first_sequence != next {
                    return Err(VaultError::AccessesIncomplete { sequence: next });
                }
                next += u64::from(release.stored.count);
                all.push(release);
            }
        }
    }

    /// Tells a holder the leaves of requests that this organisation made for records that it holds.
    /// Requests that are not known here are left out.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::Misdirected`], [`VaultError::StaleRequest`],
    /// [`VaultError::OrganisationInactive`], [`VaultError::BadSignature`], [`VaultError::Replayed`];
    /// [`VaultError::Storage`], [`VaultError::Integrity`].
    pub async fn tell(&self, signed: &Signed<TellRequest>) -> Result<Vec<ToldRequest>> {
        let ask = &signed.body;
        let question = Asked {
            network: ask.network,
            requester: ask.holder,
            to: ask.to,
            height: ask.height,
            time: ask.time,
            nonce: ask.nonce,
        };
        self.check_signed(TELL, &question, signed).await?;
        self.told(ask.patient, ask.holder, &ask.requests).await
    }

    /// The leaves of requests that this organisation made for a patient's records at a holder.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`], [`VaultError::Integrity`].
    pub async fn told(
        &self,
        patient: AccountId,
        holder: AccountId,
        requests: &[RequestId],
    ) -> Result<Vec<ToldRequest>> {
        let mut told = Vec::new();
        for request in requests {
            let Some(kept) = self.index.request(*request).await? else { continue };
            if kept.patient == patient && kept.holder == holder {
                let leaves = self.open_leaves(*request, &kept.leaves)?;
                told.push(ToldRequest { request: *request, leaves });
            }
        }
        Ok(told)
    }
}

const ASKING: &str = "asking for requests for release";
