//! The trait that a module implements, and the one that the block executor uses.

use crate::{BlockContext, Context, ModuleError, ModuleEvent, Refusal};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_state::{StateKey, StateRead};
use salus_types::{
    AccountId, Event, KeyPurpose, ModuleId, NetworkFile, TransactionSignature, decode, encode,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// What the signatures of a transaction must be for a call to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The sender's account is active and the key has this purpose.
    Key(KeyPurpose),
    /// The same, but the account may be one that suspended itself.
    KeyEvenSuspended(KeyPurpose),
    /// The sender's account need not exist yet; the call checks the key itself.
    NewAccount,
}

/// Checks signatures against accounts: the executor's rule, handed to modules by `salus-app`.
///
/// The sender's signature comes first, then the co-signers'.
pub type Authorise = fn(
    &dyn StateRead,
    &TransactionSignature,
    &[TransactionSignature],
    Authority,
) -> Result<(), Refusal>;

/// Something that must hold after every block and does not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{module}: {what}")]
pub struct Broken {
    /// The module whose invariant it is.
    pub module: &'static str,
    /// What was found, for people.
    pub what: String,
}

impl Broken {
    /// An invariant of `module` that does not hold.
    pub fn new(module: &'static str, what: impl Into<String>) -> Self {
        Self { module, what: what.into() }
    }
}

