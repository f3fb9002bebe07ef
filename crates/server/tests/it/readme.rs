//! What the README says of the settings is what the program says.

use std::{fmt::Write, path::Path};

use clap::{Args, Command};
use ella::config::Config;

const BEGIN: &str = "<!-- settings: made from the program by `make settings` -->\n";
const END: &str = "<!-- end of settings -->\n";

/// The program's own words on its settings, as a table.
fn table() -> String {
    let mut table = "\n| name | default | meaning |\n| --- | --- | --- |\n".to_owned();
    for setting in Config::augment_args(Command::new("ella")).get_arguments() {
        let Some(name) = setting.get_env() else { continue };
        let mut meaning = setting.get_help().map(ToString::to_string).unwrap_or_default();
        let mut default: Vec<_> = setting
            .get_default_values()
            .iter()
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        // A default that is no plain value is told in words, at the end.
        if let Some(at) = meaning.rfind(" [default: ") {
            let words = meaning.split_off(at);
            default.push(words.trim_start_matches(" [default: ").trim_end_matches(']').to_owned());
        }
        if default.is_empty() {
            default.push("none".to_owned());
        }
        let choices: Vec<_> =
            setting.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
        if !choices.is_empty() {
            write!(meaning, ": {}", choices.join(", ")).unwrap();
        }
        let (default, meaning) = (default.join(", "), meaning.replace('|', "\\|"));
        writeln!(table, "| `{}` | {default} | {meaning} |", name.to_string_lossy()).unwrap();
    }
    table + "\n"
}

#[test]
fn the_settings_are_the_programs_own() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).expect("a README");
    let (before, rest) = readme.split_once(BEGIN).expect("the table's beginning is marked");
    let (written, after) = rest.split_once(END).expect("the table's end is marked");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, [before, BEGIN, &table(), END, after].concat()).unwrap();
        return;
    }
    assert_eq!(written, table(), "the README's settings are out of date: run `make settings`");
}
