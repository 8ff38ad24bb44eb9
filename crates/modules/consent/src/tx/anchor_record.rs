//! Anchoring a version of a record.

use crate::{
    ConsentError, ConsentEvent, RecordId,
    acting::is_person,
    state::{self, Record, RecordVersion},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, Hash};
use serde::{Deserialize, Serialize};

/// Anchors a version of a record that the sender keeps for a patient. 165 bytes.
///
/// The record's bytes stay with the sender. Versions 1, 2, … are anchored in order, by the same
/// custodian. A patient whose account is suspended still gets records.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorRecord {
    /// The record: random, the same for all versions.
    pub record: RecordId,
    /// Whose it is.
    pub patient: AccountId,
    /// The version: 1 for a new record, else one more than the latest.
    pub version: u32,
    /// Salted hash of the exact plain bytes.
    pub plain_commitment: Hash,
    /// Hash of the sealed bytes.
    pub cipher_hash: Hash,
    /// Salted hash of the category whose key opens it.
    pub category_commitment: Hash,
}

impl AnchorRecord {
    /// Anchors the version.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotAnOrganisation`]: the sender is no organisation.
    /// 2. [`ConsentError::UnknownPatient`]: the patient is no person on the ledger.
    /// 3. [`ConsentError::NotCustodian`]: another organisation anchored the record.
    /// 4. [`ConsentError::WrongPatient`]: the record is another patient's.
    /// 5. [`ConsentError::Erased`]: the record is erased, or all of the patient at this custodian.
    /// 6. [`ConsentError::WrongVersion`]: the version is not the next one.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let sender = ctx.sender();
        if !identity::is_active_organisation(ctx.state(), sender) {
            return Err(ConsentError::NotAnOrganisation { account: sender });
        }
        if !is_person(ctx.state(), self.patient) {
            return Err(ConsentError::UnknownPatient { patient: self.patient });
        }
        let before = state::record(ctx.state(), self.record);
        let erased = state::is_erased(ctx.state(), self.patient, sender);
        self.check(before.as_ref(), sender, erased)?;

        let latest = RecordVersion {
            version: self.version,
            plain_commitment: self.plain_commitment,
            cipher_hash: self.cipher_hash,
            category_commitment: self.category_commitment,
            anchored_at: ctx.time(),
        };
        if let Some(mut record) = before {
            state::put_old_version(ctx.state(), self.record, &record.latest);
            record.latest = latest;
            state::put_record(ctx.state(), self.record, &record);
        } else {
            self.put_new(ctx, sender, latest);
        }
        ctx.emit(&ConsentEvent::RecordAnchored {
            record: self.record,
            patient: self.patient,
            custodian: sender,
            version: self.version,
        });
        Ok(())
    }

    fn check(
        &self,
        before: Option<&Record>,
        sender: AccountId,
        erased: bool,
    ) -> Result<(), ConsentError> {
        let record = self.record;
        if let Some(before) = before {
            if before.custodian != sender {
                return Err(ConsentError::NotCustodian { record, custodian: before.custodian });
            }
            if before.patient != self.patient {
                return Err(ConsentError::WrongPatient { record });
            }
        }
        if erased || before.is_some_and(|before| before.erased_at.is_some()) {
            return Err(ConsentError::Erased);
        }
        let expected = before.map_or(1, |before| before.latest.version.saturating_add(1));
        if self.version != expected {
            return Err(ConsentError::WrongVersion { expected, found: self.version });
        }
        Ok(())
    }

    fn put_new(&self, ctx: &mut Context<'_>, custodian: AccountId, latest: RecordVersion) {
        let patient = self.patient;
        let mut relation = match state::relation(ctx.state(), patient, custodian) {
            Some(relation) => relation,
            None => state::new_relation(ctx.state(), patient, custodian),
        };
        let record =
            Record { patient, custodian, number: relation.records, latest, erased_at: None };
        relation.records = relation.records.saturating_add(1);
        state::put_relation(ctx.state(), patient, custodian, &relation);
        state::put_record(ctx.state(), self.record, &record);
        state::put_record_at(ctx.state(), self.record, &record);
    }
}
