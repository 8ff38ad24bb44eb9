//! One listener's way through the events: the past from what is kept, then blocks as they become final.
//!
//! The feed keeps the next place that it has not told. A block that comes live is told when it is
//! the next one; when blocks are missing in between, because the listener came later or was too
//! slow, they are read from the past first. So there is no gap and no duplicate.

use crate::{
    error::ApiError,
    port::{Committed, Ledger},
    view::EventAnswer,
};
use axum::response::sse::Event as SseEvent;
use salus_types::{AccountId, Event, Height, ModuleId};
use std::{convert::Infallible, fmt, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc::Sender,
};

/// How many events wait for a listener before its feed waits for it.
pub(crate) const BUFFER_EVENTS: usize = 64;
/// How long a feed waits for a listener that takes nothing, before it ends.
const STUCK_AFTER: Duration = Duration::from_mins(1);
/// After how many blocks without an event the listener is told how far the feed has got.
const QUIET_BLOCKS: u64 = 64;

/// The id of an event: where it is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// Height of its block.
    pub height: Height,
    /// Position of its transaction in the block, from 0; after the last for what the block itself told.
    pub transaction: u32,
    /// Position of the event in the receipt, from 0.
    pub event: u32,
}

impl EventId {
    /// The id after every event of a block.
    fn end_of(height: Height) -> Self {
        Self { height, transaction: u32::MAX, event: u32::MAX }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.height, self.transaction, self.event)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(());
        let height = Height(part()?.parse().map_err(|_| ())?);
        let transaction = part()?.parse().map_err(|_| ())?;
        let event = part()?.parse().map_err(|_| ())?;
        if parts.next().is_some() {
            return Err(());
        }
        Ok(Self { height, transaction, event })
    }
}

/// Which events a listener wants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) module: Option<ModuleId>,
    pub(crate) account: Option<AccountId>,
}

impl Filter {
    /// An event is about an account when its bytes name it: ids are 32 random bytes.
    fn wants(&self, event: &Event) -> bool {
        self.module.is_none_or(|module| module == event.module)
            && self.account.is_none_or(|account| {
                event.payload.windows(account.0.len()).any(|part| part == account.0)
            })
    }
}

/// Where a listener begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// With the next block.
    Now,
    /// With the first event of this height.
    From(Height),
    /// After this event.
    After(EventId),
}

/// A listener's feed, before it runs.
pub(crate) struct Feed {
    ledger: Arc<dyn Ledger>,
    filter: Filter,
    live: broadcast::Receiver<Committed>,
    /// The next block to tell.
    next: Height,
    /// Events up to this one are known to the listener.
    after: Option<EventId>,
    /// Told before anything else, so that a listener that began with "now" can resume before its
    /// first event.
    announce: Option<EventId>,
    /// The first block to tell, when it has been read already.
    first: Option<Committed>,
    /// Blocks since the listener was last told anything.
    quiet: u64,
}

/// The listener has gone, or what it wants is not kept.
struct Ended;

/// Opens a feed; refuses at once when its beginning is no longer kept.
pub(crate) async fn open(
    ledger: Arc<dyn Ledger>,
    filter: Filter,
    start: Start,
) -> Result<Feed, ApiError> {
    // Live blocks are listened for before the past is looked at, so that none falls in between.
    let live = ledger.subscribe();
    let tip = ledger.status().await.height;
    let (next, after) = match start {
        Start::Now => (tip.next(), None),
        // There are no events in genesis.
        Start::From(height) => (height.max(Height(1)), None),
        Start::After(id) => (id.height.max(Height(1)), Some(id)),
    };
    let first = if next <= tip {
        let block = ledger.receipts(next).await;
        Some(block.ok_or(ApiError::EventsNotRetained { height: next.0 })?)
    } else {
        None
    };
    let announce = matches!(start, Start::Now).then(|| EventId::end_of(tip));
    Ok(Feed { ledger, filter, live, next, after, announce, first, quiet: 0 })
}

impl Feed {
    /// Tells events until the listener goes, or falls so far behind that they are no longer kept.
    pub(crate) async fn run(mut self, listener: Sender<Result<SseEvent, Infallible>>) {
        tokio::select! {
            _ = self.tell_all(&listener) => {}
            () = listener.closed() => {}
        }
    }

    async fn tell_all(
        &mut self,
        listener: &Sender<Result<SseEvent, Infallible>>,
    ) -> Result<(), Ended> {
        if let Some(id) = self.announce.take() {
            send(listener, SseEvent::default().id(id.to_string())).await?;
        }
        if let Some(block) = self.first.take() {
            self.tell(&block, listener).await?;
        }
        let tip = self.ledger.status().await.height;
        self.tell_past(tip, listener).await?;
        loop {
            match self.live.recv().await {
                Ok(block) => {
                    if let Some(before) = block.height.0.checked_sub(1) {
                        self.tell_past(Height(before), listener).await?;
                    }
                    if block.height == self.next {
                        self.tell(&block, listener).await?;
                    }
                }
                Err(RecvError::Lagged(_)) => {
                    let tip = self.ledger.status().await.height;
                    self.tell_past(tip, listener).await?;
                }
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    /// Tells the blocks up to and with `last` that were not told yet.
    async fn tell_past(
        &mut self,
        last: Height,
        listener: &Sender<Result<SseEvent, Infallible>>,
    ) -> Result<(), Ended> {
        while self.next <= last {
            let Some(block) = self.ledger.receipts(self.next).await else {
                tracing::warn!(height = %self.next, "a listener's events are no longer kept");
                return Err(Ended);
            };
            self.tell(&block, listener).await?;
        }
        Ok(())
    }

    /// Tells one block.
    async fn tell(
        &mut self,
        block: &Committed,
        listener: &Sender<Result<SseEvent, Infallible>>,
    ) -> Result<(), Ended> {
        let mut last = None;
        let height = block.height;
        let after_all = u32::try_from(block.receipts.len()).unwrap_or(u32::MAX);
        let of_transactions = block
            .receipts
            .iter()
            .map(|receipt| (receipt.index, Some(receipt.transaction), &receipt.events[..]));
        let of_block = (after_all, None, &block.events[..]);
        for (index, transaction, events) in of_transactions.chain([of_block]) {
            for (position, event) in (0..).zip(events) {
                let id = EventId { height, transaction: index, event: position };
                if self.after.is_some_and(|after| id <= after) || !self.filter.wants(event) {
                    continue;
                }
                let answer = EventAnswer::new(height, block.time, transaction, event);
                let told = SseEvent::default().id(id.to_string()).json_data(&answer);
                let told = told.map_err(|error| {
                    tracing::error!(%error, "an event cannot be shown as JSON");
                    Ended
                })?;
                send(listener, told).await?;
                last = Some(id);
            }
        }
        self.quiet = if last.is_some() { 0 } else { self.quiet.saturating_add(1) };
        if self.quiet >= QUIET_BLOCKS {
            self.quiet = 0;
            let end = EventId::end_of(block.height);
            send(listener, SseEvent::default().id(end.to_string())).await?;
        }
        self.next = block.height.next();
        Ok(())
    }
}

async fn send(
    listener: &Sender<Result<SseEvent, Infallible>>,
    event: SseEvent,
) -> Result<(), Ended> {
    listener.send_timeout(Ok(event), STUCK_AFTER).await.map_err(|_| Ended)
}
