//! Logs and traces of the process: what is logged can be changed while it runs, and traces go to an
//! OpenTelemetry collector where one is named.
//!
//! Spans follow the path of a transaction: `api.request`, `ledger.transaction` (from admission to
//! finality here), `mempool.admit`, `engine.propose` or `engine.check`, `app.execute_block`,
//! `chain.commit`. They carry heights, counts and transaction hashes, which are public facts.

use crate::{NodeConfig, NodeError};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use parking_lot::Mutex;
use std::{io::IsTerminal as _, sync::OnceLock};
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry,
    filter::filter_fn,
    fmt::{MakeWriter, layer},
    layer::SubscriberExt as _,
    reload,
    util::SubscriberInitExt as _,
};

/// The variable that names a collector for every program that speaks OpenTelemetry.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What is logged now, and the handle that changes it.
struct Logs {
    handle: reload::Handle<EnvFilter, Registry>,
    filter: Mutex<String>,
}

static LOGS: OnceLock<Logs> = OnceLock::new();

/// Traces that are on their way; sent when this is dropped.
#[derive(Debug, Default)]
#[must_use = "traces are sent until it is dropped"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = &self.traces
            && let Err(error) = traces.shutdown()
        {
            tracing::debug!(%error, "some traces did not reach the collector");
        }
    }
}

/// Writes logs to standard error and traces to the collector, as the configuration says. Once for the
/// process, and outside of an asynchronous runtime.
///
/// # Errors
///
/// The first that applies: [`NodeError::Setting`]: the filter or the endpoint is none;
/// [`NodeError::Telemetry`]: logs go elsewhere already.
pub fn install(config: &NodeConfig) -> Result<Telemetry, NodeError> {
    install_to(config, std::io::stderr, std::io::stderr().is_terminal())
}

/// As [`install`], with logs to somewhere else.
///
/// # Errors
///
/// As [`install`].
pub fn install_to<W>(config: &NodeConfig, writer: W, colour: bool) -> Result<Telemetry, NodeError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(parse(&config.log)?);
    let lines = layer().with_writer(writer).with_ansi(colour);
    let lines = if config.log_json { lines.json().boxed() } else { lines.boxed() };
    let traces = tracer(config)?;
    let spans = traces.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("salus"))
            .with_filter(filter_fn(|about| about.is_span() && about.target().starts_with("salus")))
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(spans)
        .try_init()
        .map_err(|error| NodeError::Telemetry { reason: error.to_string() })?;
    let logs = Logs { handle, filter: Mutex::new(config.log.clone()) };
    if LOGS.set(logs).is_err() {
        return Err(NodeError::Telemetry { reason: "it was set up before".to_owned() });
    }
    Ok(Telemetry { traces })
}

/// What is logged now; empty where [`install`] was not called.
pub fn log_filter() -> String {
    LOGS.get().map(|logs| logs.filter.lock().clone()).unwrap_or_default()
}

/// Changes what is logged, until it is changed again or the process ends.
///
/// # Errors
///
/// What is wrong with the filter; or that this process does not let its logs be changed.
pub fn set_log_filter(filter: &str) -> Result<(), String> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let logs = LOGS.get().ok_or("the logs of this process cannot be changed")?;
    logs.handle.reload(parsed).map_err(|error| error.to_string())?;
    filter.clone_into(&mut logs.filter.lock());
    tracing::info!(filter, "what is logged was changed");
    Ok(())
}

fn parse(filter: &str) -> Result<EnvFilter, NodeError> {
    EnvFilter::try_new(filter).map_err(|error| NodeError::Setting {
        name: "log",
        found: format!("`{filter}` ({error})"),
        expected: "a filter such as `info` or `info,salus_mempool=debug`",
    })
}

/// Where spans go, if anywhere.
fn tracer(config: &NodeConfig) -> Result<Option<SdkTracerProvider>, NodeError> {
    let endpoint = match config.otlp_endpoint.as_str() {
        "" => std::env::var(ENDPOINT).unwrap_or_default(),
        named => named.to_owned(),
    };
    if endpoint.is_empty() {
        return Ok(None);
    }
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter =
        SpanExporter::builder().with_http().with_endpoint(url).build().map_err(|_| {
            NodeError::Setting {
                name: "otlp_endpoint",
                found: endpoint,
                expected: "an OTLP endpoint over HTTP such as http://127.0.0.1:4318",
            }
        })?;
    let percent = u8::try_from(config.trace_percent).unwrap_or(100);
    let sampler =
        Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(f64::from(percent) / 100.0)));
    let resource = Resource::builder().with_service_name("salus-node").build();
    Ok(Some(
        SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build(),
    ))
}
