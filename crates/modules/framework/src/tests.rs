//! Tests of what modules are made of, with a module of two calls.

use crate::{
    AnyModule, Authority, BlockContext, BoundError, Broken, Context, Module, ModuleError,
    ModuleEvent, Refusal, error_codes, event_names, get, put,
    testing::{TestLedger, account, key, signed_by},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_state::{KeyPath, Overlay, StateKey, StateRead, VALUE_BYTES_MAX};
use salus_types::{
    AccountId, BytesMax, Event, Height, KeyPurpose, ModuleId, NetworkFile, Outcome, TextMax,
    TransactionHash, TransactionSignature, encode, receipt::EVENTS_MAX,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug)]
struct Counter;

#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
enum CounterTx {
    Add { amount: u64 },
    Fill { bytes: u32, events: u32 },
}

#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
enum CounterEvent {
    Added { total: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum CounterError {
    #[error("the sum would be above the largest number, after {total}")]
    Overflow { total: u64 },
}

event_names! { CounterEvent of ModuleId(900) => { Added } }
error_codes! { CounterError { Overflow => "counter.overflow" } }

fn total_key() -> StateKey {
    KeyPath::new("counter/total").key()
}

impl Module for Counter {
    const ID: ModuleId = ModuleId(900);
    const NAME: &'static str = "counter";
    const MALFORMED: &'static str = "counter.malformed";
    type Call = CounterTx;
    type Event = CounterEvent;
    type Error = CounterError;

    fn authority(_: &CounterTx, _: AccountId) -> Authority {
        Authority::Key(KeyPurpose::Act)
    }

    fn reads(_: &CounterTx, _: AccountId) -> Vec<StateKey> {
        vec![total_key()]
    }

    fn execute(call: &CounterTx, ctx: &mut Context<'_>) -> Result<(), CounterError> {
        match call {
            CounterTx::Add { amount } => {
                let total = get(ctx.state(), total_key()).unwrap_or(0);
                let total: u64 =
                    amount.checked_add(total).ok_or(CounterError::Overflow { total })?;
                put(ctx.state(), total_key(), &total);
                ctx.emit(&CounterEvent::Added { total });
            }
            CounterTx::Fill { bytes, events } => {
                ctx.state().put(total_key(), vec![0; *bytes as usize]);
                for _ in 0..*events {
                    ctx.emit(&CounterEvent::Added { total: 0 });
                }
            }
        }
        Ok(())
    }

    fn genesis(_: &NetworkFile, _: &mut BlockContext<'_>) -> Result<(), CounterError> {
        Ok(())
    }

    fn end_of_block(_: &mut BlockContext<'_>) {}

    fn invariants(_: &dyn StateRead, _: &[AccountId]) -> Result<(), Broken> {
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands for a rule that may refuse")]
fn anybody(
    _: &dyn StateRead,
    _: &TransactionSignature,
    _: &[TransactionSignature],
    _: Authority,
) -> Result<(), Refusal> {
    Ok(())
}

fn nobody(
    _: &dyn StateRead,
    _: &TransactionSignature,
    _: &[TransactionSignature],
    _: Authority,
) -> Result<(), Refusal> {
    Err(Refusal::new("test.nobody", "nobody may"))
}

/// Runs a payload on an empty state; the refusal, the events and the work.
fn run(payload: &[u8], authorise: crate::Authorise) -> (Result<(), Refusal>, Vec<Event>, u64) {
    let ledger = TestLedger::default();
    let mut overlay = Overlay::new(&ledger.state);
    let mut events = Vec::new();
    let base = BlockContext::new(&ledger.block, &mut overlay, &mut events);
    let signed = signed_by(account(1), key(1));
    let mut ctx = Context::new(base, TransactionHash([0; 32]), &signed, &[]);
    let result = Counter.run(&mut ctx, payload, authorise);
    let work = ctx.work_units();
    (result, events, work)
}

#[test]
fn a_call_is_decoded_authorised_and_executed() {
    let (result, events, work) = run(&encode(&CounterTx::Add { amount: 7 }), anybody);

    assert_eq!(result, Ok(()));
    assert_eq!(CounterEvent::from_event(&events[0]), Ok(CounterEvent::Added { total: 7 }));
    assert_eq!(work, crate::work::READ + crate::work::WRITE);
}

#[test]
fn a_payload_that_does_not_decode_is_malformed() {
    let trailing = [encode(&CounterTx::Add { amount: 7 }), vec![0]].concat();

    assert_eq!(run(b"", anybody).0.unwrap_err().code, "counter.malformed");
    assert_eq!(run(&[7], anybody).0.unwrap_err().code, "counter.malformed");
    assert_eq!(run(&trailing, anybody).0.unwrap_err().code, "counter.malformed");
}

#[test]
fn a_call_that_is_not_authorised_does_not_run() {
    let (result, events, _) = run(&encode(&CounterTx::Add { amount: 7 }), nobody);

    assert_eq!(result.unwrap_err().code, "test.nobody");
    assert_eq!(events, []);
}

#[test]
fn a_value_over_the_bound_is_refused_and_does_not_stop_the_node() {
    let bytes = u32::try_from(VALUE_BYTES_MAX).unwrap() + 1;
    let call = CounterTx::Fill { bytes, events: 0 };

    assert_eq!(run(&encode(&call), anybody).0.unwrap_err().code, "app.value_too_long");
}

#[test]
fn more_events_than_a_receipt_holds_are_refused() {
    let events = u32::try_from(EVENTS_MAX).unwrap() + 1;
    let (result, told, _) = run(&encode(&CounterTx::Fill { bytes: 1, events }), anybody);

    assert_eq!(result.unwrap_err().code, BoundError::TooManyEvents.code());
    assert_eq!(told.len(), EVENTS_MAX);
}

#[test]
fn a_module_error_becomes_a_refusal_with_its_code_and_height() {
    let refusal = Refusal::from(CounterError::Overflow { total: 3 }).at(Height(9));

    assert_eq!(refusal.code, "counter.overflow");
    assert_eq!(refusal.height, Some(Height(9)));
    assert_eq!(
        refusal.outcome(4),
        Outcome::Refused {
            call: 4,
            code: TextMax::new("counter.overflow").unwrap(),
            message: TextMax::new("the sum would be above the largest number, after 3").unwrap(),
        }
    );
}

#[test]
fn a_long_message_is_cut_at_a_character() {
    let refusal = Refusal::new("test.long", "é".repeat(200));

    let Outcome::Refused { message, .. } = refusal.outcome(0) else { panic!("it is refused") };
    assert_eq!(message.as_str(), "é".repeat(128));
}

#[test]
fn calls_and_events_are_shown_by_name_and_read_back() {
    let payload = encode(&CounterTx::Add { amount: 7 });
    let event = CounterEvent::Added { total: 7 }.to_event().unwrap();

    let shown = Counter.call_to_json(&payload).unwrap();

    assert_eq!(shown, json!({"module": "counter", "call": "Add", "fields": {"amount": 7}}));
    assert_eq!(Counter.call_from_json("Add", json!({"amount": 7})).unwrap(), payload);
    assert_eq!(
        Counter.event_to_json(&event).unwrap(),
        json!({"module": "counter", "name": "Added", "fields": {"total": 7}})
    );
}

#[test]
fn json_of_no_call_is_malformed() {
    let unknown = Counter.call_from_json("Subtract", json!({}));
    let missing = Counter.call_from_json("Add", json!({}));

    assert_eq!(unknown.unwrap_err().code, "counter.malformed");
    assert_eq!(missing.unwrap_err().code, "counter.malformed");
}

#[test]
fn an_event_of_another_module_is_not_read() {
    let mut event = CounterEvent::Added { total: 7 }.to_event().unwrap();
    event.module = ModuleId(901);

    assert!(CounterEvent::from_event(&event).is_err());
}

#[test]
fn typed_values_are_read_as_they_were_written() {
    let mut ledger = TestLedger::default();
    let value = BytesMax::<8>::new(vec![1, 2, 3]).unwrap();

    ledger
        .with_block(|ctx| {
            put(ctx.state(), total_key(), &value);
            Ok::<_, Refusal>(())
        })
        .unwrap();

    assert_eq!(get(&ledger.state, total_key()), Some(value));
    assert_eq!(get::<u64>(&ledger.state, KeyPath::new("counter/none").key()), None);
}
