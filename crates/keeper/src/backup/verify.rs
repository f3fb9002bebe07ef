//! Verifying a repository: every file against its checksum. pgBackRest's exit code is 0 also when some are wrong, so
//! its text is read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackupError, Backups, Copy, program::LONG};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// When it began.
    pub at: Timestamp,
    /// Whether every file is as it was written.
    pub is_sound: bool,
    /// What is wrong, in pgBackRest's words.
    pub faults: Vec<String>,
}

impl Backups {
    /// Verifies a repository; the result is kept for [`Backups::last_verification`].
    ///
    /// # Errors
    /// It could not be verified.
    pub async fn verify(&self, copy: Copy, now: Timestamp) -> Result<Verification, BackupError> {
        let caller = self.caller(copy)?;
        let said = caller.call("verify", &["verify", "--output=text", "--verbose"], LONG).await?;
        let verification = understand(&said.text, &said.warnings, now);
        self.keep(&name(copy), &verification)?;
        Ok(verification)
    }

    /// What the last verification of a repository found.
    #[must_use]
    pub fn last_verification(&self, copy: Copy) -> Option<Verification> {
        self.recall(&name(copy))
    }
}

fn name(copy: Copy) -> String {
    format!("verification-{copy}")
}

fn understand(text: &str, warnings: &str, at: Timestamp) -> Verification {
    let says = |state: &str| text.lines().any(|line| line.trim() == format!("status: {state}"));
    let is_fault = |line: &&str| {
        line.split(", ").any(|part| {
            part.trim().split_once(": ").is_some_and(|(what, count)| {
                let bad = ["missing", "checksum invalid", "size invalid", "other"].contains(&what.trim());
                bad && count.trim() != "0" || what.trim() == "status" && count.trim() == "error"
            })
        })
    };
    let mut faults: Vec<String> = text.lines().filter(is_fault).map(|line| line.trim().to_owned()).collect();
    faults.extend(warnings.lines().filter(|line| line.contains("ERROR")).map(|line| line.trim().to_owned()));
    Verification { at, is_sound: says("ok") && !says("error"), faults }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "stanza: ella\nstatus: ok\n  archiveId: 15-1, total WAL checked: 3, total valid WAL: 3\n    \
                         missing: 0, checksum invalid: 0, size invalid: 0, other: 0\n";

    #[test]
    fn the_text_decides() {
        let sound = understand(SOUND, "", Timestamp::UNIX_EPOCH);
        assert!(sound.is_sound && sound.faults.is_empty(), "{sound:?}");
        let text = SOUND
            .replace("status: ok", "status: error")
            .replace("checksum invalid: 0", "checksum invalid: 1");
        let broken = understand(&text, "", Timestamp::UNIX_EPOCH);
        assert!(!broken.is_sound);
        assert!(broken.faults.iter().any(|fault| fault.contains("checksum invalid: 1")), "{broken:?}");
        assert!(!understand("", "", Timestamp::UNIX_EPOCH).is_sound, "silence is no praise");
    }
}
