//! What the demo found, as one JSON object. Every number is measured in this run.

use crate::bench::stats::Percentiles;
use serde::Serialize;

/// The numbers of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Validators that ran.
    pub(crate) validators: usize,
    /// Patients whose bundles were imported.
    pub(crate) patients: usize,
    /// Resources sealed and anchored.
    pub(crate) records_imported: u64,
    /// Bytes of the bundles, after decompression.
    pub(crate) bytes_imported: u64,
    /// Megabytes of bundles a second, from the first byte sent to the last anchor final.
    pub(crate) import_mb_per_s: f64,
    /// Reads that released a record.
    pub(crate) reads_allowed: u64,
    /// Reads that were refused, for whatever reason.
    pub(crate) reads_denied: u64,
    /// Of them, without a grant.
    pub(crate) reads_denied_without_grant: u64,
    /// Of them, of a record that the grant does not cover.
    pub(crate) reads_denied_outside_scope: u64,
    /// Of them, for a purpose that the grant does not name.
    pub(crate) reads_denied_for_other_purpose: u64,
    /// Of them, by an organisation that the grant does not name.
    pub(crate) reads_denied_to_others: u64,
    /// Of them, after the patient had revoked the grant.
    pub(crate) reads_denied_after_revocation: u64,
    /// Of them, after the grant had expired.
    pub(crate) reads_denied_after_expiry: u64,
    /// Released reads that the patients' accounts show, checked against the ledger.
    pub(crate) accesses_accounted: u64,
    /// Refused reads that the patients' accounts show.
    pub(crate) refusals_accounted: u64,
    /// Proofs that a separate process verified without a network.
    pub(crate) proofs_verified_offline: u64,
    /// Identifiers of the patients that were searched for.
    pub(crate) identifiers_searched: usize,
    /// Files and answers that were searched.
    pub(crate) places_searched: u64,
    /// Bytes that were searched.
    pub(crate) bytes_searched: u64,
    /// Identifiers found in ledger stores, states, logs, metrics and blocks.
    pub(crate) identifiers_found_on_ledger: usize,
    /// Identifiers found in the vaults, which are off the ledger and sealed.
    pub(crate) identifiers_found_in_vaults: usize,
    /// From sending to final, for transactions sent one after the other.
    pub(crate) finality_ms: Percentiles,
    /// How many such transactions were measured.
    pub(crate) finality_samples: u64,
    /// From asking for a revocation to a read being refused because of it.
    pub(crate) revocation_enforced_ms: f64,
    /// Height of the ledger at the end.
    pub(crate) height: u64,
    /// Cores that the machine offers.
    pub(crate) cores: usize,
    /// How long all of it took.
    pub(crate) seconds: f64,
}

impl Report {
    /// What should hold and does not; empty when all is well.
    pub(crate) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                broken.push(what.to_owned());
            }
        };
        expect(self.records_imported > 0, "no record was imported");
        expect(self.reads_allowed > 0, "no read was allowed");
        expect(self.reads_denied_without_grant > 0, "no read was refused without a grant");
        expect(self.reads_denied_after_revocation > 0, "no read was refused after revocation");
        expect(self.reads_denied_after_expiry > 0, "no read was refused after expiry");
        expect(
            self.accesses_accounted == self.reads_allowed,
            "the patients' accounts do not show every read",
        );
        expect(self.proofs_verified_offline >= 2, "fewer than two proofs were verified offline");
        expect(self.identifiers_searched > 0, "there was no identifier to search for");
        expect(self.identifiers_found_on_ledger == 0, "identifiers of patients are on the ledger");
        expect(self.identifiers_found_in_vaults == 0, "identifiers of patients are not sealed");
        broken
    }
}
