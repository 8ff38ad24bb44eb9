//! Work on the tree itself: `cargo xtask tidy` checks what no compiler does.

mod accept;
mod decisions;
mod evidence;
mod finding;
mod kill;
mod layers;
mod links;
mod manifests;
mod modules;
mod texts;
mod tidy;
mod walk;

#[cfg(test)]
mod tests;

use clap::{Parser, Subcommand};
use std::{path::Path, process::ExitCode};

/// Checks of the tree's own shape.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks layers, module folders, manifests, texts, links, decisions and the tests that pages name.
    Tidy,
    /// Runs the built binary as its users do, and checks what it shows.
    Accept(accept::Accept),
    /// Kills, tears and restarts four validators under load; nothing that was final may be lost.
    KillTest(kill::KillTest),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Tidy => tidy(),
        Command::Accept(accept) => accept.run().map(|()| ExitCode::SUCCESS),
        Command::KillTest(test) => test.run().map(|()| ExitCode::SUCCESS),
    }
}

fn tidy() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or_else(|| anyhow::anyhow!("xtask stands in a folder of the tree"))?;
    let findings = tidy::tidy(root)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        eprintln!("tidy: nothing to say");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("tidy: {} findings", findings.len());
    Ok(ExitCode::FAILURE)
}
