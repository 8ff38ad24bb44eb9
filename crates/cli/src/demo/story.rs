//! What happened, in sentences with times: on standard output, or beside the JSON on standard error.

use crate::output::{self, Output};
use std::time::Instant;

/// Tells the story as it happens.
#[derive(Debug)]
pub(crate) struct Story {
    started: Instant,
    output: Output,
}

impl Story {
    /// Begins now.
    pub(crate) fn begin(output: Output) -> Self {
        Self { started: Instant::now(), output }
    }

    /// Tells one thing.
    pub(crate) fn tell(&self, sentence: impl AsRef<str>) {
        let line = format!("{:7.2} s  {}", self.seconds(), sentence.as_ref());
        if self.output.is_json() {
            output::note(format_args!("{line}"));
        } else {
            output::data(format_args!("{line}"));
        }
    }

    /// Seconds since the beginning.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}
