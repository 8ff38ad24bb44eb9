//! What a run counted.

use serde::Serialize;

/// What a run counted.
#[derive(Serialize)]
pub(crate) struct Report {
    /// What decided whom and when.
    pub(crate) seed: u64,
    /// How long it took.
    pub(crate) seconds: u64,
    /// A disk that fills up.
    pub(crate) full_disk: Part,
    /// A validator cut off.
    pub(crate) cut_off: Part,
    /// A new protocol version by vote.
    pub(crate) upgrade: Part,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

/// What became of a part that needs rights which not everybody has.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub(crate) enum Part {
    /// It held; in words.
    Passed { said: String },
    /// It was not tried.
    Skipped { reason: String },
}

/// What happened, and what became of the load.
#[derive(Default, Serialize)]
pub(crate) struct Counts {
    /// Processes killed with -9.
    pub(crate) kills: u64,
    /// Rounds in which one was killed, several, all.
    pub(crate) rounds: [u64; 3],
    /// Of the kills, those of a validator that was just starting.
    pub(crate) kills_while_starting: u64,
    /// Homes torn as a power cut might, while stopped.
    pub(crate) torn: u64,
    /// Of them, started again as they were.
    pub(crate) torn_started: u64,
    /// Of them, refused to start and named what is damaged; their ledger was fetched from the others.
    pub(crate) torn_refused: Vec<String>,
    /// Validators stopped in the usual way and started again, one after the other.
    pub(crate) restarted_in_turn: u64,
    /// Transactions sent.
    pub(crate) submitted: u64,
    /// Reported final to a client.
    pub(crate) reported_final: u64,
    /// Reported expired: never in a block.
    pub(crate) expired: u64,
    /// Refused by a node or by the ledger.
    pub(crate) refused: u64,
    /// Times that a transaction was looked up with its receipt on a validator.
    pub(crate) looked_up: u64,
    /// Transactions in the ledger, which is the same on all validators and holds none twice.
    pub(crate) in_ledger: u64,
    /// Reported final and not there. The run fails before this is above 0.
    pub(crate) lost: u64,
    /// Longest time without anything becoming final, in milliseconds.
    pub(crate) longest_pause_ms: u64,
}

impl Report {
    #[expect(clippy::print_stdout, reason = "data goes to standard output")]
    pub(crate) fn print(&self, json: bool) {
        let counts = &self.counts;
        if json {
            println!("{}", serde_json::to_string_pretty(self).expect("counts are plain JSON"));
        }
        let parts = [
            ("full disk", &self.full_disk),
            ("cut off", &self.cut_off),
            ("upgrade", &self.upgrade),
        ];
        for (name, part) in parts {
            match part {
                Part::Passed { said } => eprintln!("kill-test: {name}: {said}"),
                Part::Skipped { reason } => eprintln!("kill-test: {name}: skipped: {reason}"),
            }
        }
        eprintln!(
            "kill-test: {} kills in {} s, {} homes torn ({} started again), {} transactions \
             reported final, {} lost; seed {}",
            counts.kills,
            self.seconds,
            counts.torn,
            counts.torn_started,
            counts.reported_final,
            counts.lost,
            self.seed
        );
    }
}
