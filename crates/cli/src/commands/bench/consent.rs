//! `salus bench consent`: what a decision by a patient's consents costs.

use crate::{
    bench::{machine, rules::Rules, stats::round},
    session::Session,
};
use clap::Args;
use serde::Serialize;
use std::time::Duration;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Time for each number of rules, milliseconds
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    time_ms: u64,
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
            load_average_before,
            load_average: machine::load_average()[0],
        };
        session.output.answer(&figures, Figures::describe);
        Ok(())
    }
}

impl Figures {
    fn describe(&self) -> String {
        format!(
            "A decision takes {:.2} µs by one rule, {:.2} by 10, {:.2} by 100, {:.2} by 1,000: {:.0} \
             per second on one core by 100 rules.\n\
             Reading and compiling 100 rules takes {:.0} µs; facts and labels of a resource are read at \
             {:.0} MB per second.\n\
             Load {:.1} before and {:.1} at the end.",
            self.us_per_decision_1_rules,
            self.us_per_decision_10_rules,
            self.us_per_decision_100_rules,
            self.us_per_decision_1000_rules,
            self.decisions_per_s_per_core,
            self.us_to_compile_100_rules,
            self.label_mb_per_s,
            self.load_average_before,
            self.load_average,
        )
    }
}
