//! What an organisation says that it destroyed. Signed, kept off the ledger; its hash is attested.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_consent::{ErasureId, KeyHolder, RecordId};
use salus_crypto::{commit::commitment, random, sign};
use salus_types::{
    AccountId, BlockTime, Hash, NetworkId, PublicKey, Signature, VecMax, encode, hash_parts,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

const REPORT_DOMAIN: &[u8] = b"salus/erasure-report/1";
const SIGN_DOMAIN: &[u8] = b"salus/sign-erasure-report/1";
const RECORDS_DOMAIN: &str = "salus/erasure-records/1";
/// Most records that one erasure of some names.
pub const RECORDS_MAX: usize = salus_consent::state::ERASED_RECORDS_MAX;

/// What was destroyed. It says how much and nothing of what or whose: whoever knows the erasure knows
/// the pseudonym from the ledger, and nobody learns more.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ErasureReport {
    /// The network.
    pub network: NetworkId,
    /// The erasure.
    pub erasure: ErasureId,
    /// Who destroyed.
    pub organisation: AccountId,
    /// As what it held keys.
    pub role: KeyHolder,
    /// How many rows of which table of its index, and how many bytes of sealed records.
    pub destroyed: BTreeMap<String, u64>,
    /// Block time when it was done.
    pub time: BlockTime,
}

/// A report with the organisation's signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SignedErasureReport {
    /// The report.
    pub report: ErasureReport,
    /// The key that signed it.
    pub key: PublicKey,
    /// The signature.
    pub signature: Signature,
}

impl ErasureReport {
    /// What is signed.
    pub fn signed_bytes(&self) -> Vec<u8> {
        [SIGN_DOMAIN, &hash_parts(&[REPORT_DOMAIN, &encode(self)]).0].concat()
    }
}

impl SignedErasureReport {
    /// What is attested on the ledger.
    pub fn digest(&self) -> Hash {
        hash_parts(&[REPORT_DOMAIN, &encode(self)])
    }

    /// Whether the signature is by its key. Whether that key was the organisation's, the ledger says.
    pub fn is_signed(&self) -> bool {
        sign::verify(&self.key, &self.report.signed_bytes(), &self.signature).is_ok()
    }
}

/// What opens the commitment of an erasure of some records.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureOpening {
    /// Which records, each once, in ascending order.
    pub records: VecMax<RecordId, RECORDS_MAX>,
    /// The salt of the commitment.
    pub salt: Hash,
}

impl ErasureOpening {
    /// An opening with a fresh salt; none for more than [`RECORDS_MAX`] records.
    pub fn new(mut records: Vec<RecordId>) -> Option<Self> {
        records.sort_unstable();
        records.dedup();
        Some(Self { records: VecMax::new(records).ok()?, salt: Hash(random()) })
    }

    /// The commitment that stands on the ledger.
    pub fn commitment(&self) -> Hash {
        commitment(RECORDS_DOMAIN, &self.salt.0, &encode(&self.records))
    }
}

impl fmt::Debug for ErasureOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErasureOpening([redacted])")
    }
}
