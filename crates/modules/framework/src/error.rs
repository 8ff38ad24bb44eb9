//! Refusals: why a call changes nothing, with a code that never changes its meaning.

use salus_state::VALUE_BYTES_MAX;
use salus_types::{
    ErrorCode, Height, Outcome, TextMax,
    receipt::{EVENT_BYTES_MAX, EVENTS_MAX},
};

/// Most bytes of the message in a receipt; longer ones are cut.
pub const MESSAGE_BYTES_MAX: usize = 256;

/// The error enum of a module.
pub trait ModuleError: std::error::Error {
    /// Every code of this enum, in the order of its variants.
    const CODES: &'static [&'static str];

    /// The stable code of this refusal, `module.reason`.
    fn code(&self) -> &'static str;
}

/// Gives an error enum its codes: one line for each variant, or it does not compile.
#[macro_export]
macro_rules! error_codes {
    ($name:ident { $($variant:ident => $code:literal),* $(,)? }) => {
        impl $crate::ModuleError for $name {
            const CODES: &'static [&'static str] = &[$($code),*];

            fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code),*
                }
            }
        }
    };
}

/// A bound of the ledger that a module went over. Modules bound what they write, so this is rare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundError {
    /// A value is too long to store. Code: `app.value_too_long`.
    #[error("a value to store is above {VALUE_BYTES_MAX} bytes")]
    ValueTooLong,
    /// Too many events, or one that is too long. Code: `app.too_many_events`.
    #[error(
        "more than {EVENTS_MAX} events in one transaction, or one above {EVENT_BYTES_MAX} bytes"
    )]
    TooManyEvents,
}

error_codes! {
    BoundError {
        ValueTooLong => "app.value_too_long",
        TooManyEvents => "app.too_many_events",
    }
}

/// A refusal of any module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The stable code, `module.reason`.
    pub code: &'static str,
    /// Why, for people.
    pub message: String,
    /// The height whose state refused, where it is known.
    pub height: Option<Height>,
}

impl Refusal {
    /// A refusal with a code and a message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), height: None }
    }

    /// The refusal that a module's error stands for.
    pub fn of(error: &impl ModuleError) -> Self {
        Self::new(error.code(), error.to_string())
    }

    /// Says at which height it was refused.
    #[must_use]
    pub fn at(mut self, height: Height) -> Self {
        self.height = Some(height);
        self
    }

    /// The outcome of a transaction whose call at position `call` was refused so.
    pub fn outcome(&self, call: u16) -> Outcome {
        Outcome::Refused { call, code: code_text(self.code), message: short(&self.message) }
    }
}

impl<E: ModuleError> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

fn code_text(code: &str) -> ErrorCode {
    ErrorCode::new(code).unwrap_or_default()
}

/// Cuts text to the bound of a receipt, at a character's boundary.
fn short(text: &str) -> TextMax<MESSAGE_BYTES_MAX> {
    let end = text.floor_char_boundary(MESSAGE_BYTES_MAX);
    TextMax::new(&text[..end]).unwrap_or_default()
}
