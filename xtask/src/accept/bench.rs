//! A short benchmark: what it says must add up.

use super::salus::{Salus, count, number};
use anyhow::ensure;
use std::path::Path;

/// Far below what is reached, so that a busy machine does not fail it; a broken path does.
const TX_PER_S_MIN: f64 = 200.0;

pub(crate) fn check(salus: &Salus, _folder: &Path) -> anyhow::Result<String> {
    let four =
        salus.json(&["bench", "ledger", "--validators", "4", "--seconds", "10", "--json"])?;
    let at = |name: &str| number(&four, name);

    ensure!(count(&four, "/lost")? == 0, "transactions were lost: {four}");
    ensure!(count(&four, "/committed")? > 0, "nothing was committed: {four}");
    ensure!(at("/tx_per_s")? >= TX_PER_S_MIN, "fewer than {TX_PER_S_MIN} a second: {four}");
    Ok(format!(
        "{} transactions a second on four validators, final in {} / {} ms (p50 / p99)",
        at("/tx_per_s")?,
        at("/finality_ms/p50")?,
        at("/finality_ms/p99")?
    ))
}
