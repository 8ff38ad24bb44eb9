//! `salus access list`: the patient's account of every access, checked.

use crate::{
    accesses::verified, keys::patient_of, lifecycle::block_on_until_signal, session::Session,
    time::show_ms,
};
use clap::Args;
use salus_api::{
    client::Client,
    records::{AccessItem, AccessesAnswer, ReleaseItem},
};
use salus_types::AccountId;
use serde_json::Value;
use std::path::PathBuf;

/// Whose records, and whom to believe.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The patient's account
    #[arg(long, required_unless_present = "key")]
    patient: Option<AccountId>,
    /// The patient's key file, which knows the account
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Check against the ledger at this node instead of the custodian's own
    #[arg(long, value_name = "URL")]
    check_at: Option<String>,
}

impl List {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let patient = patient_of(self.patient, self.key.as_deref())?;
        let gateway = session.gateway()?;
        let ledger = match &self.check_at {
            Some(url) => Client::new(url)?,
            None => session.client()?,
        };
        let list = block_on_until_signal(verified(&gateway, &ledger, patient))?;
        session.output.answer(&list, describe);
        Ok(())
    }
}

/// Who asked inside the organisation, as the audit event says it; nothing if it names nobody.
fn asker(event: &str) -> String {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let agents = event["agent"].as_array().into_iter().flatten();
    let mut persons = agents.filter(|agent| agent["type"]["coding"][0]["code"] == "IRCP");
    let Some(person) = persons.next() else { return String::new() };
    let name = person["who"]["identifier"]["value"].as_str().unwrap_or_default();
    let roles = person["role"].as_array().into_iter().flatten();
    let roles: Vec<&str> = roles.filter_map(|role| role["text"].as_str()).collect();
    if roles.is_empty() {
        format!("{name} of ")
    } else {
        format!("{name} ({}) of ", roles.join(", "))
    }
}

fn describe(answer: &AccessesAnswer) -> String {
    if answer.accesses.is_empty() && answer.releases.is_empty() {
        return "Nobody has asked for a record of this patient.".to_owned();
    }
    let accounted = answer.accesses.iter().map(|AccessItem { leaf, accounted_at, event }| {
        let what = &leaf.kind;
        format!(
            "{:4}. {}  {}{} {what} record {} for {}",
            leaf.sequence,
            show_ms(accounted_at.unix_ms()),
            asker(event),
            leaf.accessor,
            leaf.record,
            leaf.purpose,
        )
    });
    let released = answer.releases.iter().map(release);
    let heading = (!answer.releases.is_empty())
        .then(|| "With shares of custodians, numbered by the ledger:".to_owned());
    let released = heading.into_iter().chain(released);
    let whole = "Every access is under a root on the ledger, and none is missing.".to_owned();
    accounted.chain(released).chain(std::iter::once(whole)).collect::<Vec<_>>().join("\n")
}

/// A request for release, with what its requester tells of it.
fn release(item: &ReleaseItem) -> String {
    let first = format!(
        "{:4}. {}  {} asked custodians for {} for {}",
        item.first_sequence,
        show_ms(item.requested_at.unix_ms()),
        item.requester,
        match item.count {
            1 => "a record".to_owned(),
            count => format!("{count} records"),
        },
        item.purpose,
    );
    let Some(accesses) = &item.accesses else {
        return format!("{first}; it does not tell which.");
    };
    let each = accesses
        .iter()
        .map(|access| format!("      {}record {}", asker(&access.event), access.leaf.record));
    std::iter::once(first).chain(each).collect::<Vec<_>>().join("\n")
}
