//! Record anchors, grants, revocations and the account of every access.
