//! What a check has found.

use std::fmt;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file, folder or crate, as seen from the root of the tree.
    pub(crate) place: String,
    /// The check, in one word.
    pub(crate) check: &'static str,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn new(
        place: impl Into<String>,
        check: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), check, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.check, self.message)
    }
}
