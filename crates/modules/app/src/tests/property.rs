//! Properties over random input.

use super::{Chain, Transaction};
use crate::{error_codes, invariants};
use proptest::prelude::*;
use salus_framework::testing::{account, key, key_of, signed_by};
use salus_types::{BytesMax, Call, ModuleId, Outcome};

/// Payloads: noise, and noise behind a tag that exists.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        (0_u8..9, prop::collection::vec(0_u8..3, 0..200))
            .prop_map(|(tag, rest)| [vec![tag], rest].concat()),
        (0_u8..9).prop_map(|tag| vec![tag]),
    ]
}

fn any_call() -> impl Strategy<Value = Call> {
    (0_u16..5, any_payload()).prop_map(|(module, payload)| Call {
        module: ModuleId(module),
        payload: BytesMax::new(payload).unwrap(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever bytes a transaction carries, executing it does not panic, each refusal has a code of the
    /// list, what is refused changes nothing, and invariants hold.
    #[test]
    fn no_payload_breaks_a_block(
        picks in prop::collection::vec(
            (0_u8..4, any::<bool>(), prop::collection::vec(any_call(), 1..4)),
            1..20,
        )
    ) {
        let known = error_codes();
        let mut chain = Chain::started(&[1, 2]);
        let transactions: Vec<Transaction> = picks
            .into_iter()
            .map(|(sender, own_key, calls)| {
                let signed = if own_key { key_of(account(sender)) } else { key(60) };
                chain.signed(vec![signed_by(account(sender), signed)], calls)
            })
            .collect();
        for transaction in transactions {
            let before = chain.state.clone();
            let receipts = chain.block(&[transaction]);
            if let Outcome::Refused { code, .. } = &receipts[0].outcome {
                prop_assert!(known.contains(&code.as_str()), "{code} is not in the list");
                prop_assert!(receipts[0].events.is_empty());
                prop_assert_eq!(&chain.state, &before);
            }
            prop_assert_eq!(invariants(&chain.state, &[account(1)]), Ok(()));
        }
    }
}
