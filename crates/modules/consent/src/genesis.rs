//! The first records of consent: there are none.

use salus_framework::BlockContext;
use salus_types::NetworkFile;

/// Writes nothing: a new network has no record, no grant and no access.
pub(crate) fn genesis(_: &NetworkFile, _: &mut BlockContext<'_>) {}
