//! What is known of a resource without keeping it: facts for decisions, and security labels.
//!
//! [`Facts::read`] walks through the bytes of a resource once and yields its type, codes, days, authors,
//! references and labels. Labels come from three places: the resource's own `meta.security`, its codes
//! by the lists in `labels/lists/`, and what people set on top ([`Labelling`]): the patient may raise,
//! the clinician may set; who and why is kept.

mod facts;
mod lists;
mod overrides;
mod read;
pub(crate) use read::without_version;
#[cfg(test)]
mod tests;
mod vocabulary;
mod walk;

pub use facts::{FACTS_MAX, Facts, LabelFacts};
pub use lists::{DerivedLabel, derive};
pub use overrides::{Labelling, LabellingError, Override};
pub use vocabulary::{
    ACT_CODE, CONFIDENTIALITY, Coding, CodingRef, Confidentiality, Labels, Sensitivities,
};
