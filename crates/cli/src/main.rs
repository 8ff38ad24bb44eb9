//! The binary `salus`: commands for operators, engineers and patients.
//!
//! Commands are `noun verb`; each verb is one file in [`commands`]. Data goes to standard output (as
//! JSON with `--json`), everything else to standard error. Exit codes: 0 done, 1 refused, 2 failed.
//! Two larger pieces have folders of their own: [`demo`], a whole network with real work on it in one
//! process, and [`mod@bench`], which measures a network of processes from outside.

mod accesses;
mod acting;
mod bench;
mod card;
mod claims;
mod commands;
mod demo;
mod documents;
mod erasing;
mod files;
mod granting;
mod keys;
mod lifecycle;
mod listing;
mod output;
mod pages;
mod parameters;
mod ports;
mod problem;
mod progress;
mod proving;
mod scoping;
mod session;
mod submit;
mod text;
mod time;
mod tree;

#[cfg(test)]
mod tests;

use clap::Parser as _;
use output::Output;
use std::process::ExitCode;
use tree::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.options.json);
    match commands::run(cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.error(&error),
    }
}
