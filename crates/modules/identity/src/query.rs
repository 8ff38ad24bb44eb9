//! Read-only questions about accounts and organisations, answered from any snapshot.

use crate::state::{self, Account, AccountKey, AccountStatus, OrganisationRecord};
use salus_state::StateRead;
use salus_types::{
    AccountId, AccountKind, BytesMax, KeyPurpose, OrganisationFunction, OrganisationRole,
    PublicKey, TextMax, VecMax,
};
use serde::{Deserialize, Serialize};

/// Most organisations in one page.
pub const PAGE_MAX: u32 = 100;

/// An account as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// The account.
    pub account: AccountId,
    /// What it stands for.
    pub kind: AccountKind,
    /// Whether it may act.
    pub status: AccountStatus,
    /// Its active keys.
    pub keys: Vec<AccountKey>,
    /// How many public entries it has.
    pub entry_count: u32,
    /// The organisation that registered it and kept its first key for it, if one did.
    pub assisted_by: Option<AccountId>,
    /// The key to which secrets for it are wrapped, if it has one.
    pub sealing_key: Option<BytesMax<2048>>,
    /// What it is as an organisation, if it is one.
    pub organisation: Option<OrganisationView>,
}

/// An organisation as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationView {
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: TextMax<128>,
    /// What it is in the network.
    pub role: OrganisationRole,
    /// What it does.
    pub functions: VecMax<OrganisationFunction, 9>,
    /// Whether it may act.
    pub status: AccountStatus,
    /// The key to which secrets for it are wrapped, if it has one.
    pub sealing_key: Option<BytesMax<2048>>,
}

/// A page of organisations, in the order of their admission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationPage {
    /// How many there are in all.
    pub total: u32,
    /// Where the page begins.
    pub from: u32,
    /// The organisations.
    pub items: Vec<OrganisationView>,
}

/// The account, as stored.
pub fn account(state: &dyn StateRead, account: AccountId) -> Option<Account> {
    state::account(state, account)
}

/// Whether the account was ever registered.
pub fn exists(state: &dyn StateRead, account: AccountId) -> bool {
    state.get(state::account_path(account).key()).is_some()
}

/// Whether the account exists and may act.
pub fn is_active(state: &dyn StateRead, account: AccountId) -> bool {
    state::account(state, account).is_some_and(|found| found.status == AccountStatus::Active)
}

/// Whether the account is an organisation that may act.
pub fn is_active_organisation(state: &dyn StateRead, account: AccountId) -> bool {
    state::account(state, account).is_some_and(|found| {
        found.kind == AccountKind::Organisation && found.status == AccountStatus::Active
    })
}

/// Whether the account is an organisation that votes now.
pub fn is_voter(state: &dyn StateRead, account: AccountId) -> bool {
    let votes = state::organisation(state, account).is_some_and(|found| has_vote(found.role));
    votes && is_active_organisation(state, account)
}

/// How many organisations vote now.
pub fn voters(state: &dyn StateRead) -> u32 {
    state::counts(state).voters
}

/// Whether organisations of this role vote.
pub fn has_vote(role: OrganisationRole) -> bool {
    match role {
        OrganisationRole::Founder | OrganisationRole::Member => true,
        OrganisationRole::Observer => false,
    }
}

/// Whether `key` is an active key of the active account for this purpose.
pub fn key_may(
    state: &dyn StateRead,
    account: AccountId,
    key: &PublicKey,
    purpose: KeyPurpose,
) -> bool {
    state::account(state, account).is_some_and(|found| {
        found.status == AccountStatus::Active
            && found.key(key).is_some_and(|one| one.purposes.contains(purpose))
    })
}

/// The organisation, as stored.
pub fn organisation(state: &dyn StateRead, account: AccountId) -> Option<OrganisationRecord> {
    state::organisation(state, account)
}

/// The key to which secrets for the account are wrapped: X-Wing, 1,216 bytes.
pub fn sealing_key(state: &dyn StateRead, account: AccountId) -> Option<BytesMax<2048>> {
    state::sealing_key(state, account).filter(|key| !key.is_empty())
}

/// A public entry of the account.
pub fn entry(
    state: &dyn StateRead,
    account: AccountId,
    name: &str,
) -> Option<BytesMax<{ state::ENTRY_BYTES_MAX }>> {
    state::entry(state, account, name)
}

/// The account with all that belongs to it.
pub fn account_view(state: &dyn StateRead, account: AccountId) -> Option<AccountView> {
    let found = state::account(state, account)?;
    let organisation = match found.kind {
        AccountKind::Organisation => organisation_view(state, account),
        AccountKind::Person | AccountKind::Device => None,
    };
    Some(AccountView {
        account,
        kind: found.kind,
        status: found.status,
        keys: found.keys.into_inner(),
        entry_count: found.entry_count,
        assisted_by: found.assisted_by,
        sealing_key: sealing_key(state, account),
        organisation,
    })
}

/// The organisation with all that belongs to it.
pub fn organisation_view(state: &dyn StateRead, account: AccountId) -> Option<OrganisationView> {
    let sealing_key = sealing_key(state, account);
    let status = state::account(state, account).map(|found| found.status);
    let found = state::organisation(state, account)?;
    Some(OrganisationView {
        account,
        name: found.name,
        role: found.role,
        functions: found.functions,
        status: status?,
        sealing_key,
    })
}

/// The organisations from position `from` on, at most `limit` and at most [`PAGE_MAX`].
pub fn organisations(state: &dyn StateRead, from: u32, limit: u32) -> OrganisationPage {
    let total = state::counts(state).all;
    let end = from.saturating_add(limit.min(PAGE_MAX)).min(total);
    let items = (from..end)
        .filter_map(|number| state::organisation_at(state, number))
        .filter_map(|account| organisation_view(state, account))
        .collect();
    OrganisationPage { total, from, items }
}
