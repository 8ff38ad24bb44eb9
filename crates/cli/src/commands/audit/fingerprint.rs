//! `salus audit fingerprint`: by what a patient would be recognised in files.

use crate::{
    demo::{identifiers, search::Identifiers},
    files::read_network,
    lifecycle::block_on_until_signal,
    output,
    problem::Problem,
    session::Session,
};
use anyhow::Context as _;
use clap::Args;
use salus_node::{Home, Secrets};
use salus_types::AccountId;
use salus_vault::erasure::{Reach, Trace, Whose, fingerprint};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Whose traces, and of what.
#[derive(Debug, Args)]
pub(crate) struct TakeFingerprint {
    /// The patient's account
    #[arg(long, value_name = "ACCOUNT")]
    patient: AccountId,
    /// The holder at whom the patient will be erased; the organisation of the home when left out
    #[arg(long, value_name = "ACCOUNT")]
    holder: Option<AccountId>,
}

/// Something to be looked for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Needle {
    kind: String,
    reach: Reach,
    bytes: String,
}

/// Everything to be looked for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Needles {
    /// The patient.
    pub(super) patient: AccountId,
    traces: Vec<Needle>,
    /// Names, dates, numbers, addresses, and of which kind each is.
    identifiers: BTreeMap<String, String>,
}

impl fmt::Debug for Needles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Needles").field("traces", &self.traces.len()).finish_non_exhaustive()
    }
}

impl Needles {
    /// The traces as they lie in files.
    pub(super) fn traces(&self) -> anyhow::Result<Vec<Trace>> {
        let trace = |needle: &Needle| {
            let bytes = hex::decode(&needle.bytes).context("a needle is not hexadecimal")?;
            Ok(Trace { kind: needle.kind.clone(), reach: needle.reach, bytes })
        };
        self.traces.iter().map(trace).collect()
    }

    /// The names, dates, numbers and addresses.
    pub(super) fn identifiers(&self) -> Identifiers {
        let mut identifiers = Identifiers::default();
        for text in self.identifiers.keys() {
            identifiers.add("identifier", text);
        }
        identifiers
    }
}

impl TakeFingerprint {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let home = Home::new(session.required_home("the vault")?);
        let secrets = Secrets::read(&home)?;
        let organisation = secrets.organisation.account.ok_or_else(|| {
            Problem::failed(
                "cli.account_missing",
                "the home is of no organisation, and keeps no records",
                "give the home of an organisation with --home DIR",
            )
        })?;
        let whose = Whose {
            folder: home.vault(),
            organisation,
            network: read_network(&home.network())?.id(),
            sealing: secrets.sealing,
        };
        let holder = self.holder.unwrap_or(organisation);
        let taken =
            block_on_until_signal(async { Ok(fingerprint(whose, self.patient, holder).await?) })?;
        let mut identifiers = Identifiers::default();
        for text in &taken.patients {
            let patient = serde_json::from_slice(text).context("a Patient is not JSON")?;
            identifiers::of_patient(&patient, &mut identifiers);
        }
        let needle = |trace: &Trace| Needle {
            kind: trace.kind.clone(),
            reach: trace.reach,
            bytes: hex::encode(&trace.bytes),
        };
        let needles = Needles {
            patient: self.patient,
            traces: taken.traces.iter().map(needle).collect(),
            identifiers: identifiers
                .iter()
                .map(|(text, kind)| (text.to_owned(), kind.to_owned()))
                .collect(),
        };
        output::note(format_args!(
            "What follows holds keys and names of the patient: keep it from everybody, and destroy it after the scan."
        ));
        let text = serde_json::to_string_pretty(&needles)?;
        output::raw(text.as_bytes());
        output::raw(b"\n");
        Ok(())
    }
}
