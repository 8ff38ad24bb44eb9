//! Percentiles of what was measured.

use serde::Serialize;

/// Two percentiles, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    /// Half of all were at most this.
    pub(crate) p50: f64,
    /// 99 of 100 were at most this.
    pub(crate) p99: f64,
}

/// Times, each with how often it was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<(f64, u64)>);

impl Samples {
    /// Adds a time in milliseconds that `count` transactions took.
    pub(crate) fn add(&mut self, ms: f64, count: u64) {
        if count > 0 {
            self.0.push((ms, count));
        }
    }

    /// Adds all of another's.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many were measured.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The percentiles; zero where nothing was measured.
    pub(crate) fn percentiles(&self) -> Percentiles {
        let mut sorted = self.0.clone();
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
        Percentiles { p50: at(&sorted, 50), p99: at(&sorted, 99) }
    }
}

/// The smallest time that at least `percent` of all are not above.
fn at(sorted: &[(f64, u64)], percent: u64) -> f64 {
    let total: u64 = sorted.iter().map(|(_, count)| count).sum();
    let rank = (total * percent).div_ceil(100);
    let mut seen = 0;
    for (ms, count) in sorted {
        seen += count;
        if seen >= rank {
            return round(*ms, 2);
        }
    }
    0.0
}

/// Rounds for people, to so many decimals.
pub(crate) fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// A count as a number to calculate with; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}
