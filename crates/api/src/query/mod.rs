//! Questions about the state: one file for each module.
//!
//! A question is a module's own function of a snapshot. It runs here against the values read so
//! far, until nothing that it asks for is missing; the first read fixes the height for the rest.

pub(crate) mod consent;
pub(crate) mod governance;
pub(crate) mod identity;

use crate::{error::ApiError, port::Ledger, problem::Problem, state::Shared, view::StateAnswer};
use axum::Json;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use salus_state::{KeyPath, ReadSet, StateKey, StateRead, read_until_known};
use salus_types::Height;
use serde::Deserialize;
use std::sync::Mutex;
use utoipa::IntoParams;

/// Most times that a question is run again for values that it had not asked for before.
/// The longest is a search by halving: one new value each time.
const ROUNDS_MAX: usize = 72;
/// Most times that a proof is made again because the answer names other values by then.
const PROOFS_MAX: usize = 3;
/// Most items of one page.
pub const PAGE_MAX: u32 = 100;

/// At which height a question is asked, and whether the answer is proved.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct At {
    /// A recent height; the latest when left out.
    #[param(value_type = Option<u64>)]
    pub(crate) height: Option<Height>,
    /// Adds a proof file.
    #[serde(default)]
    pub(crate) proof: bool,
}

/// Which page of a list, and as [`At`].
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// The position or number with which the page begins; the first when left out.
    #[serde(default)]
    from: u64,
    /// Most items of the page, 1 to 100; 100 when left out.
    limit: Option<u32>,
    /// A recent height; the latest when left out.
    #[param(value_type = Option<u64>)]
    height: Option<Height>,
    /// Adds a proof file.
    #[serde(default)]
    proof: bool,
}

impl Page {
    /// Where the page begins.
    pub(crate) fn start(self) -> u64 {
        self.from
    }

    /// Where the page begins, in a list that is counted with 32 bits.
    pub(crate) fn start_u32(self) -> Result<u32, ApiError> {
        let reason = || "from is beyond the end of any list".to_owned();
        u32::try_from(self.from).map_err(|_| ApiError::Query { reason: reason() })
    }

    /// Most items of the page.
    pub(crate) fn limit(self) -> u32 {
        self.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX)
    }

    /// When and how it is asked.
    pub(crate) fn at(self) -> At {
        At { height: self.height, proof: self.proof }
    }
}

/// Asks `question`; a proof is about the values under `paths` of the answer.
pub(crate) async fn ask<T: Send>(
    shared: &Shared,
    at: At,
    question: impl Fn(&dyn StateRead) -> T + Send + Sync,
    paths: impl Fn(&T) -> Vec<KeyPath> + Send + Sync,
) -> Result<StateAnswer<T>, Problem> {
    let ledger = shared.ledger.as_ref();
    let (height, value) = ask_at(ledger, at.height, &question).await?;
    if !at.proof {
        return Ok(StateAnswer { height, value, proof: None });
    }
    let mut wanted = paths(&value);
    for _ in 0..PROOFS_MAX {
        let spelled = wanted.iter().map(|path| path.as_bytes().to_vec()).collect();
        let proof = ledger.prove_state(at.height, spelled).await?;
        let (height, value) = ask_at(ledger, Some(proof.height), &question).await?;
        let now = paths(&value);
        if now == wanted {
            return Ok(StateAnswer { height, value, proof: Some(STANDARD.encode(proof.file)) });
        }
        // A list has changed since: its proof is about other values now.
        wanted = now;
    }
    Err(ApiError::Moving.into())
}

/// The answer to `question`, with the height at which it stands.
pub(crate) async fn ask_at<T: Send>(
    ledger: &dyn Ledger,
    height: Option<Height>,
    question: impl Fn(&dyn StateRead) -> T + Send + Sync,
) -> Result<(Height, T), Problem> {
    let pinned = Mutex::new(height);
    let load = async |keys: Vec<StateKey>| -> Result<_, Problem> {
        let at = *pinned.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (read_at, values) = ledger.read(at, keys).await?;
        *pinned.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(read_at);
        Ok(values)
    };
    let answer = read_until_known(ROUNDS_MAX, load, |known: &ReadSet| question(known)).await?;
    let value = answer.ok_or(ApiError::QuestionTooLarge)?;
    let pinned = pinned.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let height = match pinned {
        Some(height) => height,
        // The question read nothing.
        None => ledger.status().await.height,
    };
    Ok((height, value))
}

/// The answer about one thing: what is not there is 404, unless its absence is proved.
pub(crate) fn one<T>(
    what: &'static str,
    answer: StateAnswer<Option<T>>,
) -> Result<Json<StateAnswer<Option<T>>>, Problem> {
    if answer.value.is_none() && answer.proof.is_none() {
        return Err(ApiError::NotFound { what }.into());
    }
    Ok(Json(answer))
}
