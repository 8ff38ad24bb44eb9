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
use salus_state::{KeyPath, ReadSet, StateKey, read_until_known};
use salus_types::Height;
use serde::Deserialize;
use std::sync::Mutex;
use utoipa::IntoParams;

/// Most times that a question is run again for values that it had not asked for before.
const ROUNDS_MAX: usize = 16;
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
    /// Adds a proof file, for the latest height.
    #[serde(default)]
    pub(crate) proof: bool,
}

/// Asks `question`; `paths` are the values that a proof of its answer is about.
pub(crate) async fn ask<T: Send>(
    shared: &Shared,
    at: At,
    paths: &[KeyPath],
    question: impl Fn(&ReadSet) -> T + Send + Sync,
) -> Result<StateAnswer<T>, Problem> {
    if !at.proof {
        let (height, value) = ask_at(shared.ledger.as_ref(), at.height, question).await?;
        return Ok(StateAnswer { height, value, proof: None });
    }
    if at.height.is_some() {
        return Err(ApiError::ProofHeight.into());
    }
    let paths = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
    let proof = shared.ledger.prove_state(paths).await?;
    let (height, value) = ask_at(shared.ledger.as_ref(), Some(proof.height), question).await?;
    Ok(StateAnswer { height, value, proof: Some(STANDARD.encode(proof.file)) })
}

/// The answer to `question`, with the height at which it stands.
pub(crate) async fn ask_at<T: Send>(
    ledger: &dyn Ledger,
    height: Option<Height>,
    question: impl Fn(&ReadSet) -> T + Send + Sync,
) -> Result<(Height, T), Problem> {
    let pinned = Mutex::new(height);
    let load = async |keys: Vec<StateKey>| -> Result<_, Problem> {
        let at = *pinned.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (read_at, values) = ledger.read(at, keys).await?;
        *pinned.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(read_at);
        Ok(values)
    };
    let answer = read_until_known(ROUNDS_MAX, load, question).await?;
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
