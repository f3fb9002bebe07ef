use std::path::{Path, PathBuf};

/// A program that the test set-up installs or unpacks. None, with a word on it, where it is not there; CI has to have
/// it.
#[expect(clippy::print_stderr, reason = "who runs the tests should know what was skipped")]
pub fn find_program(name: &str) -> Option<PathBuf> {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.setup/debian/usr");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), unpacked.join("sbin"), unpacked.join("bin")])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is missing: run setup/install.sh test");
        eprintln!("skipped: {name} is not installed (setup/install.sh test gets it)");
    }
    found
}
