//! `salus bench consent`: what a decision by a patient's consents costs, and a read across
//! organisations from end to end.

use crate::{
    bench::{
        machine, network,
        prepare::RunFolder,
        reads::{PATIENTS, Reading, Scene},
        rules::Rules,
        stats::round,
    },
    lifecycle::{block_on, interrupted, signal},
    progress,
    session::Session,
};
use clap::Args;
use salus_consent::ReleaseMode;
use serde::Serialize;
use std::time::Duration;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Time for each number of rules, milliseconds
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    time_ms: u64,
    /// How long to read in each of the two ways of release, seconds; 0 measures decisions alone
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    seconds: u64,
}

/// Organisations of the network on which reads are measured, each with a validator as a process.
const ORGANISATIONS: u16 = 4;

/// Reads across organisations, over four validators as processes: the record is at one, the reader
/// asks through its own gateway.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "they are the names of the figures")]
struct Reads {
    /// Reads per second where the keys are wrapped to the reader; key and account included.
    reads_per_s_wrapped: f64,
    /// Reads per second with shares of two of three custodians; a request on the ledger for each.
    reads_per_s_custodial: f64,
    /// From sending a revocation to a read refused because of it, the slowest; milliseconds.
    revoke_to_enforced_ms: f64,
    /// From asking on the ledger for an emergency to having a record, read with shares; the slowest.
    emergency_ms: f64,
}

/// Every number is measured in this run.
#[derive(Clone, Debug, Serialize)]
struct Figures {
    /// A decision for one resource, its explanation not written out, by so many rules; microseconds.
    us_per_decision_1_rules: f64,
    /// The same.
    us_per_decision_10_rules: f64,
    /// The same.
    us_per_decision_100_rules: f64,
    /// The same.
    us_per_decision_1000_rules: f64,
    /// Decisions per second on one core, by 100 rules.
    decisions_per_s_per_core: f64,
    /// Of the decisions by 100 rules, the part that permits.
    part_permitted: f64,
    /// Reading and compiling the consents of 100 rules, once; microseconds.
    us_to_compile_100_rules: f64,
    /// Facts and labels of a resource of about 1 KB from its bytes; MB per second.
    label_mb_per_s: f64,
    /// What was measured over a network.
    #[serde(flatten)]
    reads: Option<Reads>,
    /// Load over one minute before the start.
    load_average_before: f64,
    /// Load over one minute at the end.
    load_average: f64,
}

impl Consent {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let time = Duration::from_millis(self.time_ms);
        let load_average_before = machine::load_average()[0];
        let measure = |rules| -> anyhow::Result<_> { Ok(Rules::new(rules)?.decisions(time)) };
        let (one, ten) = (measure(1)?, measure(10)?);
        let (hundred, thousand) = (measure(100)?, measure(1000)?);
        let figures = Figures {
            us_per_decision_1_rules: round(one.us, 3),
            us_per_decision_10_rules: round(ten.us, 3),
            us_per_decision_100_rules: round(hundred.us, 3),
            us_per_decision_1000_rules: round(thousand.us, 3),
            decisions_per_s_per_core: round(1e6 / hundred.us, 0),
            part_permitted: round(hundred.permitted, 2),
            us_to_compile_100_rules: round(Rules::compile_us(100, time)?, 0),
            label_mb_per_s: round(Rules::label_mb_per_s(time), 1),
            reads: self.reads(session)?,
            load_average_before,
            load_average: machine::load_average()[0],
        };
        session.output.answer(&figures, Figures::describe);
        Ok(())
    }
}

impl Consent {
    fn reads(&self, session: &Session) -> anyhow::Result<Option<Reads>> {
        if self.seconds == 0 {
            return Ok(None);
        }
        let folder = RunFolder::of(session, false)?;
        let time = Duration::from_secs(self.seconds);
        let measured = async {
            let starting = progress::spinner("Starting four organisations");
            let validators = network::start(folder.path(), ORGANISATIONS, true).await?;
            let scene = Scene::of(&validators).await?;
            starting.finish_and_clear();
            let wrapped = scene.measure(ReleaseMode::Wrapped, time).await?;
            let custodial = scene.measure(ReleaseMode::Custodial, time).await?;
            let emergency = scene.emergencies(2 * PATIENTS).await?;
            Ok(Reads::of(wrapped, custodial, emergency))
        };
        block_on(async {
            tokio::select! {
                measured = measured => measured.map(Some),
                () = signal() => Err(interrupted()),
            }
        })
    }
}

impl Reads {
    fn of(wrapped: Reading, custodial: Reading, emergency: Duration) -> Self {
        let enforced = wrapped.revoke_to_enforced.max(custodial.revoke_to_enforced);
        Self {
            reads_per_s_wrapped: round(wrapped.reads_per_s, 0),
            reads_per_s_custodial: round(custodial.reads_per_s, 0),
            revoke_to_enforced_ms: round(enforced.as_secs_f64() * 1000.0, 1),
            emergency_ms: round(emergency.as_secs_f64() * 1000.0, 1),
        }
    }

    fn describe(&self) -> String {
        format!(
            "Across organisations, {:.0} reads per second with wrapped keys and {:.0} with shares of \
             custodians, each accounted for; a revocation is enforced within {:.0} ms, and \
             an emergency gives a record within {:.0} ms.\n",
            self.reads_per_s_wrapped,
            self.reads_per_s_custodial,
            self.revoke_to_enforced_ms,
            self.emergency_ms,
        )
    }
}

impl Figures {
    fn describe(&self) -> String {
        format!(
            "A decision takes {:.2} µs by one rule, {:.2} by 10, {:.2} by 100, {:.2} by 1,000: {:.0} \
             per second on one core by 100 rules.\n\
             Reading and compiling 100 rules takes {:.0} µs; facts and labels of a resource are read at \
             {:.0} MB per second.\n\
             {}Load {:.1} before and {:.1} at the end.",
            self.us_per_decision_1_rules,
            self.us_per_decision_10_rules,
            self.us_per_decision_100_rules,
            self.us_per_decision_1000_rules,
            self.decisions_per_s_per_core,
            self.us_to_compile_100_rules,
            self.label_mb_per_s,
            self.reads.as_ref().map(Reads::describe).unwrap_or_default(),
            self.load_average_before,
            self.load_average,
        )
    }
}
