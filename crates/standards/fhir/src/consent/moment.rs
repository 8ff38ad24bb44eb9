//! Points in time, as FHIR's dates and times name them.

use crate::{Day, DaySpan};
use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;

/// A point in time: milliseconds since 1970-01-01 UTC. It comes with the request; nothing here reads a
/// clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// Before all others.
    pub(crate) const FIRST: Self = Self(i64::MIN);
    /// After all others.
    pub(crate) const LAST: Self = Self(i64::MAX);

    /// So many milliseconds since 1970-01-01 UTC.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub fn unix_ms(self) -> i64 {
        self.0
    }

    /// The first and the last millisecond of a FHIR `date` or `dateTime`. A date has no time zone in
    /// FHIR and is taken as one of UTC. None if the text is no such thing.
    pub fn span_of(text: &str) -> Option<(Self, Self)> {
        let Some((date, time)) = text.split_once('T') else {
            let days = DaySpan::from_fhir(text)?;
            return Some((Self(start_of(days.first)), Self(start_of(days.last) + DAY_MS - 1)));
        };
        let days = DaySpan::from_fhir(date).filter(|days| days.first == days.last)?;
        let (time, offset_ms) = zone(time)?;
        let (of_day, precise) = time_of_day(time)?;
        let first = start_of(days.first) + of_day - offset_ms;
        Some((Self(first), Self(if precise { first } else { first + 999 })))
    }

    /// The same when it is a single moment, as `instant` is; of a date, its first millisecond.
    pub fn from_fhir(text: &str) -> Option<Self> {
        Self::span_of(text).map(|(first, _)| first)
    }
}

fn start_of(day: Day) -> i64 {
    i64::from(day.0) * DAY_MS
}

/// Parts the zone from the time, and gives its offset.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (time, zone) = time.split_at(at);
    let (sign, zone) = zone.split_at(1);
    let (hours, minutes) = zone.split_once(':')?;
    let (hours, minutes) = (two(hours, 14)?, two(minutes, 59)?);
    let ms = (hours * 60 + minutes) * 60_000;
    Some((time, if sign == "-" { -ms } else { ms }))
}

/// Milliseconds of the day, and whether the text says milliseconds.
fn time_of_day(time: &str) -> Option<(i64, bool)> {
    let mut parts = time.splitn(3, ':');
    let (hours, minutes) = (two(parts.next()?, 23)?, two(parts.next()?, 59)?);
    let rest = parts.next()?;
    let (seconds, fraction) = match rest.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (rest, None),
    };
    let seconds = two(seconds, 60)?;
    let ms = fraction.map_or(Some(0), thousandths)?;
    Some((((hours * 60 + minutes) * 60 + seconds) * 1000 + ms, fraction.is_some()))
}

fn thousandths(fraction: &str) -> Option<i64> {
    let digits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| {
        fraction.bytes().chain(*b"00").take(3).fold(0, |ms, b| ms * 10 + i64::from(b - b'0'))
    })
}

fn two(text: &str, max: i64) -> Option<i64> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= max)
}
