//! The search for what identifies the patients, in everything that the nodes keep and say.

use super::{
    bundles::Bundle,
    identifiers,
    network::{Network, Organisation},
    report::Report,
    search::{Findings, Identifiers, Search},
    story::Story,
};
use crate::{bench::stats::number, output, progress};
use anyhow::Context as _;
use salus_node::Home;
use salus_types::{Height, encode};
use std::path::PathBuf;

/// Findings that are told one by one.
const TOLD: usize = 20;

/// Searches ledger stores, states, logs, metrics and blocks of every node; and the vaults, apart.
pub(crate) async fn run(
    network: &Network,
    bundles: &[Bundle],
    story: &Story,
    report: &mut Report,
) -> anyhow::Result<()> {
    let searching = progress::spinner("Searching for identifiers");
    let mut wanted = Identifiers::default();
    for bundle in bundles {
        identifiers::of_bundle(bundle, &mut wanted)?;
    }
    report.identifiers_searched = wanted.len();
    let program = std::env::current_exe().context("this program's own file is not known")?;
    let vaults: Vec<PathBuf> =
        network.organisations.iter().map(|one| Home::new(&one.home).vault()).collect();
    let folder = network.home.clone();
    let prepared = tokio::task::spawn_blocking(move || {
        let search = Search::new(&wanted, Some(&program))?;
        let except: Vec<_> = vaults.iter().map(PathBuf::as_path).collect();
        let on_disk = search.folder(&folder, &except)?;
        let mut in_vaults = Findings::default();
        for vault in &except {
            in_vaults.absorb(search.folder(vault, &[])?);
        }
        Ok::<_, anyhow::Error>((search, on_disk, in_vaults))
    });
    let (search, mut on_ledger, in_vaults) = prepared.await??;
    for organisation in &network.organisations {
        let place = format!("metrics of {}", organisation.name);
        let metrics = organisation.client.metrics().await?;
        on_ledger.absorb(search.text(&place, metrics.as_bytes()));
    }
    // Stores may compress what they keep, so blocks are searched as they are answered, too.
    on_ledger.absorb(blocks(network.regulator(), &search).await?);
    searching.finish_and_clear();

    for finding in on_ledger.found.iter().chain(&in_vaults.found).take(TOLD) {
        output::note(format_args!(
            "found: a patient's {} in {} at byte {}",
            finding.kind, finding.place, finding.offset
        ));
    }
    report.identifiers_found_on_ledger = on_ledger.found.len();
    report.identifiers_found_in_vaults = in_vaults.found.len();
    report.places_searched = on_ledger.places + in_vaults.places;
    report.bytes_searched = on_ledger.bytes + in_vaults.bytes;
    story.tell(format!(
        "{} names, birth dates, numbers, addresses and telephone numbers of the patients were \
         searched for in {} places with {:.0} MB: ledger stores, states, logs, metrics and blocks of \
         every node. Found there: {}. In the sealed vaults, which are off the ledger: {}.",
        report.identifiers_searched,
        report.places_searched,
        number(report.bytes_searched) / 1e6,
        report.identifiers_found_on_ledger,
        report.identifiers_found_in_vaults
    ));
    Ok(())
}

/// Searches every block as a node answers it, as JSON and in canonical bytes.
async fn blocks(organisation: &Organisation, search: &Search) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let tip = organisation.client.status().await?.height.0;
    for height in 1..=tip {
        let block = organisation.client.block(Some(Height(height))).await?;
        let mut bytes = serde_json::to_vec(&block)?;
        for one in &block.transactions {
            bytes.push(b'\n');
            bytes.extend(one.transaction.to_bytes());
            bytes.extend(encode(&one.receipt));
        }
        findings.absorb(search.text(&format!("block {height}"), &bytes));
    }
    findings.places = 1;
    Ok(findings)
}
