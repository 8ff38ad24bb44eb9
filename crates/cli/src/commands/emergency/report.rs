//! `salus emergency report`: how a service uses emergencies.

use crate::{lifecycle::block_on_until_signal, session::Session, time::show_ms};
use clap::Args;
use salus_api::client::At;
use salus_consent::query::EmergencyReport;
use salus_types::AccountId;

/// Which service.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The organisation's account
    service: AccountId,
}

impl Report {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let path = format!("/v1/organisations/{}/emergency-report", self.service);
        let report = block_on_until_signal(async {
            Ok(client.state::<EmergencyReport>(&path, At::default()).await?.value)
        })?;
        session.output.answer(&report, describe);
        Ok(())
    }
}

fn describe(report: &EmergencyReport) -> String {
    let until = report.accredited_until.map_or_else(
        || "not accredited".to_owned(),
        |time| format!("accredited until {}", show_ms(time.unix_ms())),
    );
    format!(
        "{}: {until}\nopened {}, justified {}, unjustified {}, unclear {}, not reviewed {}, overdue {}",
        report.service,
        report.opened,
        report.reviews.justified,
        report.reviews.unjustified,
        report.reviews.unclear,
        report.unreviewed,
        report.overdue,
    )
}
