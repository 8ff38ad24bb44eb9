//! What to try next: commands that work when they are pasted.

use super::{network::Network, sharing::Shared, story::Story};
use crate::output::data;
use std::env;

/// Says where everything is, and what can be done with it.
pub(crate) fn tell(network: &Network, shared: &Shared, story: &Story) {
    let program =
        env::current_exe().map_or_else(|_| "salus".to_owned(), |path| path.display().to_string());
    story.tell("The network stays up. Everything is in the folder below; Ctrl-C stops it.");
    data(format_args!("\n  {}\n", network.home.display()));
    let (keeper, reader) = (network.hospital(), network.reader());
    let at = |one: &super::network::Organisation| {
        format!("--api {} --home {}", one.client.base(), one.home.display())
    };
    let mut tries = vec![
        ("How the network stands", format!("node status --api {}", keeper.client.base())),
        ("Who is on it", format!("org list --api {}", keeper.client.base())),
        ("What the first hospital keeps", format!("record list --type Patient {}", at(keeper))),
    ];
    if let Some(read) = shared.in_force.first() {
        tries.push((
            "Read a record at the second hospital, under a grant that is in force",
            format!(
                "record read {} --grant {} --purpose TREAT {}",
                read.record,
                read.grant,
                at(reader)
            ),
        ));
        if let Some(record) = shared.not_covered {
            tries.push((
                "Try one that the grant does not cover",
                format!(
                    "record read {record} --grant {} --purpose TREAT {}",
                    read.grant,
                    at(reader)
                ),
            ));
        }
        tries.push((
            "See who asked for this patient's records",
            format!("access list --patient {} {}", read.patient, at(keeper)),
        ));
        tries.push((
            "Prove that the record is anchored",
            format!(
                "proof export record {} --out {} --api {}",
                read.record,
                network.home.join("my.proof").display(),
                keeper.client.base()
            ),
        ));
        tries.push((
            "Verify that, with the network's file alone",
            format!(
                "proof verify {} --network {}",
                network.home.join("my.proof").display(),
                network.file.display()
            ),
        ));
    }
    if let Some(assisted) =
        shared.in_force.iter().find(|read| shared.assisted.contains(&read.patient))
    {
        tries.push((
            "Revoke a grant for a patient whose key the hospital keeps, and try to read again",
            format!(
                "grant revoke {} --patient {} {}",
                assisted.grant,
                assisted.patient,
                at(keeper)
            ),
        ));
    }
    for (what, words) in tries {
        data(format_args!("{what}:\n  {program} {words}\n"));
    }
}
