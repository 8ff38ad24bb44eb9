//! Audit events: who asked for what, as text that the patient and the parties can be shown.
//!
//! Every leaf of an account holds the hash of an event's exact bytes. The event lies beside its leaf,
//! sealed under a key of the patient's own log, which is wrapped to the holder and to a patient who
//! has a sealing key: with that key, erasure closes the log too.

pub(crate) mod event;

use crate::{Result, VaultError, index::Index, keys::KeyRing};
use salus_consent::AccessLeaf;
use salus_crypto::{
    seal::{self, DataKey},
    wrap::SealingPublic,
};
use salus_types::{AccountId, hash};

/// Longest event, before it is packed.
const EVENT_BYTES_MAX: usize = 64 * 1024;
const EVENT_DOMAIN: &[u8] = b"salus/audit-event/1";
/// Fast, and within a tenth of the smallest for a text of a kilobyte.
const LEVEL: i32 = 3;

/// Opens the key of a patient's log; makes it for the first access.
pub(crate) async fn log_key(index: &Index, keys: &KeyRing, patient: AccountId) -> Result<DataKey> {
    if let Some(wrapped) = index.audit_key(patient).await? {
        return keys.open_audit(patient, &wrapped);
    }
    let public = index.patient_sealing_key(patient).await?;
    let public = public.and_then(|bytes| SealingPublic::from_bytes(&bytes).ok());
    let (holder, to_patient) = keys.new_audit(patient, public.as_ref());
    let kept = index.put_audit_key(patient, &holder, to_patient.as_deref()).await?;
    keys.open_audit(patient, &kept)
}

/// Packs and seals an event.
pub(crate) fn seal(key: &DataKey, leaf: &AccessLeaf, event: &str) -> Result<Vec<u8>> {
    let packed = zstd::bulk::compress(event.as_bytes(), LEVEL).map_err(|source| {
        VaultError::Storage { doing: "packing an audit event", source: source.into() }
    })?;
    Ok(seal::seal(key, &context(leaf), &packed))
}

/// Opens an event, which must be the one that its leaf names.
pub(crate) fn open(key: &DataKey, leaf: &AccessLeaf, sealed: &[u8]) -> Result<String> {
    let bad = || VaultError::Integrity { what: "an audit event" };
    let packed = seal::open(key, &context(leaf), sealed).map_err(|_| bad())?;
    let text = zstd::bulk::decompress(&packed, EVENT_BYTES_MAX).map_err(|_| bad())?;
    if leaf.audit_event != Some(hash(&text)) {
        return Err(bad());
    }
    String::from_utf8(text).map_err(|_| bad())
}

fn context(leaf: &AccessLeaf) -> Vec<u8> {
    [EVENT_DOMAIN, &leaf.patient.0, &leaf.salt.0].concat()
}

#[cfg(test)]
mod tests {
    use super::{
        event::{Beside, event},
        *,
    };
    use crate::actor::Actor;
    use salus_consent::{AccessKind, Basis, GrantId, PurposeOfUse, RecordId, RequestId};
    use salus_types::{BlockTime, ErrorCode, Hash, VecMax};
    use serde_json::Value;

    fn leaf(kind: AccessKind) -> AccessLeaf {
        AccessLeaf {
            salt: Hash([1; 32]),
            sequence: 7,
            kind,
            patient: AccountId([2; 32]),
            custodian: AccountId([3; 32]),
            accessor: AccountId([4; 32]),
            basis: Some(Basis::Grant(GrantId::new([5; 32]))),
            purpose: PurposeOfUse::Treatment,
            record: RecordId::new([6; 32]),
            version: 1,
            time: BlockTime::from_unix_ms(1_600_000_000_000),
            audit_event: None,
        }
    }

    fn actor() -> Actor {
        Actor {
            person: "p-17".parse().unwrap(),
            roles: VecMax::new(vec!["physician".parse().unwrap()]).unwrap(),
            departments: VecMax::default(),
            treatment: true,
            patient: None,
        }
    }

    fn shown(kind: AccessKind, actor: Option<&Actor>) -> Value {
        let beside = Beside { actor, ..Beside::default() };
        serde_json::from_str(&event("e1", &leaf(kind), beside)).unwrap()
    }

    #[test]
    fn every_kind_of_access_has_the_pattern_of_its_profile() {
        let code = ErrorCode::new("vault.grant_revoked").unwrap();
        let request = RequestId::new([8; 32]);
        let expected = [
            (AccessKind::OwnRead, "PatientRead", "rest", "R", "0"),
            (AccessKind::GrantedRead, "PrivacyDisclosure.Source", "110106", "R", "0"),
            (AccessKind::EmergencyRead, "PrivacyDisclosure.Source", "110106", "R", "0"),
            (AccessKind::Export, "PrivacyDisclosure.Source", "110106", "R", "0"),
            (
                AccessKind::CustodialRead { request },
                "PrivacyDisclosure.Recipient",
                "110107",
                "C",
                "0",
            ),
            (AccessKind::RefusedRead { code }, "AuthZconsent", "110113", "E", "8"),
            (AccessKind::Search, "PatientQuery", "rest", "E", "0"),
            (AccessKind::Erasure, "PatientDelete", "rest", "D", "0"),
        ];

        for (kind, profile, type_code, action, outcome) in expected {
            let event = shown(kind, None);
            let said = event["meta"]["profile"][0].as_str().unwrap();
            assert!(said.ends_with(&format!("IHE.BasicAudit.{profile}")), "{said}");
            assert_eq!(event["type"]["code"], type_code);
            assert_eq!(event["action"], action);
            assert_eq!(event["outcome"], outcome);
            assert_eq!(event["agent"][0]["requestor"], true);
        }
    }

    #[test]
    fn a_person_who_is_named_is_the_one_who_asked_and_the_organisation_is_beside() {
        let actor = actor();
        let event = shown(AccessKind::GrantedRead, Some(&actor));

        let requestors: Vec<&Value> = event["agent"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|agent| agent["requestor"] == true)
            .collect();
        assert_eq!(requestors.len(), 1);
        assert_eq!(requestors[0]["who"]["identifier"]["value"], "p-17");
        assert_eq!(requestors[0]["role"][0]["text"], "physician");
        assert_eq!(event["agent"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn an_event_opens_under_its_key_and_leaf_alone() {
        let mut leaf = leaf(AccessKind::OwnRead);
        let text = event("e1", &leaf, Beside::default());
        leaf.audit_event = Some(hash(text.as_bytes()));
        let key = DataKey::generate();
        let sealed = seal(&key, &leaf, &text).unwrap();

        assert_eq!(open(&key, &leaf, &sealed).unwrap(), text);
        assert!(open(&DataKey::generate(), &leaf, &sealed).is_err());
        let other = AccessLeaf { audit_event: Some(Hash([9; 32])), ..leaf.clone() };
        assert!(open(&key, &other, &sealed).is_err());
        let other = AccessLeaf { salt: Hash([9; 32]), ..leaf };
        assert!(open(&key, &other, &sealed).is_err());
    }
}
