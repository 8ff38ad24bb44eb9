//! Calls about the ledger.

use super::{
    Client, ClientError,
    send::{Call, Repeat, part},
};
use crate::{
    PeerRequest, TransactionBatch,
    routes::transactions::{MANY_TRANSACTIONS, ONE_TRANSACTION},
    view::{
        BlockAnswer, HealthAnswer, StateAnswer, StatusAnswer, SubmissionAnswer, SubmittedItem,
        TransactionAnswer,
    },
};
use bytes::Bytes;
use salus_types::{
    AccountId, BytesMax, Height, NetworkFile, NodeRecord, Transaction, TransactionHash, encode,
};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// At which height a question is asked, and whether its answer is to be proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// A recent height; the latest for none.
    pub height: Option<Height>,
    /// Whether a proof file is to come along.
    pub proof: bool,
}

impl At {
    fn query(self) -> String {
        let height = self.height.map(|height| format!("height={height}"));
        let proof = self.proof.then(|| "proof=true".to_owned());
        [height, proof].into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

impl Client {
    /// Whether the node answers at all.
    ///
    /// # Errors
    ///
    /// It cannot be reached, or is no node.
    pub async fn live(&self) -> Result<HealthAnswer, ClientError> {
        self.json(Call::get("/health/live")).await
    }

    /// How the node stands.
    ///
    /// # Errors
    ///
    /// It cannot be reached, or is no node.
    pub async fn status(&self) -> Result<StatusAnswer, ClientError> {
        self.json(Call::get("/v1/status")).await
    }

    /// The network file. Whoever verifies what this node says takes it from somewhere else.
    ///
    /// # Errors
    ///
    /// The node cannot be reached, or is no node.
    pub async fn network(&self) -> Result<NetworkFile, ClientError> {
        self.json(Call::get("/v1/network")).await
    }

    /// The node's metrics, in Prometheus text format.
    ///
    /// # Errors
    ///
    /// The node cannot be reached, or is no node.
    pub async fn metrics(&self) -> Result<String, ClientError> {
        let bytes = self.bytes(Call::get("/metrics")).await?;
        String::from_utf8(bytes.into())
            .map_err(|_| self.unexpected("/metrics", "metrics are not UTF-8".to_owned()))
    }

    /// Submits one transaction in canonical bytes, and waits up to `wait` for its receipt.
    ///
    /// # Errors
    ///
    /// Its refusal, with the code; or the node cannot be reached.
    pub async fn submit_binary(
        &self,
        transaction: impl Into<Bytes>,
        wait: Duration,
    ) -> Result<SubmittedItem, ClientError> {
        let path = submit_path(wait);
        let call = Call::post(&path, ONE_TRANSACTION, transaction, Repeat::Harmless).waiting(wait);
        let answer: SubmissionAnswer = self.json(call).await?;
        match <[_; 1]>::try_from(answer.transactions) {
            Ok([item]) => Ok(item),
            Err(_) => Err(self.unexpected(&path, "not one answer for one transaction".to_owned())),
        }
    }

    /// Submits at most 1,000 transactions in canonical bytes; one answer each, in order.
    ///
    /// # Errors
    ///
    /// The submission as a whole is refused, such as too large; or the node cannot be reached.
    pub async fn submit_many(
        &self,
        transactions: &[Bytes],
        wait: Duration,
    ) -> Result<Vec<SubmittedItem>, ClientError> {
        let path = submit_path(wait);
        let not_a_batch =
            |error: salus_types::DecodeError| self.unexpected(&path, error.to_string());
        let items = transactions
            .iter()
            .map(|bytes| BytesMax::new(&bytes[..]))
            .collect::<Result<_, _>>()
            .map_err(not_a_batch)?;
        let batch = TransactionBatch::new(items).map_err(not_a_batch)?;
        let call =
            Call::post(&path, MANY_TRANSACTIONS, encode(&batch), Repeat::Harmless).waiting(wait);
        let answer: SubmissionAnswer = self.json(call).await?;
        if answer.transactions.len() != transactions.len() {
            return Err(self.unexpected(&path, "not one answer for each transaction".to_owned()));
        }
        Ok(answer.transactions)
    }

    /// Submits one transaction, and waits up to `wait` for its receipt.
    ///
    /// # Errors
    ///
    /// Its refusal, with the code; or the node cannot be reached.
    pub async fn submit(
        &self,
        transaction: &Transaction,
        wait: Duration,
    ) -> Result<SubmittedItem, ClientError> {
        self.submit_binary(transaction.to_bytes(), wait).await
    }

    /// Where a transaction stands; waits up to `wait`, at most 60 s, for it to become final.
    ///
    /// # Errors
    ///
    /// The node cannot be reached, or is no node.
    pub async fn transaction(
        &self,
        hash: TransactionHash,
        wait: Duration,
    ) -> Result<TransactionAnswer, ClientError> {
        let path = format!("/v1/transactions/{hash}?wait_ms={}", wait.as_millis());
        self.json(Call::get(path).waiting(wait)).await
    }

    /// A block; the latest for none.
    ///
    /// # Errors
    ///
    /// `api.not_found`: the node has no such block; or it cannot be reached.
    pub async fn block(&self, height: Option<Height>) -> Result<BlockAnswer, ClientError> {
        let height = height.map_or_else(|| "latest".to_owned(), |height| height.to_string());
        self.json(Call::get(format!("/v1/blocks/{height}"))).await
    }

    /// Final blocks from a height on with their certificates, for a back-up. Needs the token.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn archive(&self, from: Height) -> Result<Bytes, ClientError> {
        self.bytes(Call::get(format!("/v1/archive/{from}"))).await
    }

    /// The validators of the current epoch.
    ///
    /// # Errors
    ///
    /// The node cannot be reached, or is no node.
    pub async fn validators(&self) -> Result<StateAnswer<Vec<NodeRecord>>, ClientError> {
        self.json(Call::get("/v1/validators")).await
    }

    /// The answer of a state route, such as `/v1/grants/<id>`, parsed as `T`.
    ///
    /// # Errors
    ///
    /// `api.not_found`, or the code of another refusal; or the node cannot be reached.
    pub async fn state<T: DeserializeOwned>(
        &self,
        path: &str,
        at: At,
    ) -> Result<StateAnswer<T>, ClientError> {
        let query = at.query();
        let joint = match (query.is_empty(), path.contains('?')) {
            (true, _) => "",
            (false, false) => "?",
            (false, true) => "&",
        };
        self.json(Call::get(format!("{path}{joint}{query}"))).await
    }

    /// An account.
    ///
    /// # Errors
    ///
    /// As [`Client::state`].
    pub async fn account<T: DeserializeOwned>(
        &self,
        account: AccountId,
        at: At,
    ) -> Result<StateAnswer<T>, ClientError> {
        self.state(&format!("/v1/accounts/{account}"), at).await
    }

    /// A public entry of an account.
    ///
    /// # Errors
    ///
    /// As [`Client::state`].
    pub async fn entry<T: DeserializeOwned>(
        &self,
        account: AccountId,
        name: &str,
        at: At,
    ) -> Result<StateAnswer<T>, ClientError> {
        self.state(&format!("/v1/accounts/{account}/entries/{}", part(name)), at).await
    }

    /// A proof file from one of the routes under `/v1/proofs/`, such as `records/<id>`.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn proof(&self, of: &str) -> Result<Bytes, ClientError> {
        self.bytes(Call::get(format!("/v1/proofs/{of}"))).await
    }

    /// Asks the node to let another follow as its guest.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn add_peer(&self, request: &PeerRequest) -> Result<(), ClientError> {
        let body = serde_json::to_vec(request)
            .map_err(|error| self.unexpected("/v1/peers", error.to_string()))?;
        let call = Call::post("/v1/peers", "application/json", body, Repeat::Harmless);
        self.bytes(call).await.map(drop)
    }
}

fn submit_path(wait: Duration) -> String {
    if wait.is_zero() {
        "/v1/transactions".to_owned()
    } else {
        format!("/v1/transactions?wait_ms={}", wait.as_millis())
    }
}
