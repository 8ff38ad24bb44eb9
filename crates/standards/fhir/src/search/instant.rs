//! Times as FHIR writes them: each is a span, from its first millisecond to its last.

use crate::{DaySpan, date::Day};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// A span of time, in milliseconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first millisecond.
    pub first: i64,
    /// Its last millisecond.
    pub last: i64,
}

impl Span {
    /// One moment.
    pub fn at(ms: i64) -> Self {
        Self { first: ms, last: ms }
    }

    /// The span that a `date`, `dateTime` or `instant` names. A time without a zone, and a date, count
    /// as UTC. None if the text is no such thing.
    pub fn parse(text: &str) -> Option<Self> {
        let days = DaySpan::from_fhir(text)?;
        let first = i64::from(days.first.0) * DAY_MS;
        let last = (i64::from(days.last.0) + 1) * DAY_MS - 1;
        let Some((_, time)) = text.split_once('T') else { return Some(Self { first, last }) };
        if days.first != days.last {
            return None;
        }
        let (time, offset_ms) = zone(time)?;
        let (within, length_ms) = time_of_day(time)?;
        let first = first + within - offset_ms;
        Some(Self { first, last: first + length_ms - 1 })
    }

    /// Whether all of `other` lies within this span.
    pub fn contains(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

/// Cuts the zone off a time; gives its offset from UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at(at);
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let minutes = number(hours, 14)? * 60 + number(minutes, 59)?;
    Some((time, sign * minutes * MINUTE_MS))
}

/// Milliseconds since midnight, and how long the named moment is.
fn time_of_day(time: &str) -> Option<(i64, i64)> {
    let mut parts = time.splitn(3, ':');
    let hours = number(parts.next()?, 24)?;
    let minutes = number(parts.next()?, 59)?;
    let at = (hours * 60 + minutes) * MINUTE_MS;
    let Some(seconds) = parts.next() else { return Some((at, MINUTE_MS)) };
    match seconds.split_once('.') {
        None => Some((at + number(seconds, 60)? * 1000, 1000)),
        Some((seconds, fraction)) => {
            if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let mut ms = 0;
            for position in 0..3 {
                let digit = fraction.as_bytes().get(position).map_or(0, |byte| byte - b'0');
                ms = ms * 10 + i64::from(digit);
            }
            Some((at + number(seconds, 60)? * 1000 + ms, 1))
        }
    }
}

/// Two digits, at most `max`.
fn number(text: &str, max: i64) -> Option<i64> {
    let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten().filter(|number| *number <= max)
}

/// A moment as FHIR's `instant` in UTC.
pub fn instant(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    let day = Day(i32::try_from(ms / DAY_MS).unwrap_or(i32::MAX));
    let within = ms % DAY_MS;
    let (hours, minutes) = (within / (60 * MINUTE_MS), within / MINUTE_MS % 60);
    let (seconds, millis) = (within / 1000 % 60, within % 1000);
    format!("{day}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}
