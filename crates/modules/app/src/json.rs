//! Calls and events as people read and write them.

use crate::{AppError, module, module_named};
use salus_framework::Refusal;
use salus_types::{BytesMax, Call, Event};
use serde_json::{Value, json};

/// An event, readable: `{"module": "consent", "name": "RecordAnchored", "fields": {…}}`.
///
/// An event that this software does not know keeps its payload, as hexadecimal digits.
pub fn describe_event(event: &Event) -> Value {
    let known = module(event.module).and_then(|module| module.event_to_json(event).ok());
    known.unwrap_or_else(|| {
        json!({
            "module": event.module,
            "name": event.name,
            "payload": event.payload,
        })
    })
}

/// A call, readable: `{"module": "identity", "call": "SetEntry", "fields": {…}}`.
///
/// # Errors
///
/// `app.unknown_module`; `<module>.malformed` when the payload does not decode.
pub fn call_to_json(call: &Call) -> Result<Value, Refusal> {
    let module = module(call.module).ok_or(AppError::UnknownModule { module: call.module })?;
    module.call_to_json(&call.payload)
}

/// The call of a module by their names, with its fields as JSON.
///
/// # Errors
///
/// `app.unknown_module_name`; `<module>.malformed` when there is no such call, or a field is missing,
/// unknown or invalid; `app.call_too_long`.
pub fn call_from_json(module: &str, call: &str, fields: Value) -> Result<Call, Refusal> {
    let module = module_named(module).ok_or(AppError::UnknownModuleName)?;
    let payload =
        BytesMax::new(module.call_from_json(call, fields)?).map_err(|_| AppError::CallTooLong)?;
    Ok(Call { module: module.id(), payload })
}
