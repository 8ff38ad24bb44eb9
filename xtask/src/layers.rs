//! The layers: imports run upwards only, and the engine's library has its place.
//!
//! The table names, for each crate, the crates of ours that it may import. It is ordered: a crate may
//! only import crates above it, so there is no circle. Modules and engine do not appear in each
//! other's rows; `node` joins them.

use crate::{finding::Finding, tidy::Package};

const TYPES: &str = "salus-types";
const CRYPTO: &str = "salus-crypto";
const STATE: &str = "salus-state";
const PROOF: &str = "salus-proof";
const FRAMEWORK: &str = "salus-framework";
const IDENTITY: &str = "salus-identity";
const GOVERNANCE: &str = "salus-governance";
const CONSENT: &str = "salus-consent";
const APP: &str = "salus-app";
const MEMPOOL: &str = "salus-mempool";
const ENGINE: &str = "salus-engine";
const FHIR: &str = "salus-fhir";
const VAULT: &str = "salus-vault";
const POLICY: &str = "salus-policy";
const API: &str = "salus-api";
const NODE: &str = "salus-node";
const CLI: &str = "salus-cli";
const SIM: &str = "salus-sim";
const FUZZING: &str = "salus-fuzzing";
const XTASK: &str = "xtask";

/// Each crate and what it may import, in the order of the layers.
pub(crate) const LAYERS: &[(&str, &[&str])] = &[
    (TYPES, &[]),
    (CRYPTO, &[TYPES]),
    (STATE, &[TYPES, CRYPTO]),
    (PROOF, &[TYPES, CRYPTO, STATE]),
    (FRAMEWORK, &[TYPES, CRYPTO, STATE]),
    (IDENTITY, &[TYPES, CRYPTO, STATE, FRAMEWORK]),
    (GOVERNANCE, &[TYPES, CRYPTO, STATE, FRAMEWORK, IDENTITY]),
    (CONSENT, &[TYPES, CRYPTO, STATE, FRAMEWORK, IDENTITY, GOVERNANCE]),
    (APP, &[TYPES, CRYPTO, STATE, FRAMEWORK, IDENTITY, GOVERNANCE, CONSENT]),
    (MEMPOOL, &[TYPES, CRYPTO]),
    (ENGINE, &[TYPES, CRYPTO, STATE, PROOF, MEMPOOL]),
    (FHIR, &[TYPES, CRYPTO]),
    (VAULT, &[TYPES, CRYPTO, CONSENT, FHIR]),
    (POLICY, &[FHIR]),
    (
        API,
        &[TYPES, CRYPTO, STATE, PROOF, FRAMEWORK, IDENTITY, GOVERNANCE, CONSENT, APP, FHIR, VAULT],
    ),
    (
        NODE,
        &[
            TYPES, CRYPTO, STATE, PROOF, FRAMEWORK, IDENTITY, GOVERNANCE, CONSENT, APP, MEMPOOL,
            ENGINE, FHIR, VAULT, POLICY, API,
        ],
    ),
    (
        SIM,
        &[
            TYPES, CRYPTO, STATE, PROOF, FRAMEWORK, IDENTITY, GOVERNANCE, CONSENT, APP, MEMPOOL,
            ENGINE, FHIR, VAULT, API, NODE,
        ],
    ),
    (
        CLI,
        &[
            TYPES, CRYPTO, STATE, PROOF, FRAMEWORK, IDENTITY, GOVERNANCE, CONSENT, APP, MEMPOOL,
            ENGINE, FHIR, VAULT, API, NODE,
        ],
    ),
    ("salus-testdata", &[]),
    (FUZZING, &[TYPES, CRYPTO, PROOF, FHIR]),
    (XTASK, &[]),
];

/// Crates of ours that any crate's tests may import, and nothing else may.
const FOR_TESTS: &[&str] = &["salus-testdata"];

/// The engine's library, and who may name it.
const LIBRARY: &str = "commonware-";
const LIBRARY_USERS: &[&str] = &[ENGINE, PROOF, SIM];

/// Checks every crate against the table.
pub(crate) fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let place = &package.manifest;
        let Some((_, may_import)) = LAYERS.iter().find(|(name, _)| *name == package.name) else {
            let message = format!("{} has no layer; add it to xtask/src/layers.rs", package.name);
            findings.push(Finding::new(place, "layers", message));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let ours = LAYERS.iter().any(|(other, _)| *other == name);
            if FOR_TESTS.contains(&name) && dependency.for_tests {
                continue;
            }
            if ours && !may_import.contains(&name) {
                let kind = if dependency.for_tests {
                    "its tests may not import"
                } else {
                    "may not import"
                };
                let message = format!("{} {kind} {name}: imports run upwards only", package.name);
                findings.push(Finding::new(place, "layers", message));
            }
            if name.starts_with(LIBRARY) && !LIBRARY_USERS.contains(&package.name.as_str()) {
                let message = format!("only {} may name {name}", LIBRARY_USERS.join(", "));
                findings.push(Finding::new(place, "layers", message));
            }
        }
    }
    findings
}
