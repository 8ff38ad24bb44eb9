//! Ids of audit events: the account of a patient and the number of the access, in the characters that
//! an id of FHIR may have.

use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use std::sync::LazyLock;

/// Base 64 in the characters that an id may have.
static IDS: LazyLock<GeneralPurpose> = LazyLock::new(|| {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
    let alphabet = Alphabet::new(digits).expect("64 characters, each once");
    GeneralPurpose::new(&alphabet, NO_PAD)
});

/// The id of the event of an access, 54 characters.
pub fn audit_id(patient: &[u8; 32], sequence: u64) -> String {
    IDS.encode([&patient[..], &sequence.to_be_bytes()].concat())
}

/// The patient and the number of the access that an id holds; none if it is not such an id.
pub fn parse_audit_id(id: &str) -> Option<([u8; 32], u64)> {
    let bytes = IDS.decode(id).ok()?;
    let (patient, sequence) = bytes.split_at_checked(32)?;
    Some((patient.try_into().ok()?, u64::from_be_bytes(sequence.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_account_and_number_in_characters_of_fhir_ids() {
        let id = audit_id(&[0xfb; 32], 7);

        assert!(
            id.len() <= 64
                && id.bytes().all(|one| one.is_ascii_alphanumeric() || b"-.".contains(&one))
        );
        assert_eq!(parse_audit_id(&id), Some(([0xfb; 32], 7)));
        for bad in ["", "x", "A_A", &id[1..]] {
            assert_eq!(parse_audit_id(bad), None);
        }
    }
}
