//! Stories and properties of identity.

#![expect(clippy::needless_pass_by_value, reason = "a call that is made in place reads better")]

mod accounts;
mod entries;
mod keys;
mod organisations;
mod property;

use crate::{Identity, IdentityError, IdentityEvent, IdentityTx, KeyPurposes, authorise, tx};
use salus_framework::{
    Authority, ModuleError, ModuleEvent,
    testing::{TestLedger, key_of, network, signed_by},
};
use salus_types::{AccountId, AccountKind, BytesMax, KeyPurpose, PublicKey, Salt, TextMax};

const HOSPITAL: u8 = 1;
const PAYER: u8 = 2;

/// A ledger with two founders.
fn ledger() -> TestLedger {
    let network = network(&[HOSPITAL, PAYER]);
    let mut ledger = TestLedger::new(&network);
    ledger.genesis::<Identity>(&network).unwrap();
    ledger
}

/// A ledger, and a person on it with this first key.
fn ledger_with_person(first: PublicKey) -> (TestLedger, AccountId) {
    let mut ledger = ledger();
    let call = register(&ledger, first, 0);
    let person = call.account;
    run_with(&mut ledger, person, first, IdentityTx::RegisterAccount(call)).unwrap();
    (ledger, person)
}

fn register(ledger: &TestLedger, first: PublicKey, salt: u8) -> tx::RegisterAccount {
    let salt = Salt([salt; 16]);
    let account = AccountId::derive(ledger.block.network, &first, salt);
    tx::RegisterAccount { account, kind: AccountKind::Person, key: first, salt }
}

fn run(
    ledger: &mut TestLedger,
    sender: AccountId,
    call: IdentityTx,
) -> Result<Vec<IdentityEvent>, IdentityError> {
    run_with(ledger, sender, key_of(sender), call)
}

fn run_with(
    ledger: &mut TestLedger,
    sender: AccountId,
    key: PublicKey,
    call: IdentityTx,
) -> Result<Vec<IdentityEvent>, IdentityError> {
    let events = ledger.run_signed::<Identity>(sender, key, &call)?;
    Ok(events.iter().map(|event| IdentityEvent::from_event(event).unwrap()).collect())
}

fn code<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> &'static str {
    result.unwrap_err().code()
}

fn may(
    ledger: &TestLedger,
    account: AccountId,
    key: PublicKey,
    authority: Authority,
) -> Result<(), &'static str> {
    authorise(&ledger.state, &signed_by(account, key), &[], authority).map_err(|error| error.code)
}

fn set_entry(name: &str, value: &[u8]) -> IdentityTx {
    IdentityTx::SetEntry(tx::SetEntry {
        name: TextMax::new(name).unwrap(),
        value: BytesMax::new(value).unwrap(),
    })
}

fn add_key(key: PublicKey, purpose: KeyPurpose) -> IdentityTx {
    let purposes = KeyPurposes::new(&[purpose]).unwrap();
    IdentityTx::AddKey(tx::AddKey { key, purposes })
}

const ACT: Authority = Authority::Key(KeyPurpose::Act);
