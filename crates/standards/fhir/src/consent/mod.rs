//! Consents of patients, by FHIR R4 and R5: read, compiled, and asked.
//!
//! [`Consent`] is one that was read and understood; what is not understood is refused with a code that
//! says where ([`ConsentError`]). [`Consents`] are all of a patient, compiled for decisions: codes and
//! references are numbers, and rules are found by who is named in them. A [`Request`] is answered by a
//! [`Decision`], which holds the rules that are left for the data itself; [`Decision::flows`] asks them
//! for one resource, and [`Consents::explain`] says which provision of which consent decided.
//!
//! There is no clock, no I/O and no order of hashing in a decision: the same consents and the same
//! request have the same answer everywhere. `docs/spec/consent-rules.md` says what each element means.

pub mod case;
mod compile;
mod data;
mod decision;
mod error;
mod evaluate;
mod explain;
mod index;
mod json;
mod kept;
mod model;
mod moment;
mod names;
mod read;
mod read_limits;
mod request;
mod residual;
mod set;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use compile::Consents;
pub use decision::{Decision, Flow, Reason};
pub use error::{ConsentError, Place, Refusal};
pub use explain::Explanation;
pub use kept::DeniedActors;
pub use model::{Consent, Kind, Release, Standing};
pub use moment::Moment;
pub use read::{CONSENT_BYTES_MAX, PROVISION_DEPTH_MAX, PROVISIONS_MAX};
pub use request::Request;
pub use residual::{ResidualData, ResidualKind, ResidualPeriod, ResidualRule};
pub use vocabulary::{ACT_REASON, Action, BREAK_GLASS, CONSENT_ACTION, PARTICIPATION};
