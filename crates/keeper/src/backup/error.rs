use std::{io, path::PathBuf};

use crate::StartError;

/// Why a backup, a check or a restore did not succeed. Each is a sentence on what is wrong and one on what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields' meaning stands in the sentences they are part of")]
pub enum BackupError {
    /// A setting that cannot be used.
    #[error("{name} cannot be used: {because}.")]
    Setting { name: &'static str, because: String },

    /// pgBackRest is not there.
    #[error(
        "pgBackRest is not installed, and backups need it. Install it (Debian and Ubuntu: apt-get install pgbackrest), \
         or switch backups off with ELLA_BACKUPS=off."
    )]
    NotInstalled,

    /// pgBackRest is older than this PostgreSQL.
    #[error(
        "The installed pgBackRest {pgbackrest} knows PostgreSQL up to {newest} only, and this database is of \
         {postgres}. Install a newer pgBackRest."
    )]
    TooOld { pgbackrest: String, newest: u32, postgres: u32 },

    /// PostgreSQL, or a file around it.
    #[error(transparent)]
    Postgres(#[from] StartError),

    /// pgBackRest failed, and we can do no better than repeat it.
    #[error("Could not {doing} ({repository} repository): {because}.")]
    Failed { doing: &'static str, repository: &'static str, because: String },

    /// The repository was encrypted with another key.
    #[error(
        "The {repository} repository cannot be decrypted: it was made with another recovery key. Put the right one \
         into the data folder (recovery.key), or set it as ELLA_RECOVERY_KEY."
    )]
    WrongKey { repository: &'static str },

    /// The repository's place cannot be reached.
    #[error(
        "The {repository} repository cannot be reached: {because}. Check the network and the address in \
         ELLA_BACKUP_S3, and run this again."
    )]
    Unreachable { repository: &'static str, because: String },

    /// The repository's place does not let us in.
    #[error(
        "The {repository} repository refuses us: {because}. Check the bucket in ELLA_BACKUP_S3, and AWS_ACCESS_KEY_ID \
         and AWS_SECRET_ACCESS_KEY."
    )]
    Refused { repository: &'static str, because: String },

    /// There is nothing in the repository.
    #[error("There is no backup in the {repository} repository ({place}). {advice}.")]
    Empty { repository: &'static str, place: String, advice: &'static str },

    /// The repository belongs to another database.
    #[error(
        "The {repository} repository ({place}) holds the backups of another database, or, after pg_upgrade, of this one as it \
         was. If that one is to come back, run: ella restore --to latest --from {}. If not, give this one a place of its own \
         (ELLA_BACKUP_S3), or move that one away: a new one is made within a minute, and that one still serves with --from \
         FOLDER.", repository.to_lowercase()
    )]
    OtherDatabase { repository: &'static str, place: String },

    /// Nobody but a person can say which is meant.
    #[error(
        "There are two databases to choose from: in the local repository {local}, and in the S3 repository {off_machine}. \
         Say which is to come back, with --from s3 or --from local (or --from FOLDER, for a copy of a repository). Nothing \
         was changed."
    )]
    TwoDatabases { local: String, off_machine: String },

    /// A file of the repository is damaged or missing.
    #[error(
        "The {repository} repository is damaged or was not copied whole: {because}. Copy it again, or restore from \
         another one (--from s3, --from local or --from FOLDER)."
    )]
    Damaged { repository: &'static str, because: String },

    /// The moment lies before everything that can be restored.
    #[error(
        "Nothing from before {first} can be restored: the first backup ended then, and {asked} is earlier."
    )]
    TooEarly { asked: String, first: String },

    /// The moment lies in the future.
    #[error("{asked} has not come yet. Give a moment in the past, or latest.")]
    TooLate { asked: String },

    /// WAL is missing between the backup and the moment.
    #[error(
        "The archive has a gap: {missing} is missing, so nothing after {reached} can be restored from this backup. To \
         take what there is before the gap, run: ella restore --to \"{reached}\"{later}."
    )]
    Gap { missing: String, reached: String, later: String },

    /// Not enough room.
    #[error(
        "The disk that holds {} has {free_mib} MiB free, and this needs about {needed_mib} MiB. Free some space and run \
         this again. Nothing was changed.", folder.display()
    )]
    NoRoom { folder: PathBuf, free_mib: u64, needed_mib: u64 },

    /// A check of what was restored failed.
    #[error("What was restored is not sound: {because}. The living data were not touched.")]
    Unsound { because: String },

    /// The server is needed and does not answer, or must not run and does.
    #[error("{0}")]
    Server(String),

    /// Another run is at the same work.
    #[error("Another {doing} is at work on the {repository} repository. Wait for its end.")]
    Busy { doing: &'static str, repository: &'static str },

    /// It took too long.
    #[error("It took longer than {minutes} minutes to {doing} ({repository} repository), and was given up.")]
    TooSlow { doing: &'static str, repository: &'static str, minutes: u64 },

    /// The caller gave up.
    #[error("It was given up. Run it again.")]
    Abandoned,
}

