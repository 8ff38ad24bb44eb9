//! Carrying out one erasure, step after step. Each can be done again.

use super::{ASKING, ATTESTING, ErasureOutcome, ErasureReport, SignedErasureReport, decode_report};
use crate::{
    Result, Vault, VaultError,
    error::Doing as _,
    index::{
        erasing::{Erasing, Target},
        erasures::{Stage, StoredErasure},
    },
    port::LedgerError,
};
use salus_consent::{ErasureId, ErasureScope, KeyHolder, tx::AttestErasure};
use salus_types::{Hash, VecMax, encode};

/// The code with which the ledger refuses one more attestation.
const NO_ROOM: &str = "consent.too_many_attestors";

/// How far an erasure is; whatever stops it may stop it after each of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Claimed,
    RowsDestroyed,
    WrittenOver,
    Compacted,
    Signed,
    Attested,
    Swept,
}

/// Told after each step; an error stops the erasure there, as a test does.
type Steps<'a> = &'a (dyn Fn(Step) -> Result<()> + Sync);

impl Vault {
    pub(crate) async fn erase_in_steps(
        &self,
        erasure: ErasureId,
        steps: Steps<'_>,
    ) -> Result<ErasureOutcome> {
        let _one_at_a_time = self.erasures.lock().await;
        let found = self.ledger.erasure(erasure).await.doing(ASKING)?;
        let found = found.ok_or(VaultError::UnknownErasure)?;
        if let Some(refusal) = found.refused {
            self.index.drop_erasure(erasure).await?;
            return Ok(ErasureOutcome::Refused(refusal.reason));
        }
        let role = self.ledger.key_holder(found.patient, found.holder).await.doing(ASKING)?;
        let Some(role) = role else { return Ok(ErasureOutcome::NotHere) };
        if let Some(reason) = self.retained(erasure, &found, role).await? {
            return Ok(ErasureOutcome::Refused(reason));
        }
        let before = self.index.erasure(erasure).await?;
        let target = match self.target(erasure, &found, role, before.as_ref()).await? {
            Ok(target) => target,
            Err(outcome) => return Ok(outcome),
        };
        let mut claimed = self.claims.none();
        claimed.claim_all(&self.index.claim_names(found.patient).await?).await;
        steps(Step::Claimed)?;
        let subject = match found.scope {
            ErasureScope::All => self.subject(found.patient, found.holder),
            // The patient is still here.
            ErasureScope::Records(_) => Hash([0; 32]),
        };
        let (patient, holder) = (found.patient, found.holder);
        let erasing = Erasing { erasure, subject, patient, holder, target };
        let attested = found.attestors.contains(&self.organisation);
        let outcome = self.carry_out(&erasing, role, attested, steps).await?;
        self.index.end_erasure(erasure).await?;
        tracing::info!(%erasure, "an erasure is carried out and attested");
        Ok(outcome)
    }

    async fn carry_out(
        &self,
        erasing: &Erasing,
        role: KeyHolder,
        attested: bool,
        steps: Steps<'_>,
    ) -> Result<ErasureOutcome> {
        self.destroy(erasing, steps).await?;
        let stored = self.index.erasure(erasing.erasure).await?;
        let stored = stored.ok_or(VaultError::Integrity { what: "an erasure" })?;
        if stored.stage < Stage::Done {
            self.index.compact().await?;
        }
        steps(Step::Compacted)?;
        if attested && stored.report.is_none() {
            // A copy of before is in the place of what made the report.
            return Ok(ErasureOutcome::Repeated);
        }
        let report = self.report(erasing, role, stored).await?;
        steps(Step::Signed)?;
        if !attested {
            let records = match &erasing.target {
                Target::Records(records) => records.clone(),
                Target::Holder { .. } | Target::Elsewhere { .. } => Vec::new(),
            };
            let call = AttestErasure {
                erasure: erasing.erasure,
                role,
                report_digest: report.digest(),
                records: VecMax::new(records).map_err(|_| VaultError::ScopeMismatch)?,
            };
            match self.ledger.attest_erasure(call).await {
                Ok(_) => {}
                // What was here is destroyed; that there is no room to say so changes nothing.
                Err(LedgerError::Refused { code, .. }) if code == NO_ROOM => {
                    tracing::warn!(erasure = %erasing.erasure, "an erasure has no room to attest it");
                }
                Err(error) => return Err(error).doing(ATTESTING),
            }
        }
        steps(Step::Attested)?;
        // Reads that were under way have left their accounts in the meantime; from now on the ledger
        // takes none.
        if self.destroy(erasing, steps).await? > 0 {
            self.index.compact().await?;
        }
        steps(Step::Swept)?;
        Ok(ErasureOutcome::Done(Box::new(report)))
    }

    /// Destroys rows, memory and sealed bytes. Gives how many rows there were.
    async fn destroy(&self, erasing: &Erasing, steps: Steps<'_>) -> Result<u64> {
        let records = self.index.records_to_erase(erasing).await?.into_iter().collect();
        let rows = self.index.destroy(erasing).await?;
        steps(Step::RowsDestroyed)?;
        self.fhir.forget(&records);
        self.consents.forget(erasing.patient);
        if let Target::Holder { .. } = erasing.target {
            self.keys.forget(erasing.patient);
        }
        let ranges = self.index.ranges_to_wipe().await?;
        if !ranges.is_empty() {
            let in_use = self.index.packs_in_use().await?;
            for (pack, ranges) in ranges {
                self.packs.wipe(&pack, &ranges, in_use.contains(&pack)).await?;
                self.index.wiped(erasing.erasure, &pack, &ranges).await?;
            }
        }
        steps(Step::WrittenOver)?;
        Ok(rows)
    }

    /// The signed report: the one that was made before, if there is one.
    async fn report(
        &self,
        erasing: &Erasing,
        role: KeyHolder,
        stored: StoredErasure,
    ) -> Result<SignedErasureReport> {
        if let Some(bytes) = &stored.report {
            return decode_report(bytes);
        }
        let report = ErasureReport {
            network: self.ledger.network(),
            erasure: erasing.erasure,
            organisation: self.organisation,
            role,
            destroyed: stored.destroyed,
            time: self.ledger.tip().await.doing(ASKING)?.time,
        };
        let signed = self.ledger.sign_report(report.signed_bytes()).await.doing(ATTESTING)?;
        let (key, signature) = signed;
        let signed = SignedErasureReport { report, key, signature };
        self.index.put_report(erasing.erasure, &encode(&signed)).await?;
        Ok(signed)
    }
}
