//! Which records a command is about, and words of the ledger as arguments.

use anyhow::Context as _;
use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser};
use salus_consent::RecordId;
use salus_fhir::{Category, DaySpan, ResourceType};
use salus_types::VecMax;
use salus_vault::Scope;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Which records: all conditions are to be met; without any, all records of the patient are meant.
#[derive(Debug, Args)]
pub(crate) struct ScopeArgs {
    /// Only records of these FHIR resource types
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<ResourceType>,
    /// Only records of these categories
    #[arg(long = "category", value_delimiter = ',')]
    categories: Vec<Category>,
    /// Only these records
    #[arg(long = "record", value_delimiter = ',')]
    records: Vec<RecordId>,
    /// Only records of this time, such as 2019 or 2019-05
    #[arg(long, value_name = "DATE", value_parser = parse_dates)]
    dates: Option<DaySpan>,
}

impl ScopeArgs {
    /// The scope that was given.
    pub(crate) fn scope(&self) -> anyhow::Result<Scope> {
        Ok(Scope {
            categories: VecMax::new(self.categories.clone()).context("too many categories")?,
            resource_types: VecMax::new(self.types.clone()).context("too many resource types")?,
            records: VecMax::new(self.records.clone()).context("too many records")?,
            dates: self.dates,
        })
    }
}

fn parse_dates(text: &str) -> Result<DaySpan, String> {
    DaySpan::from_fhir(text).ok_or_else(|| format!("`{text}` is not a date; write 2019 or 2019-05"))
}

/// Reads one of these words of the ledger.
pub(crate) fn word<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).map(|word| {
        serde_json::from_value(Value::String(word.replace('-', "_")))
            .expect("the words are those that the ledger has")
    })
}
