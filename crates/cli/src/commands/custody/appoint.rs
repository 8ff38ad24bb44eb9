//! `salus custody appoint`: the patient appoints custodians, and the holder forgets the keys.

use crate::{acting::ForPatient, lifecycle::block_on_until_signal, session::Session};
use anyhow::Context as _;
use clap::Args;
use salus_api::{client::Client, custody::CustodyOrder};
use salus_consent::{ArrangementId, ArrangementKind, ConsentTx, tx::AppointCustodians};
use salus_crypto::random;
use salus_fhir::Category;
use salus_types::{AccountId, VecMax};
use serde_json::json;

/// Whose keys of which categories go to whom. The home is that of the organisation that holds the
/// records; it cannot open these categories by itself any more.
#[derive(Debug, Args)]
pub(crate) struct Appoint {
    #[command(flatten)]
    who: ForPatient,
    /// The categories of records
    #[arg(long = "category", required = true, value_delimiter = ',')]
    categories: Vec<Category>,
    /// The organisations that hold shares, 1 to 16
    #[arg(long = "custodian", required = true, value_name = "ACCOUNT", value_delimiter = ',')]
    custodians: Vec<AccountId>,
    /// How many of them open a key together
    #[arg(long, value_name = "NUMBER")]
    threshold: u8,
    /// They release in emergencies too
    #[arg(long)]
    emergencies: bool,
}

impl Appoint {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let mut custodians = self.custodians.clone();
        custodians.sort_unstable();
        custodians.dedup();
        let (arrangement, done) = block_on_until_signal(async {
            let patient = self.who.account(&gateway).await?;
            let order = CustodyOrder {
                patient,
                categories: self.categories.iter().map(|one| one.code().to_owned()).collect(),
                custodians: custodians.clone(),
                threshold: self.threshold,
            };
            let offer = gateway.deal_custody(&order).await?;
            let arrangement = ArrangementId::new(random());
            let ordinary = AppointCustodians {
                arrangement,
                on_behalf: self.who.on_behalf(),
                holder: offer.holder,
                kind: ArrangementKind::Ordinary,
                custodians: VecMax::new(custodians).context("too many custodians")?,
                threshold: self.threshold,
                commitments_root: offer.commitments_root,
                epoch: offer.epoch,
            };
            let message = ConsentTx::AppointCustodians(ordinary.clone());
            let mut done = self.who.send(&gateway, &message).await?;
            if self.emergencies {
                let emergency = AppointCustodians {
                    arrangement: ArrangementId::new(random()),
                    kind: ArrangementKind::Emergency,
                    epoch: next_epoch(&gateway, patient, offer.holder).await?,
                    ..ordinary
                };
                let message = ConsentTx::AppointCustodians(emergency);
                done = self.who.send(&gateway, &message).await?;
            }
            gateway.begin_custody(arrangement).await?;
            Ok((arrangement, done))
        })?;
        let answer = json!({ "arrangement": arrangement, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Arrangement {arrangement}: {} of {} custodians open these categories together, \
                 for requests on the ledger.\n{}",
                self.threshold,
                self.custodians.len(),
                done.describe()
            )
        });
        Ok(())
    }
}

/// The epoch after that of the patient's latest arrangement for emergencies at the holder.
async fn next_epoch(client: &Client, patient: AccountId, holder: AccountId) -> anyhow::Result<u32> {
    let path = format!("/v1/patients/{patient}/arrangements");
    let all = crate::pages::all_pages(client, &path).await?;
    let holder = json!(holder);
    let ours = all.iter().filter(|one| one["holder"] == holder && one["kind"] == "emergency");
    let latest = ours.filter_map(|one| one["epoch"].as_u64()).max();
    Ok(u32::try_from(latest.map_or(1, |epoch| epoch.saturating_add(1))).unwrap_or(u32::MAX))
}
