//! Work of the module identity: people come, keys change, entries are set.

use super::{Draft, World, call};
use crate::{
    Actor, Dice,
    cast::{signing_key, text},
};
use salus_crypto::sign::SigningKey;
use salus_identity::{
    IdentityTx, KeyPurposes,
    tx::{
        AddKey, RegisterAccount, RemoveEntry, ResumeAccount, RotateKey, SetEntry, SuspendAccount,
    },
};
use salus_types::{AccountKind, BytesMax, Call, KeyPurpose, ModuleId};
use std::collections::{BTreeMap, BTreeSet};

/// People that a run begins with, before anything else is done.
const PEOPLE_MIN: usize = 3;
/// People that a run has at most.
const PEOPLE_MAX: usize = 24;

/// What clients know.
#[derive(Default)]
pub(crate) struct Facts {
    /// Entries by place of the organisation in the cast.
    entries: BTreeMap<usize, BTreeSet<String>>,
    /// Keys that were rotated away, with the account as it was.
    old_keys: Vec<Actor>,
    /// Places of people that have suspended themselves.
    pub(crate) suspended: BTreeSet<usize>,
}

/// What becomes true.
pub(crate) enum Effect {
    Registered(Actor),
    EntrySet { organisation: usize, name: String },
    EntryRemoved { organisation: usize, name: String },
    Rotated { person: usize, new: SigningKey },
    Suspended(usize),
    Resumed(usize),
    KeyAdded,
}

pub(crate) fn apply(world: &mut World, effect: Effect) {
    let facts = &mut world.identity;
    match effect {
        Effect::Registered(actor) => world.people.push(actor),
        Effect::EntrySet { organisation, name } => {
            facts.entries.entry(organisation).or_default().insert(name);
        }
        Effect::EntryRemoved { organisation, name } => {
            facts.entries.entry(organisation).or_default().remove(&name);
        }
        Effect::Rotated { person, new } => {
            facts.old_keys.push(world.people[person].clone());
            world.people[person].key = new;
        }
        Effect::Suspended(person) => {
            facts.suspended.insert(person);
        }
        Effect::Resumed(person) => {
            facts.suspended.remove(&person);
        }
        Effect::KeyAdded => {}
    }
}

pub(crate) fn draft(dice: &mut Dice, world: &mut World) -> Draft {
    if world.people.len() < PEOPLE_MIN {
        return register(dice, world);
    }
    let draft = match dice.below(100) {
        0..15 if world.people.len() < PEOPLE_MAX => Some(register(dice, world)),
        15..20 => rotate(dice, world),
        20..23 => suspend(dice, world),
        23..30 => resume(dice, world),
        30..35 => sign_with_an_old_key(dice, world),
        35..40 => add_key(dice, world),
        40..50 => remove_entry(dice, world),
        _ => None,
    };
    draft.unwrap_or_else(|| set_entry(dice, world))
}

/// A person registers, or a hospital does it for one who has no device.
fn register(dice: &mut Dice, world: &World) -> Draft {
    let person = Actor::derived(dice, world.network);
    let message = IdentityTx::RegisterAccount(RegisterAccount {
        account: person.account,
        kind: AccountKind::Person,
        key: person.key.public(),
        salt: person.salt,
    });
    let assisted = dice.chance(30);
    let sender = if assisted { world.cast.organisations[0].clone() } else { person.clone() };
    allowed(sender, &message, Effect::Registered(person))
}

fn set_entry(dice: &mut Dice, world: &World) -> Draft {
    let organisation = dice.index(world.cast.organisations.len()).unwrap_or(0);
    let name = format!("service-{}", dice.below(40));
    let value: Vec<u8> = std::iter::repeat_with(|| dice.bytes::<30>()).take(10).flatten().collect();
    let message = IdentityTx::SetEntry(SetEntry {
        name: text(&name),
        value: BytesMax::new(value).expect("300 bytes are within the bound"),
    });
    let sender = world.cast.organisations[organisation].clone();
    allowed(sender, &message, Effect::EntrySet { organisation, name })
}

fn remove_entry(dice: &mut Dice, world: &World) -> Option<Draft> {
    let organisation = dice.index(world.cast.organisations.len())?;
    let names: Vec<_> = world.identity.entries.get(&organisation)?.iter().cloned().collect();
    let name = dice.pick(&names)?.clone();
    let message = IdentityTx::RemoveEntry(RemoveEntry { name: text(&name) });
    let sender = world.cast.organisations[organisation].clone();
    Some(allowed(sender, &message, Effect::EntryRemoved { organisation, name }))
}

fn rotate(dice: &mut Dice, world: &World) -> Option<Draft> {
    let person = dice.index(world.people.len())?;
    let new = signing_key(dice);
    let actor = world.people[person].clone();
    let message = IdentityTx::RotateKey(RotateKey { old: actor.key.public(), new: new.public() });
    Some(allowed(actor, &message, Effect::Rotated { person, new }))
}

fn add_key(dice: &mut Dice, world: &World) -> Option<Draft> {
    let actor = dice.pick(&world.people)?.clone();
    let purposes = KeyPurposes::new(&[KeyPurpose::Attest])?;
    let message = IdentityTx::AddKey(AddKey { key: signing_key(dice).public(), purposes });
    Some(allowed(actor, &message, Effect::KeyAdded))
}

fn suspend(dice: &mut Dice, world: &World) -> Option<Draft> {
    let person = dice.index(world.people.len())?;
    let message = IdentityTx::SuspendAccount(SuspendAccount {});
    Some(allowed(world.people[person].clone(), &message, Effect::Suspended(person)))
}

fn resume(dice: &mut Dice, world: &World) -> Option<Draft> {
    let suspended: Vec<_> = world.identity.suspended.iter().copied().collect();
    let person = *dice.pick(&suspended)?;
    let message = IdentityTx::ResumeAccount(ResumeAccount {});
    Some(allowed(world.people[person].clone(), &message, Effect::Resumed(person)))
}

/// Whoever stole a key that was rotated away tries to suspend its former account.
fn sign_with_an_old_key(dice: &mut Dice, world: &World) -> Option<Draft> {
    let thief = dice.pick(&world.identity.old_keys)?.clone();
    let message = IdentityTx::SuspendAccount(SuspendAccount {});
    Some(Draft {
        signers: vec![thief],
        calls: vec![calls(&message)],
        effect: super::Effect::Nothing,
        forbidden: true,
    })
}

fn allowed(sender: Actor, message: &IdentityTx, effect: Effect) -> Draft {
    Draft {
        signers: vec![sender],
        calls: vec![calls(message)],
        effect: super::Effect::Identity(effect),
        forbidden: false,
    }
}

fn calls(message: &IdentityTx) -> Call {
    call(ModuleId::IDENTITY, message)
}
