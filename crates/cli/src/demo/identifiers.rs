//! What identifies a patient: names, birth date, identifiers, addresses, telephone numbers.

use super::{bundles::Bundle, search::Identifiers};
use anyhow::Context as _;
use serde_json::Value;

/// Adds what identifies the patients of a bundle.
pub(crate) fn of_bundle(bundle: &Bundle, identifiers: &mut Identifiers) -> anyhow::Result<()> {
    let bundle: Value = serde_json::from_slice(&bundle.plain()?).context("a bundle is not JSON")?;
    let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    for patient in entries.iter().map(|entry| &entry["resource"]) {
        if patient["resourceType"] == "Patient" {
            of_patient(patient, identifiers);
        }
    }
    Ok(())
}

/// Adds what identifies a patient.
pub(crate) fn of_patient(patient: &Value, identifiers: &mut Identifiers) {
    add(identifiers, "logical id", &patient["id"]);
    add(identifiers, "birth date", &patient["birthDate"]);
    for identifier in list(&patient["identifier"]) {
        add(identifiers, "identifier", &identifier["value"]);
    }
    of_person(patient, identifiers);
    for contact in list(&patient["contact"]) {
        of_person(contact, identifiers);
        add_name(&contact["name"], identifiers);
        of_address(&contact["address"], identifiers);
    }
    for extension in list(&patient["extension"]) {
        let url = extension["url"].as_str().unwrap_or_default();
        if url.ends_with("mothersMaidenName") {
            add(identifiers, "name", &extension["valueString"]);
        }
    }
}

fn of_person(person: &Value, identifiers: &mut Identifiers) {
    for name in list(&person["name"]) {
        add_name(name, identifiers);
    }
    for telecom in list(&person["telecom"]) {
        add(identifiers, "telephone number", &telecom["value"]);
    }
    for address in list(&person["address"]) {
        of_address(address, identifiers);
    }
}

fn add_name(name: &Value, identifiers: &mut Identifiers) {
    add(identifiers, "name", &name["family"]);
    add(identifiers, "name", &name["text"]);
    let family = name["family"].as_str().unwrap_or_default();
    for given in list(&name["given"]) {
        add(identifiers, "name", given);
        if let Some(given) = given.as_str().filter(|_| !family.is_empty()) {
            identifiers.add("name", &format!("{given} {family}"));
            identifiers.add("name", &format!("{family}, {given}"));
        }
    }
}

fn of_address(address: &Value, identifiers: &mut Identifiers) {
    for line in list(&address["line"]) {
        add(identifiers, "address", line);
    }
    for part in ["text", "city", "postalCode"] {
        add(identifiers, "address", &address[part]);
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn add(identifiers: &mut Identifiers, kind: &'static str, value: &Value) {
    if let Some(text) = value.as_str() {
        identifiers.add(kind, text);
    }
}
