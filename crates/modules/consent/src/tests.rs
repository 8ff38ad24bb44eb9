//! Stories and properties of consent.

#![expect(clippy::needless_pass_by_value, reason = "a call that is made in place reads better")]

mod accesses;
mod delegations;
mod documents;
mod emergencies;
mod episodes;
mod erasures;
mod grants;
mod passing_on;
mod property;
mod records;
mod releases;

use crate::{
    ArrangementId, Basis, Consent, ConsentError, ConsentEvent, ConsentTx, DelegationId,
    DelegationKind, EmergencyId, EpisodeId, GrantId, GrantedBy, Power, PurposeOfUse, RecordId,
    ReleaseMode, RequestId,
    tx::{AccountAccess, AnchorRecord, Delegate, GrantAccess, OpenEpisode, RevokeGrant},
};
use salus_framework::{
    BlockContext, Context, Module, ModuleError, ModuleEvent, put,
    testing::{TestLedger, account, key, key_of, network, signed_by},
};
use salus_governance::{EmergencyService, state::emergency_service_path};
use salus_identity::{Identity, IdentityTx, tx::RegisterAccount};
use salus_state::Overlay;
use salus_types::{AccountId, AccountKind, Hash, Salt, TransactionHash, VecMax};

const HOSPITAL: u8 = 1;
const CLINIC: u8 = 2;
const LABORATORY: u8 = 3;

/// A ledger with three organisations and a patient whom the hospital assists.
fn ledger() -> (TestLedger, AccountId) {
    ledger_of(&[HOSPITAL, CLINIC, LABORATORY])
}

/// A ledger with these organisations, the first of which assists a patient.
fn ledger_of(founders: &[u8]) -> (TestLedger, AccountId) {
    let network = network(founders);
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

/// Runs a call that others sign too, each with the key of its number.
fn run_cosigned(
    ledger: &mut TestLedger,
    sender: AccountId,
    cosigners: &[(AccountId, u8)],
    call: ConsentTx,
) -> Result<(), ConsentError> {
    let mut events = Vec::new();
    let mut overlay = Overlay::new(&ledger.state);
    let sender = signed_by(sender, key_of(sender));
    let cosigners: Vec<_> =
        cosigners.iter().map(|(account, n)| signed_by(*account, key(*n))).collect();
    let base = BlockContext::new(&ledger.block, &mut overlay, &mut events);
    let mut ctx = Context::new(base, TransactionHash([9; 32]), &sender, &cosigners);
    let result = Consent::execute(&call, &mut ctx);
    let writes = overlay.into_writes();
    assert!(result.is_ok() || writes.is_empty(), "a refused call has written");
    ledger.state.apply(writes);
    result
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
        by: GrantedBy::Patient,
        grantee: account(CLINIC),
        custodian: account(HOSPITAL),
        scope_commitment: Hash([7; 32]),
        purpose: PurposeOfUse::Treatment,
        mode: ReleaseMode::Wrapped,
        pseudonymised: false,
        delegable: false,
        consent_commitment: None,
        episode: None,
        not_before: ledger.block.time,
        not_after: ledger.block.time.after_ms(1000),
    }
}

fn give(ledger: &mut TestLedger, patient: AccountId, n: u8) {
    let call = grant_call(ledger, n);
    run(ledger, patient, ConsentTx::GrantAccess(call)).unwrap();
}

fn revoke(n: u8) -> ConsentTx {
    ConsentTx::RevokeGrant(RevokeGrant { grant: grant(n), on_behalf: None })
}

fn access(
    patient: AccountId,
    grant: Option<GrantId>,
    first_sequence: u64,
    count: u32,
) -> ConsentTx {
    access_on(patient, grant.map(Basis::Grant), first_sequence, count)
}

fn access_on(
    patient: AccountId,
    basis: Option<Basis>,
    first_sequence: u64,
    count: u32,
) -> ConsentTx {
    let leaves_root = Hash([8; 32]);
    ConsentTx::AccountAccess(AccountAccess { patient, basis, first_sequence, leaves_root, count })
}

fn delegation(n: u8) -> DelegationId {
    DelegationId::new([n; 32])
}

/// A delegation to `delegate` with all powers, valid for half a second from now on.
fn delegate_call(ledger: &TestLedger, n: u8, delegate: AccountId) -> Delegate {
    let powers = [Power::Grant, Power::Revoke, Power::Read, Power::Appoint, Power::Erase];
    Delegate {
        delegation: delegation(n),
        delegate,
        kind: DelegationKind::Guardian,
        powers: VecMax::new(powers.to_vec()).unwrap(),
        not_before: ledger.block.time,
        not_after: ledger.block.time.after_ms(500),
    }
}

fn episode(n: u8) -> EpisodeId {
    EpisodeId::new([n; 32])
}

/// A stay at the clinic for one second at most.
fn episode_call(ledger: &TestLedger, n: u8) -> OpenEpisode {
    OpenEpisode {
        episode: episode(n),
        on_behalf: None,
        hospital: account(CLINIC),
        offer_commitment: Hash([5; 32]),
        scope_commitment: Hash([6; 32]),
        mode: ReleaseMode::Wrapped,
        not_after: ledger.block.time.after_ms(1000),
    }
}

fn arrangement(n: u8) -> ArrangementId {
    ArrangementId::new([n; 32])
}

fn request(n: u8) -> RequestId {
    RequestId::new([n; 32])
}

fn emergency(n: u8) -> EmergencyId {
    EmergencyId::new([n; 32])
}

/// Accredits the hospital as an emergency service for `ms` from now on.
fn accredit(ledger: &mut TestLedger, ms: u64) {
    let now = ledger.block.time;
    let service = EmergencyService { until: now.after_ms(ms), accredited_at: now };
    let path = emergency_service_path(account(HOSPITAL));
    ledger
        .with_block(|ctx| {
            put(ctx.state(), path.key(), &service);
            Ok::<_, std::convert::Infallible>(())
        })
        .unwrap();
}
