//! Organisations, people and devices on the ledger: accounts, keys, roles, suspension.
