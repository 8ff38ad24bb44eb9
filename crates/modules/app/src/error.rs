//! Why the executor refuses before any module is asked.

use salus_framework::error_codes;
use salus_types::{ModuleId, transaction::CALL_BYTES_MAX};

/// A refusal of the executor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// No module has this number. Code: `app.unknown_module`.
    #[error("there is no module {}", module.0)]
    UnknownModule {
        /// The number in the call.
        module: ModuleId,
    },
    /// No module has this name. Code: `app.unknown_module_name`.
    #[error("there is no module of this name; there are identity, governance and consent")]
    UnknownModuleName,
    /// The first signature is not the sender's, or there is none. Code: `app.unsigned`.
    #[error("the first signature is not the sender's")]
    Unsigned,
    /// The call is too long to be in a transaction. Code: `app.call_too_long`.
    #[error("a call is at most {CALL_BYTES_MAX} bytes")]
    CallTooLong,
}

error_codes! {
    AppError {
        UnknownModule => "app.unknown_module",
        UnknownModuleName => "app.unknown_module_name",
        Unsigned => "app.unsigned",
        CallTooLong => "app.call_too_long",
    }
}
