//! Days, and spans of days, as FHIR's dates name them.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A civil day, counted from 1970-01-01. Years 1 to 9999.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Day(pub i32);

/// First and last day of something, both included.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct DaySpan {
    /// First day.
    pub first: Day,
    /// Last day, not before the first.
    pub last: Day,
}

impl Day {
    /// The day with this date in the Gregorian calendar; none if there is no such day.
    pub fn from_civil(year: u16, month: u8, day: u8) -> Option<Self> {
        if !(1..=9999).contains(&year)
            || !(1..=12).contains(&month)
            || day < 1
            || day > days_of(year, month)
        {
            return None;
        }
        // Days from civil, era by era of 400 years that begin in March.
        let shifted = i32::from(year) - i32::from(month <= 2);
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = (i32::from(month) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i32::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// Year, month and day.
    pub fn to_civil(self) -> (i32, u8, u8) {
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (
            i32::try_from(year).unwrap_or(i32::MAX),
            u8::try_from(month).unwrap_or(12),
            u8::try_from(day).unwrap_or(31),
        )
    }
}

fn days_of(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl DaySpan {
    /// The days that a FHIR `date`, `dateTime` or `instant` names, in its own time zone: one day, a
    /// month (`2011-03`) or a year (`2011`). None if the text is no such thing.
    pub fn from_fhir(text: &str) -> Option<Self> {
        let date = text.split('T').next()?;
        let mut parts = date.split('-');
        let year = digits(parts.next()?, 4)?;
        let (first, last) = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => (Day::from_civil(year, 1, 1), Day::from_civil(year, 12, 31)),
            (Some(month), None, _) => {
                let month = digits(month, 2)?;
                (
                    Day::from_civil(year, month, 1),
                    Day::from_civil(year, month, days_of(year, month)),
                )
            }
            (Some(month), Some(day), None) => {
                let day = Day::from_civil(year, digits(month, 2)?, digits(day, 2)?);
                (day, day)
            }
            (Some(_), Some(_), Some(_)) => return None,
        };
        Some(Self { first: first?, last: last? })
    }

    /// From the first day of the one to the last day of the other.
    #[must_use]
    pub fn until(self, end: Self) -> Self {
        Self { first: self.first, last: self.last.max(end.last) }
    }

    /// Whether all days of `other` lie within this span.
    pub fn contains(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

fn digits<T: std::str::FromStr>(text: &str, count: usize) -> Option<T> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.to_civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: std::borrow::Cow<'de, str> = Deserialize::deserialize(deserializer)?;
        DaySpan::from_fhir(&text)
            .filter(|span| span.first == span.last)
            .map(|span| span.first)
            .ok_or_else(|| serde::de::Error::custom("expected a day such as 2026-11-21"))
    }
}
