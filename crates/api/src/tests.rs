//! Codes, statuses and tokens.
