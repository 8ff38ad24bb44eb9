//! Events as they become final: server-sent events that resume without gap or duplicate.

use crate::{
    error::ApiError,
    extract::Query,
    feed::{self, EventId, Filter, Start},
    guard::LISTENERS,
    problem::Problem,
    state::Shared,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::Stream;
use salus_types::{AccountId, Height, ModuleId};
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What to listen to, and from where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listening {
    /// Only events of the module with this number.
    #[param(value_type = Option<u16>)]
    module: Option<ModuleId>,
    /// Only events that name this account.
    #[param(value_type = Option<String>)]
    account: Option<AccountId>,
    /// Begins with the first event of this height; with what comes next when left out.
    #[param(value_type = Option<u64>)]
    from: Option<Height>,
}

/// Events as they become final.
///
/// Server-sent events. Each has the id `height.transaction.event`; a listener that sends the last
/// one it got as `Last-Event-ID` goes on after it, without gap or duplicate, whatever happened in
/// between. `data` is an `EventAnswer`. An id without data says how far a filtered stream has got.
#[utoipa::path(
    get, path = "/v1/events", tag = "events",
    params(Listening, ("Last-Event-ID" = Option<String>, Header, description = "Goes on after this event; wins over `from`.")),
    responses(
        (status = 200, description = "The stream.", body = crate::view::EventAnswer, content_type = "text/event-stream"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn events(
    State(shared): State<Shared>,
    Query(listening): Query<Listening>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let start = match headers.get("last-event-id") {
        Some(value) => Start::After(parse_id(value.to_str().unwrap_or("?"))?),
        None => listening.from.map_or(Start::Now, Start::From),
    };
    let place = Arc::clone(&shared.listeners)
        .try_acquire_owned()
        .map_err(|_| ApiError::TooManyListeners)?;
    let filter = Filter { module: listening.module, account: listening.account };
    let feed = feed::open(Arc::clone(&shared.ledger), filter, start).await?;

    let (sender, receiver) = tokio::sync::mpsc::channel(feed::BUFFER_EVENTS);
    tokio::spawn(async move {
        metrics::gauge!(LISTENERS).increment(1);
        feed.run(sender).await;
        metrics::gauge!(LISTENERS).decrement(1);
        drop(place);
    });
    let keep_alive = KeepAlive::new().interval(shared.limits.keep_alive);
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(keep_alive))
}

fn parse_id(text: &str) -> Result<EventId, ApiError> {
    text.parse().map_err(|()| ApiError::EventId { found: text.chars().take(64).collect() })
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(events))
}
