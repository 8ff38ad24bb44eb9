//! How long it takes from sending to final at light load: one transaction after the other, sent to
//! each node in turn.

use crate::{
    bench::stats::Samples,
    submit::{Signer, call, execute},
};
use indicatif::ProgressBar;
use salus_api::client::Client;
use salus_crypto::sign::SigningKey;
use salus_identity::{
    Identity, IdentityTx,
    tx::{RegisterAccount, SetEntry},
};
use salus_types::{AccountId, AccountKind, BytesMax, NetworkId, Salt, SignatureAlgorithm, TextMax};

/// Transactions that are sent.
pub(crate) const COUNT: usize = 100;

/// Sends transactions of a device and measures each.
pub(crate) async fn measure(
    network: NetworkId,
    nodes: &[&Client],
    progress: &ProgressBar,
) -> anyhow::Result<Samples> {
    let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
    let (public, salt) = (key.public(), Salt([0; 16]));
    let account = AccountId::derive(network, &public, salt);
    let device = Signer { account, key };
    let register = IdentityTx::RegisterAccount(RegisterAccount {
        account,
        kind: AccountKind::Device,
        key: public,
        salt,
    });
    execute(nodes[0], network, &device, vec![call::<Identity>(&register)]).await?;

    let mut samples = Samples::default();
    for number in 0..COUNT {
        let entry = IdentityTx::SetEntry(SetEntry {
            name: TextMax::new(format!("probe-{number}"))?,
            value: BytesMax::new(vec![0; 300])?,
        });
        let node = nodes[number % nodes.len()];
        let done = execute(node, network, &device, vec![call::<Identity>(&entry)]).await?;
        samples.add(done.final_after_ms, 1);
        progress.inc(1);
    }
    Ok(samples)
}
