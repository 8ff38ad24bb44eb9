//! Work of the module consent: records are anchored, access is granted, used and revoked.

mod care;

use super::{Draft, World, call};
use crate::{Actor, Dice};
use salus_consent::{
    ConsentTx, GrantId, GrantedBy, PurposeOfUse, RecordId, ReleaseMode,
    tx::{AccountAccess, AnchorRecord, GrantAccess, RevokeGrant},
};
use salus_types::{Hash, ModuleId};
use std::collections::BTreeMap;

const HOUR_MS: u64 = 60 * 60 * 1000;
/// Records that one transaction anchors at most.
const BATCH_MAX: u64 = 6;

/// A record as its custodian knows it.
#[derive(Clone)]
pub(crate) struct RecordFact {
    id: RecordId,
    patient: usize,
    custodian: usize,
    version: u32,
}

/// A grant as the patient knows it.
#[derive(Clone)]
pub(crate) struct GrantFact {
    id: GrantId,
    patient: usize,
    custodian: usize,
    revoked: bool,
}

/// What clients know. People and organisations are places in the cast.
#[derive(Default)]
pub(crate) struct Facts {
    records: Vec<RecordFact>,
    grants: Vec<GrantFact>,
    /// The number of the next access, by patient and custodian.
    next_access: BTreeMap<(usize, usize), u64>,
    care: care::Facts,
}

/// What becomes true.
pub(crate) enum Effect {
    Anchored(Vec<RecordFact>),
    NewVersion(RecordId),
    Granted(GrantFact),
    Revoked(GrantId),
    Accounted { patient: usize, custodian: usize, count: u32 },
    Care(care::Effect),
}

pub(crate) fn apply(world: &mut World, effect: Effect) {
    let facts = &mut world.consent;
    match effect {
        Effect::Anchored(records) => {
            for record in &records {
                facts.next_access.entry((record.patient, record.custodian)).or_insert(1);
            }
            facts.records.extend(records);
        }
        Effect::NewVersion(id) => {
            if let Some(record) = facts.records.iter_mut().find(|record| record.id == id) {
                record.version += 1;
            }
        }
        Effect::Granted(grant) => facts.grants.push(grant),
        Effect::Revoked(id) => {
            if let Some(grant) = facts.grants.iter_mut().find(|grant| grant.id == id) {
                grant.revoked = true;
            }
        }
        Effect::Care(effect) => care::apply(&mut facts.care, effect),
        Effect::Accounted { patient, custodian, count } => {
            *facts.next_access.entry((patient, custodian)).or_insert(1) += u64::from(count);
        }
    }
}

pub(crate) fn draft(dice: &mut Dice, world: &mut World) -> Option<Draft> {
    if dice.chance(40) {
        return care::draft(dice, world);
    }
    match dice.below(100) {
        0..30 => anchor(dice, world),
        30..40 => new_version(dice, world),
        40..60 => grant(dice, world),
        60..70 => revoke(dice, world),
        70..90 => account(dice, world),
        90..93 => anchor_as_a_person(dice, world),
        93..96 => revoke_as_a_stranger(dice, world),
        _ => account_under_a_revoked_grant(dice, world),
    }
}

fn anchor(dice: &mut Dice, world: &World) -> Option<Draft> {
    let custodian = dice.index(world.cast.organisations.len())?;
    let patient = dice.index(world.people.len())?;
    let count = 1 + dice.below(BATCH_MAX);
    let records: Vec<_> = (0..count)
        .map(|_| RecordFact { id: RecordId(Hash(dice.bytes())), patient, custodian, version: 1 })
        .collect();
    let messages: Vec<_> = records.iter().map(|record| anchored(dice, world, record)).collect();
    let sender = world.cast.organisations[custodian].clone();
    Some(drafted(sender, &messages, super::Effect::Consent(Effect::Anchored(records))))
}

fn new_version(dice: &mut Dice, world: &World) -> Option<Draft> {
    let mut record = dice.pick(&world.consent.records)?.clone();
    record.version += 1;
    let message = anchored(dice, world, &record);
    let sender = world.cast.organisations[record.custodian].clone();
    let effect = super::Effect::Consent(Effect::NewVersion(record.id));
    Some(drafted(sender, &[message], effect))
}

fn anchored(dice: &mut Dice, world: &World, record: &RecordFact) -> ConsentTx {
    ConsentTx::AnchorRecord(AnchorRecord {
        record: record.id,
        patient: world.people[record.patient].account,
        version: record.version,
        plain_commitment: Hash(dice.bytes()),
        cipher_hash: Hash(dice.bytes()),
        category_commitment: Hash(dice.bytes()),
    })
}

