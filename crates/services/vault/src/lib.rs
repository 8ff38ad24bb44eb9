//! Encrypted health records off the ledger: sealing, import, reading through grants, access accounts.
