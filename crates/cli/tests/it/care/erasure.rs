//! Erasures: of a patient whose node is killed meanwhile, and of one whose key is needed elsewhere.

use super::{HOST, Story, WARD};
use serde_json::json;
use std::{
    fs,
    process::{Child, Stdio},
};

impl Story {
    pub(super) fn an_erasure_outlives_the_kills_of_its_node(&mut self) {
        let patient = self.patient.clone();
        let network = &mut self.network;
        let host = network.organisation(HOST);
        let retain = |until: &str| {
            let reason = "--reason legal_obligation";
            let words = format!("record retain --patient {patient} {reason} --until {until}");
            network.must(HOST, &words)
        };
        retain("1d");
        let erase = "record erase --key patient.key";
        assert_eq!(network.refused(HOST, erase), "record.kept");
        retain("1970-01-02T00:00:00Z");

        // By what the patient is recognised in the files of the host, before.
        let fingerprint = format!("audit fingerprint --patient {patient}");
        let needles = network.program(HOST, &fingerprint).output().unwrap().stdout;
        fs::write(network.folder().join("needles.json"), needles).unwrap();
        let scan = format!("audit scan --patient {patient} --needles needles.json");
        let before = network.run(HOST, &scan);
        assert_eq!((before.code, before.error.as_str()), (1, "audit.traces_found"));
        assert!(before.said["traces"].as_u64() > Some(10), "{}", before.said["traces"]);

        // The patient asks at another node; the host is killed after each step that it is heard of.
        let words = format!("record erase --key patient.key --holder {host}");
        let mut asking = network.guest(WARD, &words).stdout(Stdio::null()).spawn().unwrap();
        let mut kills = 0;
        for step in ["RowsDestroyed", "WrittenOver", "Compacted", "Signed"] {
            if !network.heard(HOST, step, || has_ended(&mut asking)) {
                break;
            }
            network.kill(HOST);
            kills += 1;
            network.node(HOST);
        }
        assert!(kills > 0);
        assert!(asking.wait().unwrap().success());

        // Nothing is left at the host, and the audit is whole, with proofs.
        let found = network.until(HOST, &scan, |answer| answer.code == 0);
        assert_eq!(found["traces"], 0);
        let verify = format!("audit verify --patient {patient}");
        let verified =
            network.until(HOST, &verify, |answer| answer.said[0]["erasures"][1]["attested"] == 4);
        let holders = verified[0]["holders"].as_array().unwrap();
        assert_eq!((&holders[0]["holder"], &holders[0]["erased"]), (&json!(host), &json!(true)));
        let [kept, done] = [0, 1].map(|at| &verified[0]["erasures"][at]);
        assert_eq!((&kept["refused"], &kept["done"]), (&json!(true), &json!(false)));
        assert_eq!((&done["done"], &done["proved"]), (&json!(true), &json!(true)));
        assert_eq!(done["report_compared"], true);
        // By the file of another network nothing of it is believed.
        network.must(HOST, "network init --home other --validators 1");
        let elsewhere = format!("{verify} --network other/network.json");
        assert_eq!(network.refused(HOST, &elsewhere), "audit.not_proved");
        assert_eq!(self.no(HOST, &self.observation, "", "TREAT"), "vault.erased");
    }

    pub(super) fn a_key_that_is_needed_elsewhere_is_not_destroyed_unasked(&self, child: &str) {
        let network = &self.network;
        network.must(WARD, &format!("record import p2.json --patient {child}"));
        let erase = format!("record erase --patient {child}");
        assert_eq!(network.refused(HOST, &erase), "record.key_needed");
        let erased = network.must(HOST, &format!("{erase} --give-up-key"));
        assert_eq!(erased["report"]["report"]["destroyed"]["records"], 3);
        let there = network.must(WARD, &format!("record list --patient {child}"));
        assert_eq!(there.as_array().unwrap().len(), 3);
    }
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}
