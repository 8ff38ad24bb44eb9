//! A simulated machine: the runtime that a node sees, with a disk and a clock of its own, and an end
//! that may come at any moment.

use super::disk::{Blob, Disk};
use commonware_runtime::{
    BlobVersion, Clock, Error, Handle, ListenerOf, Metrics, Name, Network, SinkOf, Spawner,
    Storage, StreamOf, Supervisor,
    deterministic::Context,
    signal::Signal,
    telemetry::metrics::{Metric, Registered},
};
use parking_lot::Mutex;
use rand_core::{TryCryptoRng, TryRng};
use std::{
    any::Any,
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::{Duration, SystemTime},
};

/// How wrong a machine's clock is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockFault {
    /// Milliseconds by which it is ahead; negative when it is behind.
    pub ahead_ms: i64,
    /// Millionths by which it runs fast; negative when it runs slow.
    pub drift_ppm: i64,
}

/// A clock that may be wrong; clones show the same time.
#[derive(Clone, Default)]
pub(crate) struct WrongClock(Arc<Mutex<(ClockFault, Option<SystemTime>)>>);

impl WrongClock {
    /// Makes it wrong like this from now on.
    pub(crate) fn set(&self, fault: ClockFault, now: SystemTime) {
        *self.0.lock() = (fault, Some(now));
    }

    fn show(&self, now: SystemTime) -> SystemTime {
        let (fault, since) = *self.0.lock();
        let since = since.and_then(|since| now.duration_since(since).ok()).unwrap_or_default();
        let since_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let ahead = fault.ahead_ms + since_ms.saturating_mul(fault.drift_ppm) / 1_000_000;
        let by = Duration::from_millis(ahead.unsigned_abs());
        if ahead < 0 { now - by } else { now + by }
    }
}

/// Whether a node still runs. Clones watch the same node.
#[derive(Clone, Default)]
pub(crate) struct Life(Arc<Mutex<Option<String>>>);

impl Life {
    /// Ends it: none of its tasks goes on.
    pub(crate) fn end(&self, cause: &str) {
        self.0.lock().get_or_insert_with(|| cause.to_owned());
    }

    /// Why it has ended, if it has.
    pub(crate) fn cause(&self) -> Option<String> {
        self.0.lock().clone()
    }

    fn is_over(&self) -> bool {
        self.0.lock().is_some()
    }
}

/// A task of a node: stops for ever when the node ends, and ends it by a panic.
struct Guarded<F> {
    inner: Pin<Box<F>>,
    life: Life,
}

impl<F: Future> Future for Guarded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        if self.life.is_over() {
            return Poll::Pending;
        }
        let polled = catch_unwind(AssertUnwindSafe(|| self.inner.as_mut().poll(context)));
        match polled {
            Ok(_) if self.life.is_over() => Poll::Pending,
            Ok(polled) => polled,
            Err(panic) => {
                self.life.end(&text(panic.as_ref()));
                Poll::Pending
            }
        }
    }
}

/// What a panic says.
pub(crate) fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a node panicked").to_owned()
}

/// The runtime of one node, from one start to its end.
pub(crate) struct Machine {
    context: Context,
    disk: Disk,
    clock: WrongClock,
    life: Life,
}

impl Machine {
    pub(crate) fn new(context: Context, disk: Disk, clock: WrongClock, life: Life) -> Self {
        Self { context, disk, clock, life }
    }

    fn with(&self, context: Context) -> Self {
        let (disk, clock, life) = (self.disk.clone(), self.clock.clone(), self.life.clone());
        Self { context, disk, clock, life }
    }
}

impl Supervisor for Machine {
    fn name(&self) -> Name {
        self.context.name()
    }

    fn child(&self, label: &'static str) -> Self {
        self.with(self.context.child(label))
    }

    fn with_attribute(self, key: &'static str, value: impl std::fmt::Display) -> Self {
        let Self { context, disk, clock, life } = self;
        Self { context: context.with_attribute(key, value), disk, clock, life }
    }
}

impl Spawner for Machine {
    fn shared(self, blocking: bool) -> Self {
        let Self { context, disk, clock, life } = self;
        Self { context: context.shared(blocking), disk, clock, life }
    }

    fn dedicated(self) -> Self {
        let Self { context, disk, clock, life } = self;
        Self { context: context.dedicated(), disk, clock, life }
    }

    fn spawn<F, Fut, T>(self, f: F) -> Handle<T>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let Self { context, disk, clock, life } = self;
        context.spawn(move |context| {
            let machine = Self { context, disk, clock, life: life.clone() };
            Guarded { inner: Box::pin(f(machine)), life }
        })
    }

    async fn stop(self, value: i32, timeout: Option<Duration>) -> Result<(), Error> {
        self.context.stop(value, timeout).await
    }

    fn stopped(&self) -> Signal {
        self.context.stopped()
    }
}

impl governor::clock::Clock for Machine {
    type Instant = SystemTime;

    fn now(&self) -> SystemTime {
        self.current()
    }
}

impl governor::clock::ReasonablyRealtime for Machine {}

impl Clock for Machine {
    fn current(&self) -> SystemTime {
        self.clock.show(self.context.current())
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.context.sleep(duration)
    }

    fn sleep_until(
        &self,
        deadline: SystemTime,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        // As on a real machine: the wall clock says how long, and that time then passes.
        self.context.sleep(deadline.duration_since(self.current()).unwrap_or_default())
    }
}

impl Metrics for Machine {
    fn register<N: Into<String>, H: Into<String>, M: Metric>(
        &self,
        name: N,
        help: H,
        metric: M,
    ) -> Registered<M> {
        self.context.register(name, help, metric)
    }

    fn encode(&self) -> String {
        self.context.encode()
    }
}

impl Network for Machine {
    type Listener = ListenerOf<Context>;

    async fn bind(&self, socket: SocketAddr) -> Result<Self::Listener, Error> {
        self.context.bind(socket).await
    }

    async fn dial(
        &self,
        socket: SocketAddr,
    ) -> Result<(SinkOf<Context>, StreamOf<Context>), Error> {
        self.context.dial(socket).await
    }
}

impl TryRng for Machine {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.context.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.context.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.context.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for Machine {}

impl Storage for Machine {
    type Blob = Blob;

    async fn open_versioned(
        &self,
        partition: &str,
        name: &[u8],
        versions: RangeInclusive<BlobVersion>,
    ) -> Result<(Blob, u64, BlobVersion), Error> {
        self.disk.open(&self.life, partition, name, &versions).await
    }

    async fn remove(&self, partition: &str, name: Option<&[u8]>) -> Result<(), Error> {
        self.disk.remove(&self.life, partition, name).await
    }

    async fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        self.disk.scan(partition)
    }
}
