//! Starting and ending: the asynchronous runtime, signals, logs.

use crate::problem::Problem;
use anyhow::Context as _;
use std::{future::Future, path::Path};
use tracing_subscriber::EnvFilter;

/// Runs a command's future to its end, or to the first signal that asks to end.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime could not be started")?;
    let result = runtime.block_on(future);
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

/// Like [`block_on`], for commands that hold nothing that must be put in order before the end.
pub(crate) fn block_on_until_signal<T>(
    future: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    block_on(async {
        tokio::select! {
            result = future => result,
            () = signal() => Err(interrupted()),
        }
    })
}

/// Waits for Ctrl-C or a request to terminate.
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut stream) => {
                stream.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
    }
}

/// The end of a command that was asked to end.
pub(crate) fn interrupted() -> anyhow::Error {
    Problem::failed("cli.interrupted", "interrupted before the work was done", "run it again")
}

/// Writes logs to a file.
pub(crate) fn logs_to_file(filter: &str, path: &Path) -> anyhow::Result<()> {
    let file = std::fs::File::create(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter_of(filter)?)
        .with_writer(std::sync::Mutex::new(file))
        .with_ansi(false)
        .try_init()
        .map_err(|error| anyhow::anyhow!("logs cannot be written: {error}"))
}

fn filter_of(filter: &str) -> anyhow::Result<EnvFilter> {
    filter.parse().map_err(|error| {
        Problem::failed(
            "cli.log_filter",
            format!("`{filter}` is not a filter for logs: {error}"),
            "write for example info, or salus_node=debug,info",
        )
    })
}
