//! Work on the ledger, from a seed: what organisations and patients do all day, and some of what
//! they must not be able to do.
//!
//! Each module has one file here. It proposes a [`Draft`]: calls, who signs, and what is then true
//! if the ledger says yes. The workload learns what happened from receipts only, as clients do.

mod consent;
mod governance;
mod identity;

use crate::{Actor, Cast, Dice, fault::Fault};
use bytes::Bytes;
use salus_governance::Action;
use salus_types::{
    AccountId, BlockTime, BytesMax, Call, Height, ModuleId, NetworkId, Outcome, Receipt, Salt,
    TransactionBody, TransactionHash, UnsignedTransaction, VecMax, encode,
};
use std::collections::BTreeMap;

/// Blocks that a client lets a transaction wait: from 4 to 19, so that some expire under faults and
/// none is too far whatever the members vote.
const LIFE: std::ops::Range<u64> = 4..20;

/// A transaction that a client sends.
#[derive(Clone, Debug)]
pub struct Submission {
    /// What identifies it.
    pub hash: TransactionHash,
    /// Its canonical bytes.
    pub bytes: Bytes,
    /// The last height at which it may be in a block.
    pub valid_until: Height,
}

/// What a module's workload wants to do.
pub(crate) struct Draft {
    /// Who signs, the sender first.
    pub(crate) signers: Vec<Actor>,
    /// The calls.
    pub(crate) calls: Vec<Call>,
    /// What is then true.
    pub(crate) effect: Effect,
    /// Whether the ledger must refuse it, whatever else happens.
    pub(crate) forbidden: bool,
}

/// What becomes true when a draft is executed.
pub(crate) enum Effect {
    Nothing,
    Identity(identity::Effect),
    Governance(governance::Effect),
    Consent(consent::Effect),
}

/// What clients know of the ledger.
pub(crate) struct World {
    pub(crate) network: NetworkId,
    pub(crate) cast: Cast,
    pub(crate) people: Vec<Actor>,
    pub(crate) now: BlockTime,
    pub(crate) height: Height,
    pub(crate) identity: identity::Facts,
    pub(crate) governance: governance::Facts,
    pub(crate) consent: consent::Facts,
}

struct Sent {
    effect: Effect,
    forbidden: bool,
}

/// The clients of a run.
pub struct Workload {
    dice: Dice,
    world: World,
    sent: BTreeMap<TransactionHash, Sent>,
    outcomes: BTreeMap<String, u64>,
}

impl Workload {
    /// The clients of this cast, with the throws of this seed.
    pub fn new(seed: u64, cast: Cast) -> Self {
        let world = World {
            network: cast.network.id(),
            people: Vec::new(),
            now: cast.network.genesis_time,
            height: Height(0),
            identity: identity::Facts::default(),
            governance: governance::Facts::new(&cast),
            consent: consent::Facts::default(),
            cast,
        };
        Self {
            dice: Dice::new(seed, "workload"),
            world,
            sent: BTreeMap::new(),
            outcomes: BTreeMap::new(),
        }
    }

    /// Makes the next transaction.
    ///
    /// # Panics
    ///
    /// Never: drafts have few calls and signers.
    pub fn make(&mut self) -> Submission {
        let draft = self.draft();
        let cosigners = draft.signers.iter().skip(1).map(|signer| signer.account).collect();
        let life = LIFE.start + self.dice.below(LIFE.end - LIFE.start);
        let valid_until = self.world.height.after(life);
        let body = TransactionBody {
            network: self.world.network,
            sender: draft.signers[0].account,
            cosigners: VecMax::new(cosigners).expect("a draft has few signers"),
            valid_until,
            salt: Salt(self.dice.bytes()),
            calls: VecMax::new(draft.calls).expect("a draft has few calls"),
        };
        let hash = body.hash();
        let unsigned = draft.signers.iter().fold(UnsignedTransaction::new(body), |one, signer| {
            one.with_signature(signer.account, signer.key.public(), signer.sign(hash))
        });
        let transaction = unsigned.finish().expect("a draft has few signers");
        self.sent.insert(hash, Sent { effect: draft.effect, forbidden: draft.forbidden });
        Submission { hash, bytes: transaction.to_bytes().into(), valid_until }
    }

    fn draft(&mut self) -> Draft {
        let (dice, world) = (&mut self.dice, &mut self.world);
        let draft = match dice.below(100) {
            _ if world.governance.is_busy() && dice.chance(50) => governance::draft(dice, world),
            0..45 => consent::draft(dice, world),
            45..55 => governance::draft(dice, world),
            _ => None,
        };
        draft.unwrap_or_else(|| identity::draft(dice, world))
    }

    /// Takes note of the next block: its height, its time, and what became of its transactions.
    ///
    /// # Errors
    ///
    /// [`Fault::Allowed`]: something was executed that must always be refused.
    pub fn observe(
        &mut self,
        height: Height,
        time: BlockTime,
        receipts: &[Receipt],
    ) -> Result<(), Fault> {
        self.world.height = height;
        self.world.now = time;
        for receipt in receipts {
            let Some(sent) = self.sent.remove(&receipt.transaction) else { continue };
            let outcome = match &receipt.outcome {
                Outcome::Ok => "ok",
                Outcome::Refused { code, .. } => code.as_str(),
            };
            *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
            if receipt.outcome != Outcome::Ok {
                self.failed(sent.effect);
                continue;
            }
            if sent.forbidden {
                return Err(Fault::Allowed { height, transaction: receipt.transaction });
            }
            match sent.effect {
                Effect::Nothing => {}
                Effect::Identity(effect) => identity::apply(&mut self.world, effect),
                Effect::Governance(effect) => governance::apply(&mut self.world, effect, receipt),
                Effect::Consent(effect) => consent::apply(&mut self.world, effect),
            }
        }
        Ok(())
    }

    /// Takes note of transactions that will be in no block.
    pub fn lost(&mut self, hashes: &[TransactionHash]) {
        for hash in hashes {
            if let Some(sent) = self.sent.remove(hash) {
                self.failed(sent.effect);
            }
        }
    }

    fn failed(&mut self, effect: Effect) {
        match effect {
            Effect::Governance(effect) => governance::failed(&mut self.world, effect),
            Effect::Nothing | Effect::Identity(_) | Effect::Consent(_) => {}
        }
    }

    /// Makes the members propose this and approve of it, before anything else that they decide.
    pub fn want(&mut self, action: Action) {
        self.world.governance.want(action);
    }

    /// The people and organisations whose accounts exist.
    pub fn accounts(&self) -> Vec<AccountId> {
        let world = &self.world;
        world.cast.organisations.iter().chain(&world.people).map(|actor| actor.account).collect()
    }

    /// How often transactions ended how: `ok` or a code.
    pub fn outcomes(&self) -> &BTreeMap<String, u64> {
        &self.outcomes
    }
}

/// A call to a module.
pub(crate) fn call(module: ModuleId, message: &impl borsh::BorshSerialize) -> Call {
    let payload = BytesMax::new(encode(message)).expect("the workload's messages are short");
    Call { module, payload }
}