impl BackupError {
    pub(super) fn file(doing: &'static str, path: &std::path::Path, because: io::Error) -> Self {
        StartError::file(doing, path, because).into()
    }

    /// What pgBackRest's words mean, as far as we can do better than repeat them.
    pub(super) fn of(doing: &'static str, repository: &'static str, place: &str, words: &str) -> Self {
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        let because = sentence(words);
        if says(&["No space left on device", "Disk quota exceeded"]) {
            return StartError::disk_full(std::path::Path::new(place)).into();
        }
        if says(&["do not match the database", "not match the stanza", "is the correct stanza"]) {
            return Self::OtherDatabase { repository, place: place.to_owned() };
        }
        if says(&[
            "key/value found outside of section",
            "CryptoError",
            "[CipherError]",
            "cipher header invalid",
        ]) || says(&["unable to flush"]) && says(&["ecrypt"])
        {
            return Self::WrongKey { repository };
        }
        if says(&["HostConnectError", "unable to get address", "unable to connect", "timeout connecting"])
            || says(&["unable to verify certificate", "certificate"])
        {
            return Self::Unreachable { repository, because };
        }
        if says(&[
            "AccessDenied",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "NoSuchBucket",
            "HTTP request failed with 403",
        ]) {
            return Self::Refused { repository, because };
        }
        if says(&["missing stanza path", "no backup set found", "no prior backup", "missing stanza data"]) {
            let advice = "Check the place, or wait for the first backup";
            return Self::Empty { repository, place: place.to_owned(), advice };
        }
        if says(&["unable to acquire lock", "another pgBackRest process"]) {
            return Self::Busy { doing: "run", repository };
        }
        if says(&[
            "ChecksumError",
            "FormatError",
            "unable to open missing file",
            "FileMissingError",
            "unable to decompress",
        ]) {
            return Self::Damaged { repository, because };
        }
        Self::Failed { doing, repository, because }
    }
}

/// The first line that says something, without what pgBackRest puts before it and without what no log should get.
fn sentence(words: &str) -> String {
    let line = words
        .lines()
        .find(|line| line.contains("ERROR:"))
        .or_else(|| words.lines().find(|line| !line.trim().is_empty()))
        .unwrap_or("it ended without a word");
    let line = line.split_once("ERROR:").map_or(line, |(_, rest)| rest).trim();
    let line = line.strip_prefix('[').and_then(|rest| rest.split_once("]:")).map_or(line, |(_, rest)| rest);
    // A file that cannot be decrypted is quoted as it is.
    let line = line.split(" at line ").next().unwrap_or(line);
    let clean: String = line.chars().filter(|c| !c.is_control() && *c != '\u{fffd}').take(300).collect();
    clean.trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_advice() {
        for (words, part) in [
            (
                "ERROR: [056]: unable to get address for 'x': [-2] Name or service not known",
                "cannot be reached",
            ),
            (
                "ERROR: [029]: FormatError: key/value found outside of section at line 1: \u{1}\u{fffd}",
                "another recovery key",
            ),
            ("ERROR: [039]: HTTP request failed with 403 (Forbidden)", "AWS_ACCESS_KEY_ID"),
            (
                "ERROR: [028]: backup and archive info files exist but do not match the database",
                "another database",
            ),
            ("ERROR: [075]: no backup set found to restore", "no backup"),
            ("ERROR: [099]: something new", "something new."),
        ] {
            let sentence = BackupError::of("look", "S3", "/tmp", words).to_string();
            assert!(sentence.contains(part) && !sentence.contains('\u{fffd}'), "{sentence}");
        }
    }
}
