//! Tables, and the file that keeps the last ones.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A table in Markdown.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {} |", row.join(" | "));
    }
    table
}

/// The folder of the report that is written, if one is.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// From now on plots are kept beside this report.
pub(crate) fn keep_plots_beside(report: &Path) {
    if let Some(folder) = report.parent() {
        // Set once, from the command line.
        let _ = FOLDER.set(folder.join("plots"));
    }
}

/// Keeps a plot; how the report shows it.
pub(crate) fn plot(name: &str, svg: &str) -> String {
    let Some(folder) = FOLDER.get() else { return String::new() };
    std::fs::create_dir_all(folder).expect("a folder for plots");
    std::fs::write(folder.join(format!("{name}.svg")), svg).expect("a plot is written");
    format!("\n![{name}](plots/{name}.svg)\n")
}

/// Puts a section of the report in the place of its last version, which stands between two marks; a new one goes to
/// the end.
pub(crate) fn keep(file: &Path, section: &str, text: &str) -> std::io::Result<()> {
    let report = std::fs::read_to_string(file).unwrap_or_else(|_| "# What was measured\n".to_owned());
    std::fs::write(file, replaced(&report, section, text))
}

fn replaced(report: &str, section: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {section} -->"), format!("<!-- end of {section} -->"));
    let written = format!("{begin}\n\n{}\n\n{end}", text.trim());
    match (report.split_once(&begin), report.split_once(&end)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{written}{after}"),
        _ => format!("{}\n\n{written}\n", report.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_its_last_version() {
        let first = replaced("# Head\n", "one", "1");
        let both = replaced(&first, "two", "2");
        assert_eq!(
            both,
            "# Head\n\n<!-- one -->\n\n1\n\n<!-- end of one -->\n\n<!-- two -->\n\n2\n\n<!-- end of two -->\n"
        );
        assert_eq!(replaced(&both, "one", "new"), both.replace("\n1\n", "\nnew\n"));
    }
}
