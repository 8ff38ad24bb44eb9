//! What must hold after every block.

use crate::{
    query,
    state::{self, Account, AccountStatus},
};
use salus_framework::Broken;
use salus_state::StateRead;
use salus_types::{AccountId, AccountKind};

/// Checks the list of organisations, the count of those that vote, and the given accounts.
///
/// # Errors
///
/// The first that does not hold: a place in the list is empty or names another place; a member of
/// the list is not an organisation; the count of votes is wrong; an account cannot be managed, or
/// has one key twice.
pub(crate) fn check(state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken> {
    let counts = state::counts(state);
    let mut voters: u32 = 0;
    for number in 0..counts.all {
        let account = state::organisation_at(state, number)
            .ok_or_else(|| broken(format!("no organisation at place {number}")))?;
        let found = state::organisation(state, account)
            .ok_or_else(|| broken(format!("{account} is listed but is no organisation")))?;
        let record = state::account(state, account)
            .filter(|record| record.kind == AccountKind::Organisation)
            .ok_or_else(|| broken(format!("{account} has no account of an organisation")))?;
        if found.number != number {
            return Err(broken(format!("{account} is at place {number}, says {}", found.number)));
        }
        if query::has_vote(found.role) && record.status == AccountStatus::Active {
            voters = voters.saturating_add(1);
        }
        check_account(account, &record)?;
    }
    if voters != counts.voters {
        return Err(broken(format!("{voters} organisations vote, the count is {}", counts.voters)));
    }
    for account in accounts {
        if let Some(found) = state::account(state, *account) {
            check_account(*account, &found)?;
        }
    }
    Ok(())
}

fn check_account(account: AccountId, found: &Account) -> Result<(), Broken> {
    if found.manage_keys() == 0 {
        return Err(broken(format!("no key manages {account}")));
    }
    let keys = &found.keys;
    let twice = keys
        .iter()
        .enumerate()
        .any(|(index, key)| keys.iter().take(index).any(|other| other.key == key.key));
    if twice {
        return Err(broken(format!("{account} has one key twice")));
    }
    Ok(())
}

fn broken(what: String) -> Broken {
    Broken::new("identity", what)
}
