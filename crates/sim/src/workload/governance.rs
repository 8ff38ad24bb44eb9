//! Work of the module governance: proposals, votes, and the changes that a scenario asks for.

use super::{Draft, World, call};
use crate::{Actor, Cast, Dice, cast::text};
use salus_framework::ModuleEvent as _;
use salus_governance::{
    Action, Choice, GovernanceEvent, GovernanceTx,
    action::AdmitOrganisation,
    tx::{Propose, Vote, Withdraw},
};
use salus_types::{
    BytesMax, LedgerParameters, ModuleId, OrganisationFunction, OrganisationRole, Receipt, VecMax,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;
/// Open proposals that a run has at most.
const OPEN_MAX: usize = 4;

/// What clients know.
pub(crate) struct Facts {
    /// What the scenario wants the members to decide.
    wanted: VecDeque<Action>,
    /// Open proposals by number.
    open: BTreeMap<u64, Open>,
    parameters: LedgerParameters,
}

/// An open proposal as the members see it. Organisations are places in the cast.
struct Open {
    proposer: usize,
    /// Everybody approves of what the scenario wants.
    wanted: bool,
    voted: BTreeSet<usize>,
}

/// What becomes true.
pub(crate) enum Effect {
    Proposed { proposer: usize, wanted: Option<Action> },
    Voted { proposal: u64, organisation: usize },
    Withdrawn(u64),
}

impl Facts {
    pub(crate) fn new(cast: &Cast) -> Self {
        Self {
            wanted: VecDeque::new(),
            open: BTreeMap::new(),
            parameters: cast.network.parameters.clone(),
        }
    }

    pub(crate) fn want(&mut self, action: Action) {
        self.wanted.push_back(action);
    }

    /// Whether something is wanted that is not decided yet.
    pub(crate) fn is_busy(&self) -> bool {
        !self.wanted.is_empty() || self.open.values().any(|open| open.wanted)
    }
}

/// What was refused or has expired is wanted still, if the scenario wanted it.
pub(crate) fn failed(world: &mut World, effect: Effect) {
    if let Effect::Proposed { wanted: Some(action), .. } = effect {
        world.governance.wanted.push_front(action);
    }
}

pub(crate) fn apply(world: &mut World, effect: Effect, receipt: &Receipt) {
    let facts = &mut world.governance;
    match effect {
        Effect::Proposed { proposer, wanted } => {
            for event in &receipt.events {
                if let Ok(GovernanceEvent::ProposalOpened { proposal, .. }) =
                    GovernanceEvent::from_event(event)
                {
                    let (wanted, voted) = (wanted.is_some(), BTreeSet::new());
                    facts.open.insert(proposal, Open { proposer, wanted, voted });
                }
            }
        }
        Effect::Voted { proposal, organisation } => {
            if let Some(open) = facts.open.get_mut(&proposal) {
                open.voted.insert(organisation);
            }
        }
        Effect::Withdrawn(proposal) => {
            facts.open.remove(&proposal);
        }
    }
    for event in &receipt.events {
        if let Ok(
            GovernanceEvent::ProposalAccepted { proposal, .. }
            | GovernanceEvent::ProposalRejected { proposal },
        ) = GovernanceEvent::from_event(event)
        {
            facts.open.remove(&proposal);
        }
    }
}

pub(crate) fn draft(dice: &mut Dice, world: &mut World) -> Option<Draft> {
    if let Some(action) = world.governance.wanted.pop_front() {
        return Some(propose(dice, world, action, true));
    }
    match dice.below(100) {
        0..70 => vote(dice, world).or_else(|| propose_something(dice, world)),
        70..85 => propose_something(dice, world),
        85..90 => withdraw(dice, world),
        90..95 => vote_on_nothing(dice, world),
        _ => vote_as_a_person(dice, world),
    }
}

fn propose(dice: &mut Dice, world: &World, action: Action, wanted: bool) -> Draft {
    let proposer = dice.index(world.cast.organisations.len()).unwrap_or(0);
    let effect = Effect::Proposed { proposer, wanted: wanted.then(|| action.clone()) };
    let message = GovernanceTx::Propose(Propose { action });
    allowed(world.cast.organisations[proposer].clone(), &message, effect)
}

/// An emergency service, a new organisation that observes, or other parameters within a narrow range.
fn propose_something(dice: &mut Dice, world: &World) -> Option<Draft> {
    if world.governance.open.len() >= OPEN_MAX {
        return None;
    }
    let action = if dice.chance(25) {
        Action::AccreditEmergencyService {
            account: world.cast.organisations[0].account,
            until: world.now.after_ms(YEAR_MS),
        }
    } else if dice.chance(50) {
        let actor = Actor::derived(dice, world.network);
        Action::AdmitOrganisation(AdmitOrganisation {
            account: actor.account,
            name: text(&format!("Newcomer {}", dice.below(1000))),
            functions: VecMax::new(vec![OrganisationFunction::Laboratory]).ok()?,
            key: actor.key.public(),
            sealing_key: BytesMax::default(),
            role: OrganisationRole::Observer,
        })
    } else {
        let parameters = LedgerParameters {
            validity_blocks: 20 + dice.below(40),
            block_transactions_max: u32::try_from(20 + dice.below(80)).ok()?,
            ..world.governance.parameters.clone()
        };
        Action::SetParameters { parameters }
    };
    Some(propose(dice, world, action, false))
}

fn vote(dice: &mut Dice, world: &World) -> Option<Draft> {
    let open: Vec<_> = world.governance.open.iter().collect();
    let (proposal, open) =
        open.iter().find(|(_, open)| open.wanted).copied().or_else(|| dice.pick(&open).copied())?;
    let organisation =
        (0..world.cast.organisations.len()).find(|place| !open.voted.contains(place))?;
    let against = !open.wanted && dice.chance(25);
    let choice = if against { Choice::Reject } else { Choice::Approve };
    let message = GovernanceTx::Vote(Vote { proposal: *proposal, choice });
    let effect = Effect::Voted { proposal: *proposal, organisation };
    Some(allowed(world.cast.organisations[organisation].clone(), &message, effect))
}

fn withdraw(dice: &mut Dice, world: &World) -> Option<Draft> {
    let open: Vec<_> = world.governance.open.iter().filter(|(_, open)| !open.wanted).collect();
    let (proposal, open) = *dice.pick(&open)?;
    let message = GovernanceTx::Withdraw(Withdraw { proposal: *proposal });
    let sender = world.cast.organisations[open.proposer].clone();
    Some(allowed(sender, &message, Effect::Withdrawn(*proposal)))
}

fn vote_on_nothing(dice: &mut Dice, world: &World) -> Option<Draft> {
    let sender = dice.pick(&world.cast.organisations)?.clone();
    let message = GovernanceTx::Vote(Vote { proposal: u64::MAX, choice: Choice::Approve });
    Some(forbidden(sender, &message))
}

fn vote_as_a_person(dice: &mut Dice, world: &World) -> Option<Draft> {
    let sender = dice.pick(&world.people)?.clone();
    let message = GovernanceTx::Vote(Vote { proposal: 0, choice: Choice::Approve });
    Some(forbidden(sender, &message))
}

fn allowed(sender: Actor, message: &GovernanceTx, effect: Effect) -> Draft {
    Draft {
        signers: vec![sender],
        calls: vec![call(ModuleId::GOVERNANCE, message)],
        effect: super::Effect::Governance(effect),
        forbidden: false,
    }
}

fn forbidden(sender: Actor, message: &GovernanceTx) -> Draft {
    Draft {
        signers: vec![sender],
        calls: vec![call(ModuleId::GOVERNANCE, message)],
        effect: super::Effect::Nothing,
        forbidden: true,
    }
}
