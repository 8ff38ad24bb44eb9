//! Known answers of others.
