//! Why the vault refuses, with stable codes.

use crate::port::LedgerError;
use salus_fhir::{FhirError, document::DocumentError, labels::LabellingError};

macro_rules! vault_errors {
    ($(
        $(#[doc = $doc:literal])*
        #[code = $code:literal]
        #[error($message:literal)]
        $variant:ident $({ $($(#[$fmeta:meta])* $field:ident : $type:ty),* $(,)? })?
    ),* $(,)?) => {
        /// Why the vault refuses.
        #[derive(Debug, thiserror::Error)]
        pub enum VaultError {
            $(
                $(#[doc = $doc])*
                #[doc = concat!(" Code: `", $code, "`.")]
                #[error($message)]
                $variant $({ $($(#[$fmeta])* $field : $type),* })?
            ),*,
            /// The bundle was not accepted. Code: the reader's own, `fhir.…`.
            #[error(transparent)]
            Fhir(#[from] FhirError),
            /// Labels cannot be set so. Code: `fhir_labels.…`.
            #[error(transparent)]
            Labels(#[from] LabellingError),
            /// The document is none. Code: `document.…`.
            #[error(transparent)]
            Document(#[from] DocumentError),
        }

        impl VaultError {
            /// The stable code.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)*
                    Self::Fhir(error) => error.code(),
                    Self::Labels(error) => error.code(),
                    Self::Document(error) => error.code(),
                }
            }
        }
    };
}

vault_errors! {
    /// No such grant is on the ledger.
    #[code = "vault.no_grant"]
    #[error("there is no such grant on the ledger; ask the patient for one")]
    NoGrant,
    /// The grant was revoked.
    #[code = "vault.grant_revoked"]
    #[error("the patient has revoked this grant; it gives nothing any more")]
    GrantRevoked,
    /// The grant's period is over.
    #[code = "vault.grant_expired"]
    #[error("the grant's period is over; ask the patient for a new one")]
    GrantExpired,
    /// The grant's period has not begun.
    #[code = "vault.grant_not_yet"]
    #[error("the grant's period has not begun yet")]
    GrantNotYet,
    /// What the grant depended on has ended.
    #[code = "vault.grant_ended"]
    #[error("the episode or the grant on which this grant depended has ended, and it with that")]
    GrantEnded,
    /// What it rests on is for another purpose.
    #[code = "vault.purpose"]
    #[error("what this rests on is for another purpose than the one given")]
    Purpose,
    /// The scope does not cover the record, or its opening was not given to this custodian.
    #[code = "vault.scope"]
    #[error("what this rests on does not cover this record, or its scope was not registered with this custodian")]
    Scope,
    /// A consent of the patient denies it, or the one that the grant names does not permit it.
    #[code = "vault.consent_denied"]
    #[error("the patient's consents do not allow this; ask the organisation that keeps the record why")]
    ConsentDenied,
    /// The rules of the organisation do not permit it.
    #[code = "vault.rule_denied"]
    #[error("the rules of the organisation that keeps the record do not allow this to who asks")]
    RuleDenied,
    /// Labels of a record were set too often.
    #[code = "vault.too_many_labels"]
    #[error("labels of this record were set 64 times; import it anew with the right ones")]
    TooManyLabels,
    /// What it rests on is for another reader.
    #[code = "vault.grantee"]
    #[error("what this rests on is for another organisation than the one that asks")]
    Grantee,
    /// The grant is for exports in which nobody can be recognised.
    #[code = "vault.pseudonymised"]
    #[error("this grant gives no records as they are; ask for the pseudonymised export")]
    Pseudonymised,
    /// No such episode is on the ledger.
    #[code = "vault.no_episode"]
    #[error("there is no such episode on the ledger; ask the patient to open one")]
    NoEpisode,
    /// The record is of another patient than the episode.
    #[code = "vault.episode_elsewhere"]
    #[error("the episode is another patient's")]
    EpisodeElsewhere,
    /// The episode is over.
    #[code = "vault.episode_closed"]
    #[error("the episode is over; it gives nothing any more")]
    EpisodeClosed,
    /// No such emergency is on the ledger.
    #[code = "vault.no_emergency"]
    #[error("there is no such emergency on the ledger; open one first")]
    NoEmergency,
    /// The patient has not said what is for emergencies.
    #[code = "vault.no_emergency_set"]
    #[error("the patient has set no rules for emergencies on the ledger")]
    NoEmergencySet,
    /// The record is of another patient than the emergency.
    #[code = "vault.emergency_elsewhere"]
    #[error("the emergency is another patient's")]
    EmergencyElsewhere,
    /// The emergency was closed, or its time is over.
    #[code = "vault.emergency_over"]
    #[error("the emergency is closed or its time is over; it gives nothing any more")]
    EmergencyOver,
    /// The emergency needs a second person.
    #[code = "vault.second_person"]
    #[error("this emergency gives access once a second person of the service has signed it")]
    SecondPerson,
    /// The record is of a marked class, and no second person has signed the emergency.
    #[code = "vault.marked"]
    #[error("by its labels this record is restricted or sensitive; in an emergency it is given once a second person of the service has signed")]
    Marked,
    /// The service is no longer accredited.
    #[code = "vault.not_accredited"]
    #[error("the organisation is no accredited emergency service any more")]
    NotAccredited,
    /// Everything of the patient was erased.
    #[code = "vault.erased"]
    #[error("the records of this patient were erased here")]
    Erased,
    /// The grant names another custodian, or the record is of another patient.
    #[code = "vault.grant_elsewhere"]
    #[error("the grant is for records of another patient or of another custodian")]
    GrantElsewhere,
    /// The keys are with custodians, and the way of reading is another.
    #[code = "vault.custodial"]
    #[error("the key of this record is with custodians; ask for its release on the ledger first")]
    Custodial,
    /// The keys are not with custodians, and the way of reading is another.
    #[code = "vault.not_custodial"]
    #[error("the key of this record is not with custodians; read it under the grant")]
    NotCustodial,
    /// Custodians are not appointed as is claimed, or numbers are no sharing.
    #[code = "vault.custodians"]
    #[error("the ledger shows no such arrangement of custodians, or it is no sharing of 1 to 16")]
    Custodians,
    /// A share is not what was committed to.
    #[code = "vault.bad_share"]
    #[error("a share is not one of the key that was committed to; ask for the arrangement anew")]
    BadShare,
    /// No final request on the ledger allows it.
    #[code = "vault.no_request"]
    #[error("no final request on the ledger allows this now; send one and wait until it is final")]
    NoRequest,
    /// Fewer custodians than needed answered with a share that fits.
    #[code = "vault.too_few_shares"]
    #[error("{found} custodians gave a share that fits, and {needed} are needed; ask again")]
    TooFewShares {
        /// How many did.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// There is no such record here.
    #[code = "vault.unknown_record"]
    #[error("this vault has no such record")]
    UnknownRecord,
    /// There is no such patient here.
    #[code = "vault.unknown_patient"]
    #[error("this vault has no such patient")]
    UnknownPatient,
    /// No such erasure was asked for.
    #[code = "vault.unknown_erasure"]
    #[error("no such erasure was asked for on the ledger")]
    UnknownErasure,
    /// The record is sealed and waits for its anchor.
    #[code = "vault.not_anchored"]
    #[error("the record is not yet anchored on the ledger; try again shortly")]
    NotAnchored,
    /// The account of the read could not be written, so nothing was released.
    #[code = "vault.account_not_written"]
    #[error("the account of this read could not be written to the ledger, so nothing was released; try again")]
    AccountNotWritten {
        /// Why.
        #[source] source: LedgerError,
    },
    /// Bytes at rest are not what was anchored.
    #[code = "vault.integrity"]
    #[error("{what} does not match what is anchored on the ledger; nothing was released; restore it from a back-up")]
    Integrity {
        /// What does not match.
        what: &'static str,
    },
    /// The opening of a scope does not match the grant.
    #[code = "vault.scope_mismatch"]
    #[error("the scope and salt given do not open the commitment of the grant")]
    ScopeMismatch,
    /// A request was signed for another network or another custodian.
    #[code = "vault.misdirected"]
    #[error("the request is meant for another network or another custodian")]
    Misdirected,
    /// A request's signature is not by a key of the organisation that asks.
    #[code = "vault.bad_signature"]
    #[error("the request is not signed by a current key of the organisation that asks")]
    BadSignature,
    /// A request is too old or too far ahead.
    #[code = "vault.stale_request"]
    #[error("the request is too old, or ahead of this node; bring both nodes up to date and ask again")]
    StaleRequest,
    /// A request was answered before.
    #[code = "vault.replayed"]
    #[error("this very request was answered before; sign a new one")]
    Replayed,
    /// The reader's organisation is not in good standing.
    #[code = "vault.organisation_inactive"]
    #[error("the organisation is not a member in good standing")]
    OrganisationInactive,
    /// An answer does not open with this key, or is an answer to something else.
    #[code = "vault.not_openable"]
    #[error("the answer does not open with this organisation's key, or answers another request")]
    NotOpenable,
    /// A record came without an account of the access on the ledger.
    #[code = "vault.unaccounted"]
    #[error("the answer names access {sequence}, and the ledger has no such account of it; nothing was opened; tell the patient and the members")]
    Unaccounted {
        /// The number that the answer names.
        sequence: u64,
    },
    /// The resource has another version by now than the writer says.
    #[code = "vault.version_conflict"]
    #[error("the resource has another version by now; read it again and send the change anew")]
    VersionConflict,
    /// Several resources meet the condition of a write.
    #[code = "vault.ambiguous_condition"]
    #[error("several resources meet the condition of this write; make it narrower")]
    AmbiguousCondition,
    /// A search would have to look at too many records.
    #[code = "vault.search_too_broad"]
    #[error("the search would look at more than {max} records; name a patient, or a narrower type")]
    SearchTooBroad {
        /// How many are looked at.
        max: usize,
    },
    /// The next page of a search is asked for, and the search is not remembered.
    #[code = "vault.search_forgotten"]
    #[error("this page belongs to a search that is no longer remembered; search again")]
    SearchForgotten,
    /// Too much at once.
    #[code = "vault.busy"]
    #[error("{what}; try again shortly")]
    Busy {
        /// What is under way.
        what: &'static str,
    },
    /// The accounts on the ledger and the leaves here do not match.
    #[code = "vault.accesses_incomplete"]
    #[error("access {sequence} is accounted for on the ledger and cannot be shown from this vault")]
    AccessesIncomplete {
        /// The first sequence number that is missing or does not match.
        sequence: u64,
    },
    /// The ledger did not do as asked.
    #[code = "vault.ledger"]
    #[error("{doing} did not succeed; nothing was lost, try again")]
    Ledger {
        /// What was being done.
        doing: &'static str,
        /// Why it did not succeed.
        #[source] source: LedgerError,
    },
    /// Reading or writing the vault's folder failed.
    #[code = "vault.storage"]
    #[error("{doing} failed; nothing was acknowledged; check space and permissions of the vault's folder")]
    Storage {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source] source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The folder was made by another version, network, organisation or key.
    #[code = "vault.home"]
    #[error("the vault's folder belongs to another {what}; give the right folder")]
    Home {
        /// What differs.
        what: &'static str,
    },
}

/// Says what was being done when storage or the ledger failed.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| VaultError::Storage { doing, source: source.into() })
    }
}

impl<T> Doing<T> for Result<T, object_store::Error> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| VaultError::Storage { doing, source: source.into() })
    }
}

impl<T> Doing<T> for Result<T, std::io::Error> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| VaultError::Storage { doing, source: source.into() })
    }
}

impl<T> Doing<T> for Result<T, tokio::task::JoinError> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| VaultError::Storage { doing, source: source.into() })
    }
}

impl<T> Doing<T> for Result<T, LedgerError> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| VaultError::Ledger { doing, source })
    }
}

/// Short for what most functions here return.
pub type Result<T, E = VaultError> = std::result::Result<T, E>;