fn grant(dice: &mut Dice, world: &World) -> Option<Draft> {
    let patient = dice.index(world.people.len())?;
    let custodian = dice.index(world.cast.organisations.len())?;
    let grantee = dice.index(world.cast.organisations.len())?;
    let fact = GrantFact { id: GrantId(Hash(dice.bytes())), patient, custodian, revoked: false };
    let message = ConsentTx::GrantAccess(GrantAccess {
        grant: fact.id,
        by: GrantedBy::Patient,
        grantee: world.cast.organisations[grantee].account,
        custodian: world.cast.organisations[custodian].account,
        scope_commitment: Hash(dice.bytes()),
        purpose: *dice.pick(PurposeOfUse::ALL)?,
        mode: ReleaseMode::Wrapped,
        pseudonymised: false,
        delegable: false,
        consent_commitment: None,
        episode: None,
        not_before: world.now,
        not_after: world.now.after_ms(1 + dice.below(HOUR_MS)),
    });
    let sender = world.people[patient].clone();
    Some(drafted(sender, &[message], super::Effect::Consent(Effect::Granted(fact))))
}

fn revoke(dice: &mut Dice, world: &World) -> Option<Draft> {
    let grant = dice.pick(&world.consent.grants)?;
    let message = ConsentTx::RevokeGrant(RevokeGrant { grant: grant.id, on_behalf: None });
    let sender = world.people[grant.patient].clone();
    Some(drafted(sender, &[message], super::Effect::Consent(Effect::Revoked(grant.id))))
}

fn account(dice: &mut Dice, world: &World) -> Option<Draft> {
    let known: Vec<_> = world.consent.next_access.keys().copied().collect();
    let (patient, custodian) = *dice.pick(&known)?;
    let grants = &world.consent.grants;
    let grant =
        dice.chance(60)
            .then(|| {
                grants.iter().rev().find(|one| {
                    one.patient == patient && one.custodian == custodian && !one.revoked
                })
            })
            .flatten();
    let count = u32::try_from(1 + dice.below(8)).unwrap_or(1);
    let message = accounted(dice, world, patient, custodian, grant.map(|one| one.id), count);
    let sender = world.cast.organisations[custodian].clone();
    let effect = Effect::Accounted { patient, custodian, count };
    Some(drafted(sender, &[message], super::Effect::Consent(effect)))
}

fn accounted(
    dice: &mut Dice,
    world: &World,
    patient: usize,
    custodian: usize,
    grant: Option<GrantId>,
    count: u32,
) -> ConsentTx {
    let first_sequence = world.consent.next_access.get(&(patient, custodian)).copied().unwrap_or(1);
    ConsentTx::AccountAccess(AccountAccess {
        patient: world.people[patient].account,
        basis: grant.map(Into::into),
        first_sequence,
        leaves_root: Hash(dice.bytes()),
        count,
    })
}

/// A person pretends to be a custodian.
fn anchor_as_a_person(dice: &mut Dice, world: &World) -> Option<Draft> {
    let person = dice.index(world.people.len())?;
    let id = RecordId(Hash(dice.bytes()));
    let record = RecordFact { id, patient: person, custodian: 0, version: 1 };
    let message = anchored(dice, world, &record);
    Some(forbidden(world.people[person].clone(), message))
}

/// An organisation revokes what only the patient may revoke.
fn revoke_as_a_stranger(dice: &mut Dice, world: &World) -> Option<Draft> {
    let grant = dice.pick(&world.consent.grants)?.id;
    let sender = dice.pick(&world.cast.organisations)?.clone();
    Some(forbidden(sender, ConsentTx::RevokeGrant(RevokeGrant { grant, on_behalf: None })))
}

/// A custodian releases records under a grant that was revoked before.
fn account_under_a_revoked_grant(dice: &mut Dice, world: &World) -> Option<Draft> {
    let revoked: Vec<_> = world.consent.grants.iter().filter(|grant| grant.revoked).collect();
    let grant = dice.pick(&revoked)?;
    let message = accounted(dice, world, grant.patient, grant.custodian, Some(grant.id), 1);
    Some(forbidden(world.cast.organisations[grant.custodian].clone(), message))
}

fn drafted(sender: Actor, messages: &[ConsentTx], effect: super::Effect) -> Draft {
    let calls = messages.iter().map(|message| call(ModuleId::CONSENT, message)).collect();
    Draft { signers: vec![sender], calls, effect, forbidden: false }
}

fn forbidden(sender: Actor, message: ConsentTx) -> Draft {
    Draft { forbidden: true, ..drafted(sender, &[message], super::Effect::Nothing) }
}
