//! `salus record read`: one record, once the access is accounted for on the ledger.

use crate::{files, lifecycle::block_on_until_signal, output, session::Session};
use anyhow::Context as _;
use clap::Args;
use salus_api::records::ReadOrder;
use salus_consent::{Basis, EmergencyId, EpisodeId, GrantId, PurposeOfUse, RecordId};
use serde_json::json;
use std::path::PathBuf;

/// On what a read rests; on nothing for the organisation's own records.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub(crate) struct BasisArgs {
    /// The grant that allows it; none for the organisation's own records
    #[arg(long)]
    grant: Option<GrantId>,
    /// The episode of the patient at this hospital that allows it
    #[arg(long)]
    episode: Option<EpisodeId>,
    /// The emergency that this service has opened
    #[arg(long)]
    emergency: Option<EmergencyId>,
}

impl BasisArgs {
    /// What was given, if anything was.
    pub(crate) fn basis(self) -> Option<Basis> {
        let grant = self.grant.map(Basis::Grant);
        grant.or(self.episode.map(Basis::Episode)).or(self.emergency.map(Basis::Emergency))
    }
}

/// Which record, and why it may be read.
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// The record
    record: RecordId,
    #[command(flatten)]
    basis: BasisArgs,
    /// What for: a code of HL7 v3 purpose of use, such as TREAT, HPAYMT or HRESCH
    #[arg(long, value_name = "CODE")]
    purpose: PurposeOfUse,
    /// Who in the organisation asks: JSON with `person`, `roles`, `departments`, `treatment`
    #[arg(long, value_name = "JSON")]
    actor: Option<String>,
    /// The API of the organisation that keeps it; looked up on the ledger when left out
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Write the record to a file that only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Read {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let actor = self.actor.as_deref().map(serde_json::from_str).transpose();
        let order = ReadOrder {
            record: self.record,
            basis: self.basis.basis(),
            purpose: self.purpose,
            actor: actor.context("--actor is JSON with `person`")?,
            from: self.from.clone(),
        };
        let read = block_on_until_signal(async { Ok(gateway.read(&order).await?) })?;
        output::note(format_args!(
            "Access {} to version {} of this {} was accounted for in block {} before it was released.",
            read.sequence, read.version, read.resource_type, read.accounted
        ));
        let Some(out) = &self.out else {
            output::raw(&read.bytes);
            output::raw(b"\n");
            return Ok(());
        };
        files::create_secret(out, "the record", &read.bytes)?;
        let answer = json!({
            "file": out,
            "record": read.record,
            "version": read.version,
            "resource_type": read.resource_type,
            "sequence": read.sequence,
            "accounted": read.accounted,
        });
        session.output.answer(&answer, |_| format!("The record is in {}.", out.display()));
        Ok(())
    }
}
