//! `salus record list`: the records of the vault. Nothing of their content is read.

use crate::{lifecycle::block_on_until_signal, session::Session, text::table};
use clap::Args;
use salus_api::{
    client::Client,
    records::{RecordFilter, RecordItem},
};
use salus_types::AccountId;

/// Most records of a page.
const PAGE: u32 = 1000;

/// Which records.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of this patient only
    #[arg(long, value_name = "ACCOUNT")]
    patient: Option<AccountId>,
    /// Of this FHIR resource type only
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: Option<String>,
    /// Of this category only
    #[arg(long)]
    category: Option<String>,
}

impl List {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let filter = RecordFilter {
            patient: self.patient,
            resource_type: self.resource_type.clone(),
            category: self.category.clone(),
            ..RecordFilter::default()
        };
        let list = block_on_until_signal(all_records(&gateway, filter))?;
        session.output.answer(&list, |list| {
            let rows: Vec<_> = list
                .iter()
                .map(|item| serde_json::to_value(item).expect("items are plain JSON values"))
                .collect();
            let columns = ["record", "patient", "resource_type", "category", "version", "bytes"];
            table(&rows, &columns, "there are no such records")
        });
        Ok(())
    }
}

/// Every record that passes the filter.
pub(crate) async fn all_records(
    gateway: &Client,
    mut filter: RecordFilter,
) -> anyhow::Result<Vec<RecordItem>> {
    filter.limit = Some(PAGE);
    let mut records = Vec::new();
    loop {
        let mut page = gateway.records(&filter).await?.records;
        let is_last = page.len() < PAGE as usize;
        records.append(&mut page);
        filter.after = records.last().map(|item| item.record);
        if is_last {
            return Ok(records);
        }
    }
}
