//! Admission and the bounded, fair pool of transactions that wait for a block.
