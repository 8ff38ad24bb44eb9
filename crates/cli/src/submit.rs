//! Signing transactions, submitting them, and waiting until they are final.

use crate::{problem::Problem, time::show_ms};
use salus_api::{client::Client, view::SubmittedStatus};
use salus_crypto::{random, sign::SigningKey};
use salus_framework::Module;
use salus_types::{
    AccountId, BlockTime, BytesMax, Call, Event, Height, NetworkId, Outcome, Receipt, Salt,
    Transaction, TransactionBody, TransactionHash, UnsignedTransaction, VecMax, encode,
};
use serde::Serialize;
use std::time::{Duration, Instant};

/// How far ahead of the current height a transaction stays valid, in blocks.
const VALIDITY_BLOCKS: u64 = 100;
/// How long a single wait for finality asks the node to wait.
const WAIT: Duration = Duration::from_secs(20);
/// How long to wait for finality altogether.
const PATIENCE: Duration = Duration::from_mins(2);

/// Who signs: an account and one of its keys.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    /// The account.
    pub(crate) account: AccountId,
    /// The key.
    pub(crate) key: SigningKey,
}

/// A transaction that is final and was executed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Done {
    /// Its hash.
    pub(crate) transaction: TransactionHash,
    /// The block that holds it.
    pub(crate) height: Height,
    /// Time of that block.
    pub(crate) time: Option<BlockTime>,
    /// What it told.
    #[serde(skip)]
    pub(crate) events: Vec<Event>,
    /// From sending to knowing that it is final, in milliseconds.
    pub(crate) final_after_ms: f64,
}

impl Done {
    /// The same in a sentence.
    pub(crate) fn describe(&self) -> String {
        let time = self.time.map(|time| format!(" ({})", show_ms(time.unix_ms())));
        format!(
            "Transaction {} is final in block {}{}.",
            self.transaction,
            self.height,
            time.unwrap_or_default()
        )
    }
}

/// A call of a module.
pub(crate) fn call<M: Module>(call: &M::Call) -> Call {
    let payload = BytesMax::new(encode(call)).expect("calls are bounded far below the limit");
    Call { module: M::ID, payload }
}

/// Signs a transaction that is valid up to a height.
pub(crate) fn sign(
    network: NetworkId,
    signer: &Signer,
    valid_until: Height,
    calls: Vec<Call>,
) -> Transaction {
    let body = body(network, signer.account, valid_until, calls);
    let unsigned = UnsignedTransaction::new(body);
    let signature = signer.key.sign(&unsigned.signed_bytes());
    unsigned
        .with_signature(signer.account, signer.key.public(), signature)
        .finish()
        .expect("one signature is within the bound")
}

fn body(
    network: NetworkId,
    sender: AccountId,
    valid_until: Height,
    calls: Vec<Call>,
) -> TransactionBody {
    TransactionBody {
        network,
        sender,
        cosigners: VecMax::default(),
        valid_until,
        salt: Salt(random::<16>()),
        calls: VecMax::new(calls).expect("callers stay below the limit of calls"),
    }
}

/// Signs calls as one transaction, submits it and waits until it is final and executed.
pub(crate) async fn execute(
    client: &Client,
    network: NetworkId,
    signer: &Signer,
    calls: Vec<Call>,
) -> anyhow::Result<Done> {
    let height = client.status().await?.height;
    let transaction = sign(network, signer, height.after(VALIDITY_BLOCKS), calls);
    settled(client, &transaction).await
}

/// The same with further signatures: of those who have to sign beside the sender.
pub(crate) async fn execute_cosigned(
    client: &Client,
    network: NetworkId,
    signer: &Signer,
    cosigners: &[Signer],
    calls: Vec<Call>,
) -> anyhow::Result<Done> {
    let height = client.status().await?.height;
    let accounts = cosigners.iter().map(|one| one.account).collect();
    let body = TransactionBody {
        cosigners: VecMax::new(accounts).expect("callers stay below the limit of co-signers"),
        ..body(network, signer.account, height.after(VALIDITY_BLOCKS), calls)
    };
    let unsigned = UnsignedTransaction::new(body);
    let bytes = unsigned.signed_bytes();
    let transaction = std::iter::once(signer).chain(cosigners).fold(unsigned, |unsigned, one| {
        unsigned.with_signature(one.account, one.key.public(), one.key.sign(&bytes))
    });
    settled(client, &transaction.finish()?).await
}

/// The same for a patient whose key the organisation of the gateway keeps, and who is signed for.
pub(crate) async fn execute_assisted(
    gateway: &Client,
    network: NetworkId,
    patient: AccountId,
    calls: Vec<Call>,
) -> anyhow::Result<Done> {
    let height = gateway.status().await?.height;
    let body = body(network, patient, height.after(VALIDITY_BLOCKS), calls);
    let signed = gateway.sign_for_patient(&body).await?;
    let transaction = UnsignedTransaction::new(body)
        .with_signature(signed.account, signed.key, signed.signature)
        .finish()?;
    settled(gateway, &transaction).await
}

/// Submits a transaction and waits until it is final and executed.
pub(crate) async fn settled(client: &Client, transaction: &Transaction) -> anyhow::Result<Done> {
    let started = Instant::now();
    loop {
        // Sending again is harmless, and answered with the first receipt.
        let item = client.submit(transaction, WAIT).await?;
        if let Some(receipt) = item.receipt {
            return done(receipt, item.time, started.elapsed());
        }
        if item.status == SubmittedStatus::Expired {
            return Err(Problem::refused(
                "transaction.expired",
                "the transaction expired before it was in a block",
                "run the command again",
            ));
        }
        if started.elapsed() > PATIENCE {
            return Err(Problem::failed(
                "cli.not_final_in_time",
                format!("transaction {} was accepted and is not final yet", transaction.hash()),
                format!("ask later with `salus tx show {}`", transaction.hash()),
            ));
        }
    }
}

fn done(receipt: Receipt, time: Option<BlockTime>, took: Duration) -> anyhow::Result<Done> {
    match receipt.outcome {
        Outcome::Ok => Ok(Done {
            transaction: receipt.transaction,
            height: receipt.height,
            time,
            events: receipt.events.into_inner(),
            final_after_ms: took.as_secs_f64() * 1000.0,
        }),
        Outcome::Refused { code, message, .. } => Err(Problem::refused(
            code.as_str().to_owned(),
            format!("the ledger refused it: {}", message.as_str()),
            format!("see `salus tx show {}`", receipt.transaction),
        )),
    }
}
