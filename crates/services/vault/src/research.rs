//! Exports for research: a patient's records as a project gets them, under a grant that asks for it.
//!
//! The holder decides, accounts and opens as for a read; then it takes out who the patient is
//! ([`salus_fhir::pseudonymise`]) and seals the page to who asked. Pseudonyms are keyed with the vault's
//! root key: the same within one project of one organisation, of no use in another, and nobody who has
//! them all comes back to a record without this vault.

use crate::{
    Result, ScopeOpening, Vault, VaultError,
    asking::Asked,
    error::Doing as _,
    index::records::StoredVersion,
    read::{Ask, DECIDING},
    rules::{Act, Asking},
};
use borsh::{BorshDeserialize, BorshSerialize};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use salus_consent::{Basis, GrantId, PurposeOfUse, RecordId};
use salus_crypto::{
    seal::{self, DataKey},
    wrap::{self, SealingPublic, SealingSecret},
};
use salus_fhir::{Pseudonymise, pseudonymise::kept};
use salus_types::{
    AccountId, BlockTime, BytesMax, Hash, Height, NetworkId, Salt, TextMax, encode, hash_parts,
};
use serde::{Deserialize, Serialize};

/// Kind of a signed [`ExportRequest`].
pub const EXPORT: &str = "export";

/// Records that are looked at for one page.
const PAGE: u32 = 256;
/// Reads under way at the same time for one page: they share accounts.
const READS_AT_A_TIME: usize = 256;
const WRAP_INFO: &[u8] = b"salus/research-export/1";
const NAME: &str = "salus/research-pseudonym/1";
const SHIFT: &str = "salus/research-shift/1";
/// Most days by which dates are moved, back.
const SHIFT_DAYS_MAX: i32 = 364;
const YEAR_MS: u64 = 31_556_952_000;

/// Asks for a page of a patient's records as a project gets them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// The network whose ledger decides.
    pub network: NetworkId,
    /// The organisation that asks.
    pub requester: AccountId,
    /// The organisation that is asked.
    pub to: AccountId,
    /// The grant for it.
    pub grant: GrantId,
    /// Opens the commitment to its scope, for a holder that was not given the opening.
    pub scope: Option<ScopeOpening>,
    /// What for.
    pub purpose: PurposeOfUse,
    /// The project: pseudonyms are the same within it.
    pub project: TextMax<64>,
    /// After this record: the one that the page before ended with.
    pub after: Option<RecordId>,
    /// The latest block that the requester has executed.
    pub height: Height,
    /// Time of that block.
    pub time: BlockTime,
    /// Random; answered once.
    pub nonce: Salt,
}

/// A page of an export, sealed to who asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportResponse {
    /// The request that it answers: [`ExportRequest::hash`].
    pub request: Hash,
    /// How many records are on the page.
    pub records: u32,
    /// After which record the next page begins; none for the last one.
    pub next: Option<RecordId>,
    /// The key of the page, wrapped to the requester.
    pub key: BytesMax<4096>,
    /// The page: one resource on each line.
    pub sealed: BytesMax<{ crate::remote::CIPHERTEXT_BYTES_MAX }>,
}

impl ExportRequest {
    /// What identifies the request.
    pub fn hash(&self) -> Hash {
        hash_parts(&[b"salus/export-request/1", &encode(self)])
    }
}

impl ExportResponse {
    /// Opens a page at the requester's side.
    ///
    /// # Errors
    ///
    /// [`VaultError::NotOpenable`]: it answers another request, or does not open with this secret.
    pub fn open(&self, request: &ExportRequest, secret: &SealingSecret) -> Result<String> {
        let hash = request.hash();
        let open = || {
            let key = wrap::unwrap(secret, WRAP_INFO, &hash.0, &self.key).ok()?;
            let key = DataKey::from_bytes(key.as_slice().try_into().ok()?);
            let plain = seal::open(&key, &hash.0, &self.sealed).ok()?;
            String::from_utf8(plain.to_vec()).ok()
        };
        if self.request != hash {
            return Err(VaultError::NotOpenable);
        }
        open().ok_or(VaultError::NotOpenable)
    }
}

