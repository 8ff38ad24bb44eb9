BEGIN;

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Accounts of patients. The key is there for assisted patients only, wrapped to the organisation.
CREATE TABLE patients (
    patient BLOB PRIMARY KEY,
    public_key BLOB,
    salt BLOB,
    key_wrap BLOB,
    sealing_key BLOB,
    enrolled INTEGER NOT NULL
) WITHOUT ROWID;

-- What a patient is called in a source, blinded.
CREATE TABLE patient_sources (
    source BLOB PRIMARY KEY,
    patient BLOB NOT NULL REFERENCES patients (patient)
) WITHOUT ROWID;

CREATE TABLE categories (
    patient BLOB NOT NULL REFERENCES patients (patient),
    category INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    holder_wrap BLOB NOT NULL,
    patient_wrap BLOB,
    -- The key of the epoch before, under this one; none in the first epoch.
    previous BLOB,
    PRIMARY KEY (patient, category, epoch)
) WITHOUT ROWID;

-- Category keys wrapped to who may read, one for each basis (a grant, an episode) and category.
CREATE TABLE basis_wraps (
    basis BLOB NOT NULL,
    category INTEGER NOT NULL,
    patient BLOB NOT NULL REFERENCES patients (patient),
    epoch INTEGER NOT NULL,
    wrap BLOB NOT NULL,
    PRIMARY KEY (basis, category)
) WITHOUT ROWID;
CREATE INDEX basis_wraps_of_category ON basis_wraps (patient, category);

-- Epochs whose keys are with custodians: nothing here opens them.
CREATE TABLE custody (
    patient BLOB NOT NULL REFERENCES patients (patient),
    category INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    arrangement BLOB NOT NULL,
    public_key BLOB NOT NULL,
    commitments BLOB NOT NULL,
    PRIMARY KEY (patient, category, epoch)
) WITHOUT ROWID;

-- Keys of imports into such epochs, wrapped to the public key.
CREATE TABLE batches (
    batch BLOB PRIMARY KEY,
    patient BLOB NOT NULL REFERENCES patients (patient),
    category INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    wrap BLOB NOT NULL
) WITHOUT ROWID;

-- Shares that are kept here as one of the custodians of another vault's keys, sealed.
CREATE TABLE shares (
    arrangement BLOB PRIMARY KEY,
    patient BLOB NOT NULL,
    holder BLOB NOT NULL,
    commitments BLOB NOT NULL,
    sealed BLOB NOT NULL
) WITHOUT ROWID;

-- Requests for release that were made here, with their leaves, sealed.
CREATE TABLE requests (
    request BLOB PRIMARY KEY,
    patient BLOB NOT NULL,
    holder BLOB NOT NULL,
    leaves BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX requests_of_patient ON requests (patient);

-- Imports that have not been accepted as a whole. What they staged is removed if they never are.
CREATE TABLE imports (
    import BLOB PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE records (
    record BLOB PRIMARY KEY,
    patient BLOB NOT NULL REFERENCES patients (patient),
    source BLOB NOT NULL UNIQUE,
    resource_type TEXT NOT NULL,
    category INTEGER NOT NULL,
    -- Labels that people set, with who, when and why, sealed under the root key.
    labels BLOB
) WITHOUT ROWID;
CREATE INDEX records_of_patient ON records (patient, resource_type);

-- state: 0 staged by an import, 1 sealed and to be anchored, 2 anchored. Rows are large and change twice
-- after they were written, so those of an import lie beside each other and not where their random names say.
CREATE TABLE versions (
    record BLOB NOT NULL REFERENCES records (record),
    version INTEGER NOT NULL,
    import BLOB NOT NULL,
    state INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    first_day INTEGER,
    last_day INTEGER,
    plain_bytes INTEGER NOT NULL,
    pack TEXT NOT NULL,
    pack_offset INTEGER NOT NULL,
    pack_length INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    batch BLOB,
    key_wrap BLOB NOT NULL,
    commitment BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    category_commitment BLOB NOT NULL,
    -- What decisions ask of it, sealed under the root key.
    facts BLOB NOT NULL,
    -- The text of a Consent, sealed under the root key: the holder has to apply it, whoever has the
    -- keys of its category.
    consent BLOB,
    height INTEGER,
    PRIMARY KEY (record, version)
);
CREATE INDEX versions_staged ON versions (import) WHERE state = 0;
CREATE INDEX versions_to_anchor ON versions (version, record) WHERE state = 1;

-- Openings of the scopes of grants, episodes and emergencies, sealed.
CREATE TABLE scopes (
    basis BLOB PRIMARY KEY,
    patient BLOB NOT NULL,
    opening BLOB NOT NULL,
    -- Until when the basis can last, in milliseconds since 1970.
    not_after_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX scopes_of_patient ON scopes (patient);
CREATE INDEX scopes_by_end ON scopes (not_after_ms);

-- Openings of what patients keep for emergencies, sealed.
CREATE TABLE emergency_sets (
    patient BLOB PRIMARY KEY REFERENCES patients (patient),
    opening BLOB NOT NULL
) WITHOUT ROWID;

-- Openings of the scopes of episodes that this hospital has offered and nobody has taken, sealed.
CREATE TABLE offers (
    episode BLOB PRIMARY KEY,
    until INTEGER NOT NULL,
    opening BLOB NOT NULL
) WITHOUT ROWID;

-- Keys of patients' logs of audit events, wrapped to the vault and to the patient.
CREATE TABLE audit_keys (
    patient BLOB PRIMARY KEY REFERENCES patients (patient),
    holder_wrap BLOB NOT NULL,
    patient_wrap BLOB
) WITHOUT ROWID;

-- Leaves of access accounts with their salts, and the audit events they name, sealed.
-- state: 0 sent to the ledger, 1 final.
CREATE TABLE accesses (
    patient BLOB NOT NULL REFERENCES patients (patient),
    sequence INTEGER NOT NULL,
    root BLOB NOT NULL,
    leaf BLOB NOT NULL,
    event BLOB NOT NULL,
    state INTEGER NOT NULL,
    height INTEGER,
    PRIMARY KEY (patient, sequence, root)
) WITHOUT ROWID;
CREATE INDEX accesses_unsettled ON accesses (patient) WHERE state = 0;

-- Erasures that this vault has a part in. `subject` is whose records at which holder, blinded.
-- stage: 0 it waits to be told which records, 1 begun, 2 done and attested.
CREATE TABLE erasures (
    erasure BLOB PRIMARY KEY,
    subject BLOB NOT NULL,
    stage INTEGER NOT NULL,
    -- Which records, where not all are meant, sealed; none any more once it is done.
    opening BLOB,
    -- How many rows of which table were destroyed.
    destroyed BLOB,
    report BLOB
) WITHOUT ROWID;
CREATE INDEX erasures_of_subject ON erasures (subject);

-- Ranges of packs that an erasure has still to write over.
CREATE TABLE wiping (
    pack TEXT NOT NULL,
    pack_offset INTEGER NOT NULL,
    pack_length INTEGER NOT NULL,
    PRIMARY KEY (pack, pack_offset)
) WITHOUT ROWID;

-- Patients whose records the law wants to be kept, until when, and why.
CREATE TABLE retentions (
    patient BLOB PRIMARY KEY,
    reason BLOB NOT NULL,
    until_ms INTEGER NOT NULL
) WITHOUT ROWID;

PRAGMA user_version = 4;
COMMIT;
