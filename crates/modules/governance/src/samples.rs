//! One value of each kind, for golden files.
