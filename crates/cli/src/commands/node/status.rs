//! `salus node status`: how a running node stands, what is wrong with it, and what to do.

use crate::{lifecycle::block_on_until_signal, session::Session, text::outline};
use clap::Args;
use salus_api::{
    advice::{Advice, Facts, Severity, advice},
    client::Client,
    view::StatusAnswer,
};
use salus_node::clock::{ahead_ms, now_ms};
use serde::Serialize;
use std::fmt::Write as _;

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Status {}

/// What is told where the node's token is not at hand: what everybody may know.
#[derive(Serialize)]
struct Public {
    #[serde(flatten)]
    status: StatusAnswer,
    block_age_ms: u64,
    validators: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead_ms: Option<i64>,
    advice: Vec<Advice>,
}

impl Status {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        if session.home().is_some() {
            let client = session.gateway()?;
            let answer = block_on_until_signal(async { Ok(client.operator_status().await?) })?;
            session.output.answer(&answer, |answer| told(&answer.advice, answer));
        } else {
            let client = session.client()?;
            let answer = block_on_until_signal(public(&client))?;
            session.output.answer(&answer, |answer| told(&answer.advice, answer));
        }
        Ok(())
    }
}

async fn public(client: &Client) -> anyhow::Result<Public> {
    let status = client.status().await?;
    let validators = client.validators().await?.value;
    // The clock of the machine that this command runs on says nothing about the node's: the clocks
    // of the other nodes do.
    let others: Vec<String> = validators
        .iter()
        .filter(|node| node.key != status.node && !node.api.is_empty())
        .map(|node| node.api.to_string())
        .collect();
    let here = i128::from(status.clock_ms) - i128::from(now_ms());
    let clock_ahead_ms = ahead_ms(&others)
        .await
        .map(|ahead| i64::try_from(i128::from(ahead) + here).unwrap_or(i64::MAX));
    let block_age_ms = status.clock_ms.saturating_sub(status.time.unix_ms());
    let facts = Facts {
        height: status.height.0,
        block_age_ms,
        validators: validators.len(),
        validator: status.validator,
        peers: status.peers,
        syncing: status.syncing,
        clock_ahead_ms,
        disk: None,
    };
    let advice = advice(&facts);
    Ok(Public { status, block_age_ms, validators: validators.len(), clock_ahead_ms, advice })
}

/// The advice in sentences, then every field.
fn told(advice: &[Advice], answer: &impl Serialize) -> String {
    let mut text = String::new();
    if advice.iter().all(|one| one.severity == Severity::Info) {
        text += "The node is well.\n";
    }
    for one in advice {
        let mark = match one.severity {
            Severity::Info => "note",
            Severity::Warning => "warning",
            Severity::Critical => "WRONG",
        };
        let _ = writeln!(text, "{mark}: {} [{}]", one.what, one.code);
        if !one.next.is_empty() {
            let _ = writeln!(text, "  next: {}", one.next);
        }
    }
    let mut fields = serde_json::to_value(answer).unwrap_or_default();
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("advice");
    }
    text + "\n" + &outline(&fields)
}
