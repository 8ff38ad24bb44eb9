//! `salus admission show`: what a hospital shows at its desk.

use crate::{
    lifecycle::block_on_until_signal,
    scoping::{ScopeArgs, word},
    session::Session,
    time::{parse_instant, show_ms},
};
use anyhow::Context as _;
use clap::Args;
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use salus_api::records::AdmissionOrder;
use salus_consent::ReleaseMode;
use salus_types::BlockTime;
use serde_json::json;

/// What the hospital of the home needs, until when.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    scope: ScopeArgs,
    /// How keys are released: by the holders of the records, or by custodians for each request
    #[arg(long, value_name = "MODE", value_parser = word::<ReleaseMode>(&["wrapped", "custodial"]))]
    #[arg(default_value = "wrapped")]
    mode: ReleaseMode,
    /// Until when the hospital reads at the latest: a time, or a length from now such as 14d
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    until: u64,
    /// Until when the link may be taken: a time, or a length from now
    #[arg(long, value_name = "TIME", value_parser = parse_instant, default_value = "30m")]
    link_until: u64,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let order = AdmissionOrder {
            scope: serde_json::to_value(self.scope.scope()?)?,
            mode: self.mode,
            not_after: BlockTime::from_unix_ms(self.until),
            offered_until: BlockTime::from_unix_ms(self.link_until),
        };
        let answer = block_on_until_signal(async { Ok(gateway.admit(&order).await?) })?;
        // In upper case the code is smaller; a link is read in either.
        let code = QrCode::with_error_correction_level(answer.link.to_uppercase(), EcLevel::L)
            .context("the link does not fit into a QR code; name fewer single records")?;
        let code = code.render::<Dense1x2>().quiet_zone(true).build();
        let told = json!({ "link": answer.link, "episode": answer.episode });
        session.output.answer(&told, |_| {
            format!(
                "{code}\n{}\nThe patient takes it until {} with `salus admission accept LINK`.\n\
                 Episode {} is open from then until discharge, and until {} at the latest.",
                answer.link,
                show_ms(self.link_until),
                answer.episode,
                show_ms(self.until)
            )
        });
        Ok(())
    }
}
