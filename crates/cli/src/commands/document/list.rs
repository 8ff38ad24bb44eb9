//! `salus document list`: the documents of the vault.

use crate::{
    commands::record::all_records, documents::ReadArgs, lifecycle::block_on_until_signal,
    session::Session, text::table,
};
use clap::Args;
use salus_api::records::RecordFilter;
use salus_types::AccountId;
use serde_json::Value;

/// Which documents, and whether they are read.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of this patient only
    #[arg(long, value_name = "ACCOUNT")]
    patient: Option<AccountId>,
    /// Read each, so that its title, kind and date are shown
    #[arg(long)]
    titles: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

impl List {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let filter = RecordFilter {
            patient: self.patient,
            resource_type: Some("DocumentReference".to_owned()),
            ..RecordFilter::default()
        };
        let list = block_on_until_signal(async {
            let mut list = Vec::new();
            for found in all_records(&gateway, filter).await? {
                let mut item = serde_json::to_value(&found)?;
                if self.titles {
                    let (_, document) = self.reading.read(&gateway, found.record).await?;
                    item["title"] = document.title.into();
                    item["kind"] = document.kind.map(|kind| kind.to_string()).into();
                    item["date"] = document.date.into();
                    item["media_type"] = document.media_type.into();
                }
                list.push(item);
            }
            Ok(list)
        })?;
        session.output.answer(&list, |list: &Vec<Value>| {
            let told = ["record", "version", "height", "title", "kind", "date", "media_type"];
            let untold = ["record", "patient", "version", "bytes", "height"];
            let columns = if self.titles { told.as_slice() } else { untold.as_slice() };
            table(list, columns, "there are no such documents")
        });
        Ok(())
    }
}
