//! Exports for research over running nodes: what a project gets, and what it does not.

use crate::care::{Care, order as usual_order};
use salus_api::records::{ExportOrder, ReadOrder};
use salus_consent::{
    AccessKind, Basis, ConsentTx, PurposeOfUse, ReleaseMode,
    tx::{GrantAccess, RevokeGrant},
};
use salus_vault::{Scope, ScopeOpening};
use std::collections::BTreeSet;

const HOST: usize = 0;
const PROJECT: usize = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_for_research_gives_an_export_in_which_nobody_is_named_and_no_record_as_it_is() {
    let care = Care::new().await;
    let (patient, observation, _) = care.patient().await;
    let opening = ScopeOpening::new(&Scope::default());
    let call = GrantAccess {
        purpose: PurposeOfUse::Research,
        pseudonymised: true,
        ..care.granting(PROJECT, &opening, ReleaseMode::Wrapped)
    };
    let grant = call.grant;
    care.grant(&patient, PROJECT, &call, &opening).await.unwrap();
    let project = care.gateway(PROJECT);
    let order = |name: &str| ExportOrder {
        grant,
        purpose: PurposeOfUse::Research,
        project: name.to_owned(),
        from: None,
    };

    // No record as it is.
    let basis = Some(Basis::Grant(grant));
    let exact = ReadOrder { purpose: PurposeOfUse::Research, ..usual_order(observation, basis) };
    assert_eq!(project.read(&exact).await.unwrap_err().code(), "vault.pseudonymised");

    // The export has the values, and nothing that says whose they are.
    let text = project.export(&order("sugar")).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("2345-7") && text.contains("6.30") && text.contains("1980"));
    let record = observation.to_string();
    let account = patient.account.to_string();
    let names = ["Ada", "Zedlitz", "Potsdam", "K-4711", "+4930", "2020-02-03", "1980-05", &record];
    for name in names.into_iter().chain([account.as_str()]) {
        assert!(!text.contains(name), "{name} is in it");
    }

    // Pseudonyms are the same within a project, and others in another.
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let again = project.export(&order("sugar")).await.unwrap();
    let other = project.export(&order("salt")).await.unwrap();
    assert_eq!(lines(&text), lines(&String::from_utf8_lossy(&again)));
    assert!(lines(&text).is_disjoint(&lines(&String::from_utf8_lossy(&other))));

    // The patient sees each record that was exported, and the read that was refused.
    let log = care.gateway(HOST).accesses(patient.account).await.unwrap();
    let exported = log.accesses.iter().filter(|one| one.leaf.kind == AccessKind::Export);
    let exported: Vec<_> = exported.map(|one| one.leaf.basis).collect();
    assert_eq!(exported, vec![basis; 9]);

    let treatment = ExportOrder { purpose: PurposeOfUse::Treatment, ..order("sugar") };
    assert_eq!(project.export(&treatment).await.unwrap_err().code(), "vault.purpose");
    let revoke = ConsentTx::RevokeGrant(RevokeGrant { grant, on_behalf: None });
    care.send(PROJECT, &patient, &[], &revoke).await.unwrap();
    let refused = project.export(&order("sugar")).await.unwrap_err();
    assert_eq!(refused.code(), "vault.grant_revoked");
}
