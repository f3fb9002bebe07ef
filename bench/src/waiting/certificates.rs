//! A certificate for `localhost` and the authority that made it, by `openssl`.

use std::{path::Path, process::Command};

/// Makes `ca.pem`, `server.pem` and `server.key` in a folder.
pub(super) fn make(folder: &Path) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(folder, &format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=bench-authority"));
    openssl(
        folder,
        &format!(
            "req -x509 {key} -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
        ),
    );
}

fn openssl(folder: &Path, words: &str) {
    let made = Command::new("openssl").args(words.split_whitespace()).current_dir(folder).output();
    let made = made.expect("openssl is installed: setup/install.sh test gets it");
    assert!(made.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&made.stderr));
}
