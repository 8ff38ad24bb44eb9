//! Measuring a network from outside: validators are separate processes, load comes through the
//! public API from this one, and what they cost is read from the operating system.

pub(crate) mod emergency;
pub(crate) mod flood;
pub(crate) mod limits;
pub(crate) mod load;
pub(crate) mod machine;
pub(crate) mod network;
pub(crate) mod prepare;
pub(crate) mod reads;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod sender;
pub(crate) mod stats;
pub(crate) mod workload;

#[cfg(test)]
mod tests;