/// A module of the ledger.
pub trait Module: Sync + 'static {
    /// Its number in a call.
    const ID: ModuleId;
    /// Its name: the first part of its codes and of its keys.
    const NAME: &'static str;
    /// The code of a payload that does not decode, `<name>.malformed`.
    const MALFORMED: &'static str;
    /// Its messages.
    type Call: BorshSerialize + BorshDeserialize + Serialize + DeserializeOwned;
    /// Its events.
    type Event: ModuleEvent;
    /// Its refusals.
    type Error: ModuleError;

    /// Which signatures the call needs.
    fn authority(call: &Self::Call, sender: AccountId) -> Authority;

    /// Keys that the call reads as far as its message tells, so that they are loaded ahead.
    ///
    /// A hint: a key too many or too few costs time and changes nothing.
    fn reads(call: &Self::Call, sender: AccountId) -> Vec<StateKey>;

    /// Checks and executes a call whose signatures are in order.
    ///
    /// # Errors
    ///
    /// Why it is refused; then nothing was written.
    fn execute(call: &Self::Call, ctx: &mut Context<'_>) -> Result<(), Self::Error>;

    /// Writes the first records, when height 1 is executed.
    ///
    /// # Errors
    ///
    /// The network file is refused.
    fn genesis(network: &NetworkFile, ctx: &mut BlockContext<'_>) -> Result<(), Self::Error>;

    /// Does what is due at the end of a block.
    fn end_of_block(ctx: &mut BlockContext<'_>);

    /// What must hold after every block, as far as it can be followed from `accounts`.
    ///
    /// # Errors
    ///
    /// The first that does not hold.
    fn invariants(state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken>;
}

/// A module as the executor lists it.
pub trait AnyModule: Sync {
    /// Its number in a call.
    fn id(&self) -> ModuleId;

    /// Its name.
    fn name(&self) -> &'static str;

    /// Keys that the call reads as far as its message tells. See [`Module::reads`].
    fn reads(&self, payload: &[u8], sender: AccountId) -> Vec<StateKey>;

    /// Decodes, authorises and executes a call.
    ///
    /// # Errors
    ///
    /// `<name>.malformed`; a refusal of `authorise`; the module's own.
    fn run(
        &self,
        ctx: &mut Context<'_>,
        payload: &[u8],
        authorise: Authorise,
    ) -> Result<(), Refusal>;

    /// Writes the first records. See [`Module::genesis`].
    ///
    /// # Errors
    ///
    /// The network file is refused.
    fn genesis(&self, network: &NetworkFile, ctx: &mut BlockContext<'_>) -> Result<(), Refusal>;

    /// Does what is due at the end of a block. See [`Module::end_of_block`].
    fn end_of_block(&self, ctx: &mut BlockContext<'_>);

    /// Checks what must hold after every block. See [`Module::invariants`].
    ///
    /// # Errors
    ///
    /// The first that does not hold.
    fn invariants(&self, state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken>;

    /// Every code that its calls may be refused with, `<name>.malformed` first.
    fn error_codes(&self) -> Vec<&'static str>;

    /// The names of its events.
    fn event_names(&self) -> &'static [&'static str];

    /// An event of this module, readable: `{"module", "name", "fields"}`.
    ///
    /// # Errors
    ///
    /// `<name>.malformed`: the event is not this module's or does not decode.
    fn event_to_json(&self, event: &Event) -> Result<Value, Refusal>;

    /// A call's payload, readable: `{"module", "call", "fields"}`.
    ///
    /// # Errors
    ///
    /// `<name>.malformed`: the payload does not decode.
    fn call_to_json(&self, payload: &[u8]) -> Result<Value, Refusal>;

    /// The payload of the call with this name and these fields.
    ///
    /// # Errors
    ///
    /// `<name>.malformed`: no such call, or a field that is missing, unknown or invalid.
    fn call_from_json(&self, call: &str, fields: Value) -> Result<Vec<u8>, Refusal>;
}

impl<M: Module> AnyModule for M {
    fn id(&self) -> ModuleId {
        M::ID
    }

    fn name(&self) -> &'static str {
        M::NAME
    }

    fn reads(&self, payload: &[u8], sender: AccountId) -> Vec<StateKey> {
        decode_call::<M>(payload).map_or_else(|_| Vec::new(), |call| M::reads(&call, sender))
    }

    fn run(
        &self,
        ctx: &mut Context<'_>,
        payload: &[u8],
        authorise: Authorise,
    ) -> Result<(), Refusal> {
        let call = decode_call::<M>(payload)?;
        let authority = M::authority(&call, ctx.sender());
        let (sender, cosigners) = ctx.signatures();
        authorise(ctx.state(), sender, cosigners, authority)?;
        M::execute(&call, ctx)?;
        Ok(ctx.check_bounds()?)
    }

    fn genesis(&self, network: &NetworkFile, ctx: &mut BlockContext<'_>) -> Result<(), Refusal> {
        M::genesis(network, ctx)?;
        Ok(ctx.check_bounds()?)
    }

    fn end_of_block(&self, ctx: &mut BlockContext<'_>) {
        M::end_of_block(ctx);
    }

    fn invariants(&self, state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken> {
        M::invariants(state, accounts)
    }

    fn error_codes(&self) -> Vec<&'static str> {
        std::iter::once(M::MALFORMED).chain(M::Error::CODES.iter().copied()).collect()
    }

    fn event_names(&self) -> &'static [&'static str] {
        M::Event::NAMES
    }

    fn event_to_json(&self, event: &Event) -> Result<Value, Refusal> {
        let typed = M::Event::from_event(event).map_err(malformed::<M>)?;
        let (name, fields) = split(to_value::<M>(&typed)?);
        Ok(json!({ "module": M::NAME, "name": name, "fields": fields }))
    }

    fn call_to_json(&self, payload: &[u8]) -> Result<Value, Refusal> {
        let (name, fields) = split(to_value::<M>(&decode_call::<M>(payload)?)?);
        Ok(json!({ "module": M::NAME, "call": name, "fields": fields }))
    }

    fn call_from_json(&self, call: &str, fields: Value) -> Result<Vec<u8>, Refusal> {
        let tagged = Map::from_iter([(call.to_owned(), fields)]);
        let call: M::Call = serde_json::from_value(tagged.into()).map_err(malformed::<M>)?;
        Ok(encode(&call))
    }
}

fn decode_call<M: Module>(payload: &[u8]) -> Result<M::Call, Refusal> {
    decode("call", payload).map_err(malformed::<M>)
}

fn malformed<M: Module>(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(M::MALFORMED, error.to_string())
}

fn to_value<M: Module>(value: &impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(malformed::<M>)
}

/// Parts serde's `{"Name": fields}` of an enum into its two halves.
fn split(tagged: Value) -> (String, Value) {
    match tagged {
        Value::Object(map) => map.into_iter().next().unwrap_or_default(),
        Value::String(name) => (name, Value::Object(Map::new())),
        other => (String::new(), other),
    }
}
