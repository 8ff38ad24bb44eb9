//! Records of identity and their keys. The only file that spells a key of this module.

use crate::KeyPurposes;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{
    AccountId, AccountKind, BytesMax, Height, KeyPurpose, OrganisationFunction, OrganisationRole,
    PublicKey, TextMax, VecMax,
};
use serde::{Deserialize, Serialize};

/// Most keys of one account.
pub const KEYS_MAX: usize = 8;
/// Most organisations of a network, those expelled included.
pub const ORGANISATIONS_MAX: u32 = 256;
/// Length of an X-Wing public key, in bytes.
pub const SEALING_KEY_BYTES: usize = 1216;
/// Most bytes of an entry's value.
pub const ENTRY_BYTES_MAX: usize = 1024;

/// Whether an account may act.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStatus {
    /// It may.
    Active,
    /// It suspended itself, and may resume.
    SuspendedByItself,
    /// The network suspended it, and may resume it.
    SuspendedByVote,
    /// The network expelled it, for ever.
    Expelled,
}

/// A key of an account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct AccountKey {
    /// The key.
    pub key: PublicKey,
    /// What it may be used for.
    pub purposes: KeyPurposes,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Account {
    /// What it stands for.
    pub kind: AccountKind,
    /// Whether it may act.
    pub status: AccountStatus,
    /// Its active keys; at least one manages the account.
    pub keys: VecMax<AccountKey, KEYS_MAX>,
    /// How many public entries it has.
    pub entry_count: u32,
    /// The organisation that registered it and kept its first key for it, if one did.
    pub assisted_by: Option<AccountId>,
    /// The height at which it was registered.
    pub registered_at: Height,
}

impl Account {
    /// A new account that one key does everything for.
    pub(crate) fn new(kind: AccountKind, key: PublicKey, height: Height) -> Self {
        let first = AccountKey { key, purposes: KeyPurposes::ALL };
        Self {
            kind,
            status: AccountStatus::Active,
            keys: VecMax::new(vec![first]).unwrap_or_default(),
            entry_count: 0,
            assisted_by: None,
            registered_at: height,
        }
    }

    /// The active key with these bytes.
    pub fn key(&self, key: &PublicKey) -> Option<&AccountKey> {
        self.keys.iter().find(|one| one.key == *key)
    }

    /// How many keys manage the account.
    pub fn manage_keys(&self) -> usize {
        self.keys.iter().filter(|one| one.purposes.contains(KeyPurpose::Manage)).count()
    }
}

/// What is known of an organisation beyond its account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct OrganisationRecord {
    /// Its name, a public fact.
    pub name: TextMax<128>,
    /// What it is in the network.
    pub role: OrganisationRole,
    /// What it does.
    pub functions: VecMax<OrganisationFunction, 9>,
    /// Its position in the list of organisations, from 0.
    pub number: u32,
}

/// How many organisations there are.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize,
)]
pub struct OrganisationCounts {
    /// All that were ever admitted.
    pub all: u32,
    /// Those that vote now: founders and members that are active.
    pub voters: u32,
}

/// `identity/account/<account>`
pub fn account_path(account: AccountId) -> KeyPath {
    KeyPath::new("identity/account").id(account)
}

/// `identity/entry/<account>/<name>`
pub fn entry_path(account: AccountId, name: &str) -> KeyPath {
    KeyPath::new("identity/entry").id(account).text(name)
}

/// `identity/sealing-key/<account>`
pub fn sealing_key_path(account: AccountId) -> KeyPath {
    KeyPath::new("identity/sealing-key").id(account)
}

/// `identity/organisation/<account>`
pub fn organisation_path(account: AccountId) -> KeyPath {
    KeyPath::new("identity/organisation").id(account)
}

/// `identity/organisation-at/<number>`
pub fn organisation_at_path(number: u32) -> KeyPath {
    KeyPath::new("identity/organisation-at").number(u64::from(number))
}

/// `identity/organisation-counts`
pub fn counts_path() -> KeyPath {
    KeyPath::new("identity/organisation-counts")
}

pub(crate) fn account(state: &dyn StateRead, account: AccountId) -> Option<Account> {
    get(state, account_path(account).key())
}

pub(crate) fn put_account(state: &mut dyn StateWrite, id: AccountId, account: &Account) {
    put(state, account_path(id).key(), account);
}

pub(crate) fn entry(
    state: &dyn StateRead,
    account: AccountId,
    name: &str,
) -> Option<BytesMax<ENTRY_BYTES_MAX>> {
    get(state, entry_path(account, name).key())
}

pub(crate) fn put_entry(
    state: &mut dyn StateWrite,
    account: AccountId,
    name: &str,
    value: &BytesMax<ENTRY_BYTES_MAX>,
) {
    put(state, entry_path(account, name).key(), value);
}

pub(crate) fn delete_entry(state: &mut dyn StateWrite, account: AccountId, name: &str) {
    state.delete(entry_path(account, name).key());
}

pub(crate) fn sealing_key(state: &dyn StateRead, account: AccountId) -> Option<BytesMax<2048>> {
    get(state, sealing_key_path(account).key())
}

pub(crate) fn put_sealing_key(
    state: &mut dyn StateWrite,
    account: AccountId,
    key: &BytesMax<2048>,
) {
    put(state, sealing_key_path(account).key(), key);
}

pub(crate) fn organisation(
    state: &dyn StateRead,
    account: AccountId,
) -> Option<OrganisationRecord> {
    get(state, organisation_path(account).key())
}

pub(crate) fn put_organisation(
    state: &mut dyn StateWrite,
    account: AccountId,
    organisation: &OrganisationRecord,
) {
    put(state, organisation_path(account).key(), organisation);
    put(state, organisation_at_path(organisation.number).key(), &account);
}

pub(crate) fn organisation_at(state: &dyn StateRead, number: u32) -> Option<AccountId> {
    get(state, organisation_at_path(number).key())
}

pub(crate) fn counts(state: &dyn StateRead) -> OrganisationCounts {
    get(state, counts_path().key()).unwrap_or_default()
}

pub(crate) fn put_counts(state: &mut dyn StateWrite, counts: OrganisationCounts) {
    put(state, counts_path().key(), &counts);
}
