//! The patient's account of every access, checked against the regulator's copy of the ledger.

use super::{network::Network, report::Report, sharing::Shared, story::Story};
use crate::{accesses::verified, problem::Problem, progress, time::show_ms};
use salus_api::records::AccessItem;
use salus_consent::AccessKind;

/// Shows every patient who granted something who asked for their records.
pub(crate) async fn run(
    network: &Network,
    shared: &Shared,
    story: &Story,
    report: &mut Report,
) -> anyhow::Result<()> {
    let bar = progress::bar("Checking accounts", shared.patients.len() as u64);
    let mut shown = Vec::new();
    for patient in &shared.patients {
        let gateway = &network.hospital().client;
        let answer = verified(gateway, &network.regulator().client, *patient).await?;
        let accesses = answer.accesses;
        check_reads(shared, &accesses)?;
        for access in &accesses {
            if access.leaf.kind.is_release() {
                report.accesses_accounted += 1;
            } else if matches!(access.leaf.kind, AccessKind::RefusedRead { .. }) {
                report.refusals_accounted += 1;
            }
        }
        shown.push(accesses);
        bar.inc(1);
    }
    bar.finish_and_clear();
    story.tell(format!(
        "{} patients were shown every access to their records: {} reads and {} refusals, without a \
         gap, each under a root on the ledger as the regulator has it. The first of them:",
        shared.patients.len(),
        report.accesses_accounted,
        report.refusals_accounted
    ));
    for access in shown.iter().flatten().take(4) {
        story.tell(format!("    {}", sentence(network, access)));
    }
    Ok(())
}

/// Checks that every read that was made is in the account, under its number.
fn check_reads(shared: &Shared, accesses: &[AccessItem]) -> anyhow::Result<()> {
    let Some(patient) = accesses.first().map(|access| access.leaf.patient) else { return Ok(()) };
    for read in shared.reads.iter().filter(|read| read.patient == patient) {
        let is_there = accesses.iter().any(|access| {
            let leaf = &access.leaf;
            (leaf.sequence, leaf.record, leaf.basis)
                == (read.sequence, read.record, Some(read.grant.into()))
        });
        if !is_there {
            return Err(Problem::failed(
                "demo.access_missing",
                format!("access {} of patient {patient} is not in the account", read.sequence),
                "keep the folder and report it",
            ));
        }
    }
    Ok(())
}

fn sentence(network: &Network, access: &AccessItem) -> String {
    let leaf = &access.leaf;
    let who = network
        .organisations
        .iter()
        .find(|one| one.account == leaf.accessor)
        .map_or("an organisation that is not known", |one| one.name.as_str());
    let what = &leaf.kind;
    let record = leaf.record.to_string();
    format!(
        "{}. At {}, {who} {what} record {}… for {}.",
        leaf.sequence,
        show_ms(access.accounted_at.unix_ms()),
        &record[..12],
        leaf.purpose
    )
}
