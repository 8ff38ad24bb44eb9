//! The command tree as people see it, pinned; and its rules.

use crate::tree::Cli;
use clap::{Command, CommandFactory as _};

/// Writes the help of a command and of everything below it.
fn help_of(command: &mut Command, path: &str, text: &mut String) {
    let long = command.render_long_help().to_string();
    *text += &["===== ", path, "\n", long.trim_end(), "\n"].concat();
    let names: Vec<String> =
        command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names.iter().filter(|name| *name != "help") {
        let below = command.find_subcommand_mut(name).unwrap();
        help_of(below, &format!("{path} {name}"), text);
    }
}

#[test]
fn the_help_of_every_command_is_as_pinned() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut text = String::new();

    help_of(&mut command, "salus", &mut text);

    insta::with_settings!({ snapshot_path => "../tests/golden", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("help", text);
    });
}

#[test]
fn the_tree_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_verb_says_what_it_does() {
    fn check(command: &Command) {
        for below in command.get_subcommands() {
            assert!(below.get_about().is_some(), "{} says nothing", below.get_name());
            check(below);
        }
    }
    check(&Cli::command());
}

#[test]
fn lengths_and_times_are_read_as_people_write_them() {
    use crate::time::{parse_instant, parse_length, show_ms};
    use std::time::Duration;

    assert_eq!(parse_length("90s"), Ok(Duration::from_secs(90)));
    assert_eq!(parse_length("7d"), Ok(Duration::from_hours(168)));
    assert!(parse_length("7 days").is_err());
    assert!(parse_length("99999999999999999999d").is_err());
    assert_eq!(parse_instant("2027-01-31T12:00:00Z"), Ok(1_801_396_800_000));
    assert!(parse_instant("tomorrow").is_err());
    assert_eq!(show_ms(1_801_396_800_000), "2027-01-31T12:00:00.000Z");
}

#[test]
fn a_table_is_as_wide_as_what_it_shows() {
    let rows = [
        serde_json::json!({ "id": 1, "name": "Hospital North", "functions": ["hospital", "payer"] }),
        serde_json::json!({ "id": 12, "name": null }),
    ];

    let text = crate::text::table(&rows, &["id", "name", "functions"], "none");

    let expected = "ID  NAME            FUNCTIONS\n\
                    1   Hospital North  hospital,payer\n\
                    12  -               -\n";
    assert_eq!(text, expected);
}
