//! Events: what a module tells the world, as one typed enum per module.

use crate::store::encode_exact;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{BytesMax, DecodeError, Event, ModuleId, TextMax, decode};
use serde::Serialize;

/// The event enum of a module. Events carry what a listener needs and no personal data.
pub trait ModuleEvent: BorshSerialize + BorshDeserialize + Serialize {
    /// The module that tells it.
    const MODULE: ModuleId;
    /// The names of all events, in the order of their encoding.
    const NAMES: &'static [&'static str];

    /// The event's name: noun and past participle, such as `RecordAnchored`.
    fn name(&self) -> &'static str;

    /// The event as a receipt carries it.
    ///
    /// # Errors
    ///
    /// It is longer than a receipt allows.
    fn to_event(&self) -> Result<Event, DecodeError> {
        Ok(Event {
            module: Self::MODULE,
            name: TextMax::new(self.name())?,
            payload: BytesMax::new(encode_exact(self))?,
        })
    }

    /// Reads the event that a receipt carries.
    ///
    /// # Errors
    ///
    /// It is another module's, or its payload is not canonical.
    fn from_event(event: &Event) -> Result<Self, DecodeError> {
        if event.module != Self::MODULE {
            let reason = format!("it is of module {}", event.module.0);
            return Err(DecodeError { what: "event", reason });
        }
        decode("event", &event.payload)
    }
}

/// Names the variants of an event enum: one for each, or it does not compile.
#[macro_export]
macro_rules! event_names {
    ($name:ident of $module:expr => { $($variant:ident),* $(,)? }) => {
        impl $crate::ModuleEvent for $name {
            const MODULE: salus_types::ModuleId = $module;
            const NAMES: &'static [&'static str] = &[$(stringify!($variant)),*];

            fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant)),*
                }
            }
        }
    };
}
