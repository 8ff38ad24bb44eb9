//! The command tree as people see it, pinned; and its rules.

use crate::tree::Cli;
use clap::{Command, CommandFactory as _};

/// Writes the help of a command and of everything below it.
fn help_of(command: &mut Command, path: &str, text: &mut String) {
    let long = command.render_long_help().to_string();
    text.push_str(&format!("===== {path}\n{}\n", long.trim_end()));
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