impl Vault {
    /// Gives a page of the records that a grant covers, as a project gets them. Each is accounted for
    /// as exported. Records of other types than [`kept`] has, those whose keys are with custodians, and
    /// those that a consent or a rule denies, are not in it.
    ///
    /// # Errors
    ///
    /// The first that applies: those of the question itself, as in [`Self::serve`];
    /// [`VaultError::NoGrant`]; [`VaultError::UnknownPatient`]; those of the grant, accounted for as
    /// refused; [`VaultError::AccountNotWritten`]; [`VaultError::Integrity`].
    pub async fn serve_export(
        &self,
        signed: &crate::custodial::Signed<ExportRequest>,
    ) -> Result<ExportResponse> {
        let request = &signed.body;
        let asked = Asked {
            network: request.network,
            to: request.to,
            requester: request.requester,
            height: request.height,
            time: request.time,
            nonce: request.nonce,
        };
        let organisation = self.authentic(&asked, |keys| signed.verify(EXPORT, keys)).await?;
        let to = SealingPublic::from_bytes(&organisation.sealing_key)
            .map_err(|_| VaultError::OrganisationInactive)?;
        let basis = Basis::Grant(request.grant);
        let found = self.ledger.standing(basis, request.height).await.doing(DECIDING)?;
        let patient = found.value.ok_or(VaultError::NoGrant)?.patient;
        if !self.index.has_patient(patient).await? {
            return Err(VaultError::UnknownPatient);
        }
        let filter = crate::RecordFilter {
            patient: Some(patient),
            after: request.after,
            limit: PAGE,
            ..crate::RecordFilter::default()
        };
        let page = self.index.records(&filter).await?;
        let full = page.len() >= PAGE as usize;
        let next = page.last().map(|one| one.record).filter(|_| full);
        let ask = |record| Ask {
            record,
            accessor: request.requester,
            basis: Some(basis),
            scope: request.scope.clone(),
            asking: Asking::for_purpose(request.purpose).act(Act::Export),
            at_least: request.height,
            request: None,
        };
        let mut covered = Vec::new();
        for summary in page.iter().filter(|one| kept(one.resource_type.name()).is_some()) {
            let Some(stored) = self.index.latest(summary.record).await? else { continue };
            let ask = ask(summary.record);
            match self.decide(&ask, &stored, request.height).await {
                Ok(_) => covered.push((ask, stored)),
                // What is not in the scope, not to be opened here, or denied by a consent or a rule, is
                // not in the export.
                Err(
                    VaultError::Scope
                    | VaultError::Custodial
                    | VaultError::ConsentDenied
                    | VaultError::RuleDenied,
                ) => {}
                Err(refusal) => return Err(self.refused(&ask, &stored, refusal).await),
            }
        }
        let lines: Vec<Option<String>> = stream::iter(covered)
            .map(|(ask, stored)| self.line(request, patient, ask, stored))
            .buffered(READS_AT_A_TIME)
            .try_collect()
            .await?;
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let (hash, key) = (request.hash(), DataKey::generate());
        let too_large = |_| VaultError::Integrity { what: "the size of an export" };
        Ok(ExportResponse {
            request: hash,
            records: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            next,
            key: BytesMax::new(wrap::wrap(&to, WRAP_INFO, &hash.0, key.as_bytes()))
                .map_err(too_large)?,
            sealed: BytesMax::new(seal::seal(&key, &hash.0, text.as_bytes())).map_err(too_large)?,
        })
    }

    /// Accounts for a record, opens it, and takes out whose it is.
    async fn line(
        &self,
        request: &ExportRequest,
        patient: AccountId,
        ask: Ask,
        stored: StoredVersion,
    ) -> Result<Option<String>> {
        let released = self.read_stored(ask, stored).await?;
        let shown = self.shown(&released.stored, &released.opened).await?;
        let project = [&request.requester.0[..], request.project.as_bytes()];
        let name = |id: &str| {
            let named = self.keys.blind(NAME, &[project[0], project[1], b"\n", id.as_bytes()]);
            named.to_string().chars().take(32).collect()
        };
        let shift = self.keys.blind(SHIFT, &[project[0], project[1], b"\n", &patient.0]);
        let shift = i32::from(u16::from_be_bytes([shift.0[0], shift.0[1]])) % SHIFT_DAYS_MAX;
        let year = 1970 + released.accounted.tip.time.unix_ms() / YEAR_MS;
        let rules = Pseudonymise {
            name: &name,
            shift_days: -1 - shift,
            year: i32::try_from(year).unwrap_or(i32::MAX),
        };
        Ok(rules.apply(&shown.text))
    }
}
