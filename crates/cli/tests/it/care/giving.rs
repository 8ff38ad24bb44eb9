//! What a patient gives: powers to a guardian, an export to a project, keys to custodians.

use super::{CLINIC, HOST, NAME, Story, WARD, text};
use serde_json::{Value, json};

impl Story {
    /// Gives the child's account: the host keeps its key.
    pub(super) fn a_guardian_acts_for_a_child(&self) -> String {
        let Self { network, clinic, .. } = self;
        let imported = network.must(HOST, "record import p2.json");
        let child = text(&imported[0]["patients"][0]);
        let observation = self.record(&child, "Observation");
        let guardian = network.account("guardian.key");
        let give = format!(
            "delegation give --patient {child} --to {guardian} --kind guardian --power \
             grant,revoke --until 365d"
        );
        let given = network.must(HOST, &give);
        let delegation = text(&given["delegation"]);

        let grant = |until: &str| {
            let words = format!(
                "grant new --key guardian.key --delegation {delegation} --to {clinic} --purpose \
                 TREAT --category observations --until {until}"
            );
            network.run(HOST, &words)
        };
        assert_eq!(grant("366d").error, "consent.beyond_delegation");
        let granted = grant("30d");
        assert_eq!((granted.code, &granted.said["patient"]), (0, &json!(child)));
        let grant = text(&granted.said["grant"]);
        let basis = format!("--grant {grant}");
        self.read(CLINIC, &observation, &basis, "TREAT").unwrap();
        let by_guardian = format!("--key guardian.key --delegation {delegation}");
        let erase = format!("record erase {by_guardian}");
        assert_eq!(network.refused(HOST, &erase), "consent.power_missing");

        // It ends: what was granted stands until it is revoked.
        let list = network.must(WARD, &format!("delegation list --patient {child}"));
        assert_eq!((&list[0]["delegate"], &list[0]["ended_at"]), (&json!(guardian), &Value::Null));
        network.must(HOST, &format!("delegation end {delegation} --patient {child}"));
        let revoke = format!("grant revoke {grant} {by_guardian}");
        assert_eq!(network.refused(HOST, &revoke), "consent.delegation_not_active");
        self.read(CLINIC, &observation, &basis, "TREAT").unwrap();
        network.must(HOST, &format!("grant revoke {grant} --patient {child}"));
        assert_eq!(self.no(CLINIC, &observation, &basis, "TREAT"), "vault.grant_revoked");
        child
    }

    pub(super) fn a_project_gets_what_names_nobody(&self) {
        let Self { network, observation, .. } = self;
        let ward = network.organisation(WARD);
        let words = format!(
            "grant new --key patient.key --to {ward} --purpose HRESCH --until 1d --pseudonymised"
        );
        let granted = network.must(HOST, &words);
        let grant = text(&granted["grant"]);
        let basis = format!("--grant {grant}");
        assert_eq!(self.no(WARD, observation, &basis, "HRESCH"), "vault.pseudonymised");
        let export = |purpose: &str, out: &str| {
            network.run(
                WARD,
                &format!(
                    "record export --grant {grant} --purpose {purpose} --project p --out {out}"
                ),
            )
        };
        assert_eq!(export("CLINTRCH", "no.ndjson").error, "vault.purpose");
        assert_eq!(export("HRESCH", "all.ndjson").said["records"], 3);
        let exported = network.text("all.ndjson");
        assert!(exported.contains("2345-7"));
        assert!(!exported.contains(NAME) && !exported.contains("2020-02-03"));
    }

    pub(super) fn custodians_release_what_the_holder_cannot_read(&self) {
        let Self { network, observation, clinic, .. } = self;
        let custodians: Vec<String> = (1..4).map(|one| network.organisation(one)).collect();
        let custodians = custodians.join(",");
        let appoint = |threshold: &str| {
            let words = format!(
                "custody appoint --key patient.key --category observations --custodian \
                 {custodians} --threshold {threshold}"
            );
            network.run(HOST, &words)
        };
        assert_eq!(appoint("4").error, "vault.custodians");
        let arrangement = appoint("2").said["arrangement"].clone();
        let list = network.must(WARD, "custody list --key patient.key");
        assert_eq!(list[0]["arrangement"], arrangement);
        assert_eq!(self.no(HOST, observation, "", "TREAT"), "vault.custodial");
        let words = format!(
            "grant new --key patient.key --to {clinic} --purpose TREAT --category observations \
             --custodial --until 1d"
        );
        let granted = network.must(HOST, &words);
        let basis = format!("--grant {}", text(&granted["grant"]));
        assert_eq!(self.read(CLINIC, observation, &basis, "TREAT"), Ok(1));
        let log = network.must(HOST, "access list --key patient.key");
        assert_eq!(log["releases"][0]["accesses"][0]["leaf"]["record"], json!(observation));
    }
}
