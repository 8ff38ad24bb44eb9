//! Erasures at this organisation as the API offers them.

use crate::records::{Gateway, from_vault, malformed, refusal};
use async_trait::async_trait;
use salus_api::{
    erasures::{ErasureAnswer, ErasureOrder, ErasureStatus, Erasures, RetentionOrder},
    records::RecordsRefusal,
};
use salus_consent::{ErasureId, RetentionReason};
use salus_types::AccountId;
use salus_vault::erasure::{ErasureOpening, ErasureOutcome, SignedErasureReport};
use std::sync::Arc;

fn answer(status: ErasureStatus, reason: Option<RetentionReason>) -> ErasureAnswer {
    ErasureAnswer { status, reason, digest: None, report: None }
}

fn done(report: &SignedErasureReport) -> Result<ErasureAnswer, RecordsRefusal> {
    let shown = serde_json::to_value(report).map_err(malformed)?;
    Ok(ErasureAnswer {
        digest: Some(report.digest()),
        report: Some(shown),
        ..answer(ErasureStatus::Done, None)
    })
}

#[async_trait]
impl Erasures for Gateway {
    async fn erase(&self, order: ErasureOrder) -> Result<ErasureAnswer, RecordsRefusal> {
        let erasure = order.erasure;
        if let Some(opening) = order.opening {
            let opening: ErasureOpening = serde_json::from_value(opening).map_err(malformed)?;
            self.vault.open_erasure(erasure, &opening).await.map_err(from_vault)?;
        }
        // It goes on to its end even if the caller does not wait.
        let vault = Arc::clone(&self.vault);
        let erasing = tokio::spawn(async move { vault.erase(erasure).await });
        let outcome = erasing.await.map_err(|error| refusal("api.internal", error))?;
        match outcome.map_err(from_vault)? {
            ErasureOutcome::NotHere => Ok(answer(ErasureStatus::NotHere, None)),
            ErasureOutcome::Refused(reason) => Ok(answer(ErasureStatus::Refused, Some(reason))),
            ErasureOutcome::Untold => Ok(answer(ErasureStatus::Untold, None)),
            ErasureOutcome::Done(report) => done(&report),
            ErasureOutcome::Repeated => match self.report(erasure).await {
                Ok(answer) => Ok(answer),
                Err(_) => Ok(answer(ErasureStatus::Done, None)),
            },
        }
    }

    async fn report(&self, erasure: ErasureId) -> Result<ErasureAnswer, RecordsRefusal> {
        let found = self.vault.erasure_report(erasure).await.map_err(from_vault)?;
        let unknown =
            || refusal("api.not_found", "this organisation has carried out no such erasure");
        done(&found.ok_or_else(unknown)?)
    }

    async fn retain(
        &self,
        patient: AccountId,
        order: RetentionOrder,
    ) -> Result<(), RecordsRefusal> {
        self.vault.retain(patient, order.reason, order.until).await.map_err(from_vault)
    }
}
