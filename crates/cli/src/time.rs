//! Times as people write them: RFC 3339, or a length such as `30m`, `24h`, `7d` from now.

use jiff::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 UTC by this machine's clock.
pub(crate) fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Reads a length: a number and `ms`, `s`, `m`, `h` or `d`.
pub(crate) fn parse_length(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let wrong = || format!("`{text}` is not a length; write for example 90s, 30m, 24h or 7d");
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit_ms: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit_ms).map(Duration::from_millis).ok_or_else(wrong)
}

/// Reads a point in time, in milliseconds since 1970-01-01 UTC: RFC 3339, or a length from now.
pub(crate) fn parse_instant(text: &str) -> Result<u64, String> {
    if let Ok(length) = parse_length(text) {
        return Ok(now_ms().saturating_add(millis(length)));
    }
    let time: Timestamp = text.parse().map_err(|_| {
        format!(
            "`{text}` is not a time; write 2027-01-31T12:00:00Z, or a length from now such as 24h"
        )
    })?;
    u64::try_from(time.as_millisecond()).map_err(|_| format!("`{text}` is before 1970"))
}

/// Shows a time as RFC 3339, to the millisecond.
pub(crate) fn show_ms(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| "beyond the calendar".to_owned(), |time| format!("{time:.3}"))
}

/// Whole milliseconds of a length.
pub(crate) fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
