//! Admission and transfer, and an emergency with two persons and a review.

use super::{CLINIC, HOST, REVIEWER, Story, WARD, text};
use serde_json::json;

impl Story {
    pub(super) fn a_hospital_reads_from_admission_to_discharge(&self) {
        let Self { network, observation, condition, clinic, .. } = self;
        let shown = network.must(CLINIC, "admission show --category observations --until 14d");
        let (link, episode) = (text(&shown["link"]), text(&shown["episode"]));
        let basis = format!("--episode {episode}");
        assert_eq!(self.no(CLINIC, observation, &basis, "TREAT"), "vault.no_episode");

        let accept =
            |link: &str| network.run(CLINIC, &format!("admission accept {link} --key patient.key"));
        assert_eq!(accept("salus:admission:no").error, "admission.malformed");
        assert_eq!(accept(&link).said["episode"], episode);
        let twice = accept(&link);
        assert_eq!((twice.code, twice.error.as_str()), (1, "consent.episode_exists"));
        self.read(CLINIC, observation, &basis, "TREAT").unwrap();
        assert_eq!(self.no(CLINIC, condition, &basis, "TREAT"), "vault.scope");
        assert_eq!(self.no(CLINIC, observation, &basis, "HRESCH"), "vault.purpose");

        let ward = network.organisation(WARD);
        let words = format!("episode transfer {episode} --key patient.key --to {ward}");
        let next = text(&network.must(CLINIC, &words)["episode"]);
        assert_eq!(self.no(CLINIC, observation, &basis, "TREAT"), "vault.episode_closed");
        let basis = format!("--episode {next}");
        self.read(WARD, observation, &basis, "TREAT").unwrap();
        assert_eq!(network.refused(HOST, &format!("episode close {next}")), "consent.not_party");
        network.must(WARD, &format!("episode close {next}"));
        assert_eq!(self.no(WARD, observation, &basis, "TREAT"), "vault.episode_closed");

        // Without a link: the patient opens it at the desk of who keeps the records.
        let words = format!("episode open --key patient.key --to {clinic} --until 1d");
        let episode = text(&network.must(HOST, &words)["episode"]);
        let basis = format!("--episode {episode}");
        self.read(CLINIC, condition, &basis, "TREAT").unwrap();
        network.must(CLINIC, &format!("episode close {episode} --key patient.key"));
        assert_eq!(self.no(CLINIC, condition, &basis, "TREAT"), "vault.episode_closed");
        let list = network.must(CLINIC, "episode list --key patient.key");
        let list = list.as_array().unwrap();
        assert_eq!(list.len(), 3);
        assert!(list.iter().all(|one| one["closed_at"].is_u64()));
    }

    pub(super) fn a_service_overrides_and_is_reviewed(&self) {
        let Self { network, patient, observation, condition, clinic } = self;
        let open = format!(
            "emergency open {patient} --person medic.key --reason unresponsive --incident 4711"
        );
        assert_eq!(network.refused(CLINIC, &open), "consent.not_accredited");
        let words = format!("proposal new accredit-emergency {clinic} --until 30d");
        let proposal = network.must(HOST, &words)["proposal"].to_string();
        for index in [HOST, CLINIC, WARD, REVIEWER] {
            // Whoever comes after the decision is refused.
            network.run(index, &format!("proposal vote {proposal} approve"));
        }
        network.until(CLINIC, &open, |answer| answer.error == "consent.no_emergency_rules");
        let reviewer = network.organisation(REVIEWER);
        let rules = format!(
            "emergency rules --key patient.key --reviewer {reviewer} --category \
             observations,conditions"
        );
        network.must(HOST, &rules);
        let emergency = text(&network.must(CLINIC, &open)["emergency"]);
        let basis = format!("--emergency {emergency}");

        // One person alone opens what is not marked.
        self.read(CLINIC, observation, &basis, "BTG").unwrap();
        assert_eq!(self.no(CLINIC, condition, &basis, "BTG"), "vault.marked");
        let cosign = |key: &str| {
            network.run(CLINIC, &format!("emergency cosign {emergency} --person {key}"))
        };
        assert_eq!(cosign("medic.key").error, "consent.same_person");
        assert_eq!(cosign("second.key").code, 0);
        self.read(CLINIC, condition, &basis, "BTG").unwrap();

        network.must(CLINIC, &format!("emergency close {emergency}"));
        assert_eq!(self.no(CLINIC, observation, &basis, "BTG"), "vault.emergency_over");
        assert_eq!(network.refused(CLINIC, &open), "consent.unreviewed");
        let review = format!("emergency review {emergency} --outcome justified --finding true");
        assert_eq!(network.refused(CLINIC, &review), "consent.not_reviewer");
        network.must(REVIEWER, &review);
        let report = network.must(REVIEWER, &format!("emergency report {clinic}"));
        assert_eq!((&report["opened"], &report["justified"]), (&json!(1), &json!(1)));
        let list = network.must(REVIEWER, &format!("emergency list --patient {patient}"));
        assert_eq!(list[0]["review"]["outcome"], "justified");
    }
}
