//! When those who wait for a transaction are told.

use super::{Chain, Settled};
use crate::{index::Index, metrics::Meters};
use salus_engine::{CommittedBlock, LedgerRules};
use salus_types::{
    BlockHeader, BlockTime, Hash, Height, LedgerParameters, NetworkFile, NetworkId, NodeKey,
    Outcome, Receipt, StoreTarget, TextMax, TransactionHash, ValidatorSet, VecMax,
};
use std::sync::Arc;

const TRANSACTION: TransactionHash = TransactionHash([7; 32]);

fn chain(folder: &std::path::Path) -> Chain {
    let network = NetworkFile {
        version: 1,
        name: TextMax::default(),
        genesis_time: BlockTime::from_unix_ms(1),
        salt: Hash::ZERO,
        members: VecMax::default(),
        validators: ValidatorSet::default(),
        parameters: LedgerParameters::default(),
    };
    let index = Index::open(&folder.join("index")).unwrap();
    Chain::new(index, &network, None, Arc::new(Meters::new())).unwrap()
}

fn header(height: Height) -> BlockHeader {
    BlockHeader {
        version: 1,
        network: NetworkId([0; 32]),
        epoch: 0,
        view: height.0,
        parent_view: height.0 - 1,
        height,
        time: BlockTime::from_unix_ms(2),
        proposer: NodeKey([0; 32]),
        parent: Hash::ZERO,
        transactions_root: Hash::ZERO,
        receipts_root: Hash::ZERO,
        state_root: Hash::ZERO,
        store: StoreTarget { operations_root: Hash::ZERO, start: 0, end: 0 },
        validators_next: ValidatorSet::default().hash(),
    }
}

fn block(height: u64) -> CommittedBlock {
    let receipt = Receipt {
        transaction: TRANSACTION,
        height: Height(height),
        index: 0,
        outcome: Outcome::Ok,
        work_units: 0,
        events: VecMax::default(),
    };
    CommittedBlock {
        header: header(Height(height)),
        hash: Hash([1; 32]),
        transactions: Arc::default(),
        receipts: Arc::new(vec![receipt]),
        events: Vec::new(),
        rules: Arc::new(LedgerRules {
            parameters: LedgerParameters::default(),
            protocol_version: 1,
            validators: ValidatorSet::default(),
            observers: Vec::new(),
            longer_validity: None,
        }),
    }
}

#[test]
fn nobody_is_told_of_a_transaction_before_what_it_wrote_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain(folder.path());
    let mut waiting = chain.wait(TRANSACTION);
    let mut blocks = chain.subscribe();

    chain.committed(&block(1));
    assert!(waiting.try_recv().is_err(), "the state is still that before the block");
    assert!(chain.transaction(&TRANSACTION).unwrap().is_none());
    assert!(blocks.try_recv().is_err());

    chain.applied(Height(1));
    assert!(matches!(waiting.try_recv(), Ok(Settled::Final(_))));
    assert!(chain.transaction(&TRANSACTION).unwrap().is_some());
    assert_eq!(blocks.try_recv().unwrap().height, Height(1));
}

#[test]
fn what_was_told_before_a_restart_is_told_after_it() {
    let folder = tempfile::tempdir().unwrap();
    {
        let chain = chain(folder.path());
        chain.committed(&block(1));
        chain.applied(Height(1));
    }
    assert!(chain(folder.path()).transaction(&TRANSACTION).unwrap().is_some());
}
