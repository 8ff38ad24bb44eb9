//! Stories and properties of consent.

#![expect(clippy::arithmetic_side_effects, reason = "a test may stop on an overflow")]
#![expect(clippy::needless_pass_by_value, reason = "a call that is made in place reads better")]

mod accesses;
mod grants;
mod property;
mod records;

use crate::{
    Consent, ConsentError, ConsentEvent, ConsentTx, GrantId, PurposeOfUse, RecordId,
    tx::{AccountAccess, AnchorRecord, GrantAccess, RevokeGrant},
};
use salus_framework::{
    ModuleError, ModuleEvent,
    testing::{TestLedger, account, key, network},
};
use salus_identity::{Identity, IdentityTx, tx::RegisterAccount};
use salus_types::{AccountId, AccountKind, Hash, Salt};

const HOSPITAL: u8 = 1;
const CLINIC: u8 = 2;

/// A ledger with two organisations and a patient whom the hospital assists.
fn ledger() -> (TestLedger, AccountId) {
    let network = network(&[HOSPITAL, CLINIC]);
    let mut ledger = TestLedger::new(&network);
    ledger.genesis::<Identity>(&network).unwrap();
    ledger.genesis::<Consent>(&network).unwrap();
    let patient = register(&mut ledger, AccountKind::Person, 50);
    (ledger, patient)
}

fn register(ledger: &mut TestLedger, kind: AccountKind, n: u8) -> AccountId {
    let salt = Salt([0; 16]);
    let new = AccountId::derive(ledger.block.network, &key(n), salt);
    let call = RegisterAccount { account: new, kind, key: key(n), salt };
    ledger.run::<Identity>(account(HOSPITAL), &IdentityTx::RegisterAccount(call)).unwrap();
    new
}

fn run(
    ledger: &mut TestLedger,
    sender: AccountId,
    call: ConsentTx,
) -> Result<Vec<ConsentEvent>, ConsentError> {
    let events = ledger.run::<Consent>(sender, &call)?;
    Ok(events.iter().map(|event| ConsentEvent::from_event(event).unwrap()).collect())
}

fn code<T: std::fmt::Debug>(result: Result<T, ConsentError>) -> &'static str {
    result.unwrap_err().code()
}

fn record(n: u8) -> RecordId {
    RecordId::new([n; 32])
}

fn grant(n: u8) -> GrantId {
    GrantId::new([n; 32])
}

fn anchor(patient: AccountId, n: u8, version: u32) -> ConsentTx {
    let commitment = u8::try_from(version).unwrap();
    ConsentTx::AnchorRecord(AnchorRecord {
        record: record(n),
        patient,
        version,
        plain_commitment: Hash([commitment; 32]),
        cipher_hash: Hash([commitment; 32]),
        category_commitment: Hash([commitment; 32]),
    })
}

/// A grant to the clinic at the hospital, valid for one second from now on.
fn grant_call(ledger: &TestLedger, n: u8) -> GrantAccess {
    GrantAccess {
        grant: grant(n),
        grantee: account(CLINIC),
        custodian: account(HOSPITAL),
        scope_commitment: Hash([7; 32]),
        purpose: PurposeOfUse::Treatment,
        not_before: ledger.block.time,
        not_after: ledger.block.time.after_ms(1000),
    }
}

fn give(ledger: &mut TestLedger, patient: AccountId, n: u8) {
    let call = grant_call(ledger, n);
    run(ledger, patient, ConsentTx::GrantAccess(call)).unwrap();
}

fn revoke(n: u8) -> ConsentTx {
    ConsentTx::RevokeGrant(RevokeGrant { grant: grant(n) })
}

fn access(
    patient: AccountId,
    grant: Option<GrantId>,
    first_sequence: u64,
    count: u32,
) -> ConsentTx {
    let leaves_root = Hash([8; 32]);
    ConsentTx::AccountAccess(AccountAccess { patient, grant, first_sequence, leaves_root, count })
}
