//! Progress on standard error: bars when a person watches, silence otherwise.

use crate::output::is_watched;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

fn target() -> ProgressDrawTarget {
    if is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("templates are constants that parse")
        .progress_chars("=> ")
}

/// A bar over a known number of things.
pub(crate) fn bar(what: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), target());
    bar.set_style(style("{msg:28} [{bar:32}] {pos}/{len} {elapsed} (about {eta} left)"));
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A bar over a known number of bytes.
pub(crate) fn bytes(what: &'static str, total: u64) -> ProgressBar {
    let bar = bar(what, total);
    bar.set_style(style(
        "{msg:28} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec} (about {eta} left)",
    ));
    bar
}

/// A sign of life while something of unknown length goes on.
pub(crate) fn spinner(what: &'static str) -> ProgressBar {
    let spinner = ProgressBar::with_draw_target(None, target());
    spinner.set_style(style("{msg:28} {spinner} {elapsed}"));
    spinner.set_message(what);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
