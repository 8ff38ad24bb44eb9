//! What admission costs.

fn main() {}
