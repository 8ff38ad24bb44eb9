//! What must hold after every block.

use crate::{ProposalStatus, limits, parameters, query, state};
use salus_framework::Broken;
use salus_identity as identity;
use salus_state::StateRead;

/// Checks nodes, parameters and proposals.
///
/// # Errors
///
/// The first that does not hold: there is a validator; each node is run by an organisation and is
/// listed once; parameters are in their ranges; exactly the proposals that are open or accepted are
/// on the agenda, in order; nobody voted twice.
pub(crate) fn check(state: &dyn StateRead) -> Result<(), Broken> {
    check_nodes(state)?;
    parameters::check_ranges(&query::parameters(state))
        .map_err(|error| broken(error.to_string()))?;
    limits::check_limits(&query::access_limits(state))
        .map_err(|error| broken(error.to_string()))?;
    check_proposals(state)
}

fn check_nodes(state: &dyn StateRead) -> Result<(), Broken> {
    let validators = state::validators(state);
    let observers = state::observers(state);
    if validators.nodes().is_empty() {
        return Err(broken("there is no validator".to_owned()));
    }
    if !observers.is_sorted_by(|one, next| one.key < next.key) {
        return Err(broken("observers are not in the order of their keys".to_owned()));
    }
    for node in &observers {
        if validators.contains(&node.key) {
            return Err(broken(format!("node {} votes and observes", node.key)));
        }
    }
    for node in validators.nodes().iter().chain(observers.iter()) {
        if identity::organisation(state, node.organisation).is_none() {
            return Err(broken(format!("node {} is run by no organisation", node.key)));
        }
    }
    Ok(())
}

fn check_proposals(state: &dyn StateRead) -> Result<(), Broken> {
    let agenda = state::agenda(state);
    if !agenda.is_sorted() {
        return Err(broken("the agenda is not in order".to_owned()));
    }
    for number in 0..state::proposal_count(state) {
        let proposal = state::proposal(state, number)
            .ok_or_else(|| broken(format!("proposal {number} is missing")))?;
        let due: Vec<_> = agenda.iter().filter(|due| due.proposal == number).collect();
        let expected = match proposal.status {
            ProposalStatus::Open => Some(proposal.closes_at),
            ProposalStatus::Accepted { execute_at } => Some(execute_at),
            ProposalStatus::Executed { .. }
            | ProposalStatus::Failed { .. }
            | ProposalStatus::Rejected { .. }
            | ProposalStatus::Expired { .. }
            | ProposalStatus::Withdrawn { .. } => None,
        };
        let right = match (due.as_slice(), expected) {
            ([], None) => true,
            ([one], Some(height)) => one.height == height && one.proposer == proposal.proposer,
            _ => false,
        };
        if !right {
            return Err(broken(format!("proposal {number} is not due when it should be")));
        }
        let votes = &proposal.votes;
        let twice = votes.iter().enumerate().any(|(index, vote)| {
            votes.iter().take(index).any(|other| other.organisation == vote.organisation)
        });
        if twice {
            return Err(broken(format!("an organisation voted twice on proposal {number}")));
        }
    }
    Ok(())
}

fn broken(what: String) -> Broken {
    Broken::new("governance", what)
}
