//! Where text goes: data to standard output, everything else to standard error.
//!
//! A reader that goes away (`salus … | head`) ends the program quietly.

use crate::problem::{Kind, meaning};
use salus_api::client::ClientError;
use serde::Serialize;
use std::{
    fmt,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

/// Writes answers, notes and errors in the form that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// JSON for machines, or text for people.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Writes an answer: the value as JSON, or the text that `describe` makes of it.
    pub(crate) fn answer<T: Serialize>(self, value: &T, describe: impl FnOnce(&T) -> String) {
        if self.json {
            let text = serde_json::to_string_pretty(value).expect("answers are plain JSON values");
            data(format_args!("{text}"));
        } else {
            let text = describe(value);
            if !text.is_empty() {
                data(format_args!("{}", text.trim_end_matches('\n')));
            }
        }
    }

    /// Writes one JSON object or one line of text while a command goes on.
    pub(crate) fn line<T: Serialize>(self, value: &T, describe: impl FnOnce(&T) -> String) {
        if self.json {
            let text = serde_json::to_string(value).expect("answers are plain JSON values");
            data(format_args!("{text}"));
        } else {
            data(format_args!("{}", describe(value)));
        }
    }

    /// Writes an error and says with which code to end.
    pub(crate) fn error(self, error: &anyhow::Error) -> ExitCode {
        let (kind, code, next) = meaning(error);
        let what = match error.downcast_ref::<ClientError>() {
            // The code is told apart from the sentence.
            Some(ClientError::Refused(problem)) => problem.detail.clone(),
            _ => error.to_string(),
        };
        let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        if self.json {
            let body = serde_json::json!({
                "error": { "code": code, "detail": what, "causes": causes, "next": next }
            });
            note(format_args!("{body}"));
        } else {
            note(format_args!("salus: {what} [{code}]"));
            for cause in causes {
                note(format_args!("  because: {cause}"));
            }
            if !next.is_empty() {
                note(format_args!("  next: {next}"));
            }
        }
        match kind {
            Kind::Refused => ExitCode::from(1),
            Kind::Failed => ExitCode::from(2),
        }
    }
}

/// Writes a line of data to standard output.
pub(crate) fn data(line: fmt::Arguments<'_>) {
    let mut stdout = io::stdout().lock();
    end_if_broken(writeln!(stdout, "{line}").and_then(|()| stdout.flush()));
}

/// Writes bytes of data to standard output as they are.
pub(crate) fn raw(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    end_if_broken(stdout.write_all(bytes).and_then(|()| stdout.flush()));
}

/// Writes a line for people to standard error; nobody may be there to read it.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether a person watches standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

fn end_if_broken(result: io::Result<()>) {
    if let Err(error) = result {
        if error.kind() == io::ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        note(format_args!("salus: standard output cannot be written: {error} [cli.output]"));
        std::process::exit(2);
    }
}
