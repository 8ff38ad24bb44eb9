//! Documents from outside: a whole story against a node, and what is refused before anybody is asked.

use super::{command, salus, text};
use salus_crypto::random;
use salus_node::{
    Home, Node, NodeHandle,
    clock::now_ms,
    init::{self, NetworkOptions},
};
use salus_types::{BlockTime, LedgerParameters};
use serde_json::Value;
use std::{fs, net::TcpListener, path::Path, process::Output};

const LETTER: &[u8] = b"%PDF-1.7 \x00\xff\xfe a letter";

/// A hospital with a node of its own.
struct Hospital {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    node: Option<NodeHandle>,
    api: String,
}

/// Two ports in a row that nobody listens on.
fn two_ports() -> u16 {
    loop {
        let first = 10_000 + u16::from_be_bytes(random()) % 20_000;
        if (first..first + 2).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
}

impl Hospital {
    fn new() -> Self {
        // Somebody may take a port between looking and starting.
        (0..5).find_map(|_| Self::try_new()).expect("a node starts")
    }

    fn try_new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let now = BlockTime::from_unix_ms(now_ms());
        let mut options = NetworkOptions::new(folder.path().join("net"), 1, now);
        options.peer_port = two_ports();
        options.api_port = options.peer_port + 1;
        options.parameters = LedgerParameters { idle_interval_ms: 100, ..Default::default() };
        init::network(&options).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let home = Home::new(folder.path().join("net").join("node0"));
        let node = runtime.block_on(Node::start(&home)).ok()?;
        let api = node.api_url();
        Some(Self { folder, runtime, node: Some(node), api })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = command(self.folder.path(), words);
        command.env("SALUS_API", &self.api).env("SALUS_HOME", self.path("net/node0"));
        command.output().unwrap()
    }

    /// The answer of a command that does what it is told.
    fn json(&self, words: &[&str]) -> Value {
        let output = self.run(&[words, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The exit code and the stable code of one that does not.
    fn refused(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.run(&[words, &["--json"]].concat());
        let told: Value = serde_json::from_slice(&output.stderr).unwrap_or_default();
        (output.status.code(), told["error"]["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl Drop for Hospital {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            let _ = self.runtime.block_on(node.stop());
        }
    }
}

#[test]
fn a_document_is_added_read_notarised_signed_and_verified_offline() {
    let hospital = Hospital::new();
    let bundle = r#"{"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p1"}}]}"#;
    fs::write(hospital.path("bundle.json"), bundle).unwrap();
    fs::write(hospital.path("letter.pdf"), LETTER).unwrap();
    let imported = hospital.json(&["record", "import", "bundle.json"]);
    let patient = imported[0]["patients"][0].as_str().unwrap().to_owned();

    // Kept, listed, read as it was.
    let words = ["document", "add", "letter.pdf", "--patient", &patient, "--title", "Letter"];
    let record = hospital.json(&[&words[..], &["--kind", "18842-5"]].concat());
    let record = record["record"].as_str().unwrap().to_owned();
    let list = hospital.json(&["document", "list", "--patient", &patient, "--titles"]);
    assert_eq!(
        (&list[0]["record"], &list[0]["title"]),
        (&record.as_str().into(), &"Letter".into())
    );
    hospital.json(&["document", "get", &record, "--out", "copy.pdf"]);
    assert_eq!(fs::read(hospital.path("copy.pdf")).unwrap(), LETTER);
    let shown = hospital.json(&["document", "show", &record]);
    assert_eq!(
        (&shown["media_type"], &shown["notarised"]),
        (&"application/pdf".into(), &Value::Null)
    );

    // Notarised once, signed once.
    let notarise = ["document", "notarise", "--record", &record, "--out", "a.proof"];
    let notarised = hospital.json(&notarise);
    assert_eq!((&notarised["version"], &notarised["already"]), (&1.into(), &false.into()));
    let again = ["document", "notarise", "--record", &record, "--out", "b.proof"];
    assert_eq!(hospital.json(&again)["already"], true);
    let sign = ["document", "sign", "--record", &record, "--role", "author", "--out", "c.proof"];
    hospital.json(&sign);
    let twice = ["document", "sign", "--record", &record, "--role", "review"];
    assert_eq!(hospital.refused(&twice), (Some(1), "consent.already_signed".to_owned()));

    // Verified by who has file, proof and network file, and nothing else.
    let verify = |file: &str, proof: &str| {
        let network = hospital.path("net/network.json").display().to_string();
        let words = ["document", "verify", file, "--proof", proof, "--network", &network, "--json"];
        let output = salus(hospital.folder.path(), &words);
        let told = if output.status.success() { &output.stdout } else { &output.stderr };
        let told: Value = serde_json::from_slice(told).unwrap();
        (output.status.code(), told)
    };
    let (code, told) = verify("copy.pdf", "c.proof");
    assert_eq!((code, &told["kind"]), (Some(0), &"http://loinc.org|18842-5".into()));
    assert_eq!(told["since_height"], notarised["since_height"]);
    assert_eq!(told["signatures"][0]["role"], "author");
    let mut other = LETTER.to_vec();
    other[9] ^= 1;
    fs::write(hospital.path("other.pdf"), other).unwrap();
    let (code, told) = verify("other.pdf", "c.proof");
    assert_eq!((code, &told["error"]["code"]), (Some(1), &"document.other_file".into()));

    // The next version is another file, and the next on the ledger too.
    let changed = hospital.json(&["document", "update", &record, "other.pdf", "--if-version", "1"]);
    assert_eq!(changed["version"], 2);
    let versions = &hospital.json(&["document", "show", &record])["versions"];
    assert_eq!((&versions[0]["version"], &versions[1]["version"]), (&1.into(), &2.into()));
    let stale = ["document", "update", &record, "letter.pdf", "--if-version", "1"];
    assert_eq!(hospital.refused(&stale), (Some(1), "vault.version_conflict".to_owned()));
    let unsigned = ["document", "sign", "--record", &record, "--role", "author"];
    assert_eq!(hospital.refused(&unsigned), (Some(1), "document.not_notarised".to_owned()));
    let next = ["document", "notarise", "--record", &record, "--out", "d.proof"];
    assert_eq!(hospital.json(&next)["version"], 2);

    // A file that is no record, whose place another takes, once.
    fs::write(hospital.path("plan.txt"), "a protocol").unwrap();
    let plain = hospital.json(&["document", "notarise", "plan.txt", "--out", "plan.proof"]);
    let plain = plain["document"].as_str().unwrap().to_owned();
    let sign = ["document", "sign", "plan.txt", "--proof", "plan.proof", "--role", "review"];
    hospital.json(&[&sign[..], &["--out", "signed.proof"]].concat());
    assert_eq!(verify("plan.txt", "signed.proof").1["signatures"][0]["role"], "review");
    let wrong = ["document", "sign", "letter.pdf", "--proof", "plan.proof", "--role", "review"];
    assert_eq!(hospital.refused(&wrong), (Some(1), "document.other_file".to_owned()));
    let instead = ["document", "notarise", "other.pdf", "--public", "--supersedes", &plain];
    hospital.json(&[&instead[..], &["--out", "e.proof"]].concat());
    assert_eq!(verify("other.pdf", "e.proof").0, Some(0));
    let superseded = hospital.refused(&[&instead[..], &["--out", "f.proof"]].concat());
    assert_eq!(superseded, (Some(1), "consent.already_superseded".to_owned()));
    let unknown = "9".repeat(64);
    let unknown = hospital.refused(&["document", "get", &unknown, "--out", "g"]);
    assert_eq!(unknown, (Some(1), "vault.unknown_record".to_owned()));
}

#[test]
fn a_notarisation_that_was_cut_off_is_finished_by_the_same_command_and_its_salt_is_not_lost() {
    let hospital = Hospital::new();
    fs::write(hospital.path("plan.txt"), "a protocol").unwrap();
    let notarise = |out| hospital.json(&["document", "notarise", "plan.txt", "--out", out]);
    let first = notarise("plan.proof");
    let mut begun: Value =
        serde_json::from_slice(&fs::read(hospital.path("plan.proof")).unwrap()).unwrap();
    begun["proof"] = "".into();
    fs::write(hospital.path("cut.proof"), begun.to_string()).unwrap();
    let network = hospital.path("net/network.json").display().to_string();
    let verify = ["document", "verify", "plan.txt", "--proof", "cut.proof", "--network", &network];
    assert_eq!(hospital.refused(&verify), (Some(1), "document.proof_unfinished".to_owned()));

    // The ledger had it before the cut.
    let finished = notarise("cut.proof");
    assert_eq!((&finished["document"], &finished["version"]), (&first["document"], &1.into()));
    assert_eq!(finished["already"], true);
    assert_eq!(hospital.json(&verify)["since_height"], first["since_height"]);

    // The ledger did not have it.
    begun["document"] = "7".repeat(64).into();
    fs::write(hospital.path("early.proof"), begun.to_string()).unwrap();
    let finished = notarise("early.proof");
    assert_eq!((&finished["document"], &finished["already"]), (&begun["document"], &false.into()));
    // What is finished is not written over.
    let again = ["document", "notarise", "plan.txt", "--out", "early.proof"];
    assert_eq!(hospital.refused(&again), (Some(2), "cli.file_exists".to_owned()));
}

#[test]
fn a_file_that_can_be_no_document_is_refused_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let large = fs::File::create(folder.path().join("large.pdf")).unwrap();
    large.set_len(12_000_001).unwrap();
    fs::write(folder.path().join("empty.pdf"), "").unwrap();
    let patient = "1".repeat(64);

    for (file, exit, code) in [
        ("nothing.pdf", 2, "cli.file_missing"),
        ("empty.pdf", 1, "document.empty"),
        ("large.pdf", 1, "document.too_large"),
    ] {
        let words = ["document", "add", file, "--patient", &patient, "--title", "x"];
        let output = salus(folder.path(), &words);

        assert_eq!(output.status.code(), Some(exit), "{file}");
        assert!(text(&output.stderr).contains(&format!("[{code}]")), "{file}");
    }
}

#[test]
fn what_is_no_proof_of_a_document_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let network = serde_json::to_string(&super::proofs::network()).unwrap();
    fs::write(folder.path().join("network.json"), network).unwrap();
    fs::write(folder.path().join("letter.pdf"), LETTER).unwrap();
    let id = "1".repeat(64);
    let proof = |format: &str, proof: &str| {
        format!(r#"{{"format": "{format}", "document": "{id}", "version": 1, "proof": "{proof}"}}"#)
    };

    for (text_of_proof, code) in [
        ("not JSON".to_owned(), "document.proof_invalid"),
        (proof("salus-document-proof/2", "AAAA"), "document.proof_invalid"),
        (proof("salus-document-proof/1", "?"), "document.proof_invalid"),
        (proof("salus-document-proof/1", "AAAA"), "proof.file_"),
    ] {
        let output = verify(folder.path(), &text_of_proof);

        assert_eq!(output.status.code(), Some(1), "{text_of_proof}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(&format!("[{code}")), "{stderr}");
    }
}

fn verify(folder: &Path, proof: &str) -> Output {
    fs::write(folder.join("a.proof"), proof).unwrap();
    let files = ["letter.pdf", "--proof", "a.proof", "--network", "network.json"];
    salus(folder, &[&["document", "verify"], &files[..]].concat())
}
