//! The backups in a repository, as `pgbackrest info` tells them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    BackupError,
    program::{BRIEF, Caller},
    segment::{Lsn, Segment},
};

/// The annotation that says since when a backup's timeline is the living one. History files do not say it, and the time
/// of a file does not survive a copy.
pub(super) const SINCE: &str = "ella-timeline-since";

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Its name.
    pub label: String,
    /// `full`, `diff` or `incr`.
    pub kind: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended: nothing earlier can be restored from it.
    pub ended_at: Timestamp,
    /// Bytes of the database at that time.
    pub database_bytes: u64,
    /// Bytes that it added to the repository.
    pub repository_bytes: u64,
    /// The timeline that it was taken on.
    pub timeline: u32,
    /// Pages whose checksum was wrong.
    pub has_bad_pages: bool,
    #[serde(skip)]
    pub(super) first_segment: Segment,
    #[serde(skip)]
    pub(super) end: Lsn,
    #[serde(skip)]
    pub(super) timeline_since: Option<Timestamp>,
}

/// What a repository holds.
#[derive(Debug)]
pub(super) struct Listed {
    /// Oldest first.
    pub(super) backups: Vec<Backup>,
    /// The number that PostgreSQL gave the database when it was made; each has another.
    pub(super) system: Option<u64>,
}

#[derive(Deserialize)]
struct Stanza {
    backup: Vec<RawBackup>,
    #[serde(default)]
    db: Vec<RawDatabase>,
    repo: Vec<RawRepository>,
}

#[derive(Deserialize)]
struct RawDatabase {
    id: u32,
    #[serde(rename = "system-id")]
    system: u64,
}

#[derive(Deserialize)]
struct RawRepository {
    status: RawStatus,
}

#[derive(Deserialize)]
struct RawStatus {
    code: u32,
    message: String,
}

#[derive(Deserialize)]
struct RawBackup {
    #[serde(default)]
    annotation: std::collections::BTreeMap<String, String>,
    archive: RawRange,
    #[serde(default)]
    error: Option<bool>,
    info: RawInfo,
    label: String,
    lsn: RawRange,
    timestamp: RawTimes,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct RawRange {
    start: Option<String>,
    stop: Option<String>,
}

#[derive(Deserialize)]
struct RawInfo {
    size: u64,
    repository: RawSize,
}

#[derive(Deserialize)]
struct RawSize {
    delta: u64,
}

#[derive(Deserialize)]
struct RawTimes {
    start: i64,
    stop: i64,
}

/// pgBackRest's codes for a repository that is there.
const OK: u32 = 0;
const MISSING: u32 = 1;
const NO_BACKUPS: u32 = 2;

/// The backups in a repository, oldest first.
pub(super) async fn backups(caller: &Caller) -> Result<Vec<Backup>, BackupError> {
    Ok(listed(caller).await?.backups)
}

/// The backups in a repository, and whose they are.
pub(super) async fn listed(caller: &Caller) -> Result<Listed, BackupError> {
    let said = caller.call("list the backups", &["info", "--output=json"], BRIEF).await?;
    parse(&said.text, caller.name(), &caller.repository.describe())
}

fn parse(text: &str, repository: &'static str, place: &str) -> Result<Listed, BackupError> {
    let doing = "list the backups";
    let garbled = |because: String| BackupError::Failed { doing, repository, because };
    // What cannot be decrypted is quoted as it is, control characters and all.
    let text = text.replace(char::is_control, " ");
    let stanzas: Vec<Stanza> = serde_json::from_str(&text).map_err(|error| garbled(error.to_string()))?;
    let empty = || BackupError::Empty {
        repository,
        place: place.to_owned(),
        advice: "Check the place, or wait for the first backup",
    };
    let stanza = stanzas.into_iter().next().ok_or_else(empty)?;
    if let Some(RawRepository { status }) = stanza.repo.first() {
        match status.code {
            OK | NO_BACKUPS => {}
            MISSING => return Err(empty()),
            _ => return Err(BackupError::of(doing, repository, place, &status.message)),
        }
    }
    let mut backups: Vec<Backup> = stanza.backup.into_iter().filter_map(understand).collect();
    backups.sort_by_key(|backup| backup.ended_at);
    let system = stanza.db.iter().max_by_key(|database| database.id).map(|database| database.system);
    Ok(Listed { backups, system })
}

/// A backup whose end is not known is of no use.
fn understand(raw: RawBackup) -> Option<Backup> {
    Some(Backup {
        started_at: Timestamp::from_second(raw.timestamp.start).ok()?,
        ended_at: Timestamp::from_second(raw.timestamp.stop).ok()?,
        database_bytes: raw.info.size,
        repository_bytes: raw.info.repository.delta,
        has_bad_pages: raw.error.unwrap_or(false),
        timeline: Segment::parse(raw.archive.stop.as_deref()?)?.timeline,
        first_segment: Segment::parse(raw.archive.start.as_deref()?)?,
        end: Lsn::parse(raw.lsn.stop.as_deref()?)?,
        timeline_since: raw.annotation.get(SINCE).and_then(|since| since.parse().ok()),
        label: raw.label,
        kind: raw.kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"[{"archive":[],"backup":[{"annotation":{"ella-timeline-since":"2026-11-22T10:00:00Z"},
        "archive":{"start":"000000020000000000000002","stop":"000000020000000000000003"},"error":false,
        "info":{"delta":5,"repository":{"delta":2840320,"size":2840320},"size":22992374},"label":"20261125-071222F",
        "lsn":{"start":"0/2000028","stop":"0/3000100"},"timestamp":{"start":1795590742,"stop":1795590744},
        "type":"full"}],"db":[{"id":1,"repo-key":1,"system-id":7576543210987654321,"version":"15"}],"repo":[{"key":1,"status":{"code":0,"message":"ok"}}]}]"#;

    #[test]
    fn a_backup_is_understood() {
        let Listed { backups, system } = parse(ONE, "local", "/r").unwrap();
        assert_eq!(system, Some(7_576_543_210_987_654_321));
        let backup = &backups[0];
        assert_eq!((backup.kind.as_str(), backup.timeline, backup.database_bytes), ("full", 2, 22_992_374));
        assert_eq!(backup.end, Lsn(0x300_0100));
        assert_eq!(backup.timeline_since, "2026-11-22T10:00:00Z".parse().ok());
    }

    #[test]
    fn a_repository_that_cannot_be_read_is_no_empty_one() {
        let with = |code: u32, message: &str| {
            let text =
                ONE.replace(r#""code":0,"message":"ok""#, &format!(r#""code":{code},"message":"{message}""#));
            parse(&text, "S3", "s3://x").map(|listed| listed.backups.len()).map_err(|error| error.to_string())
        };
        assert_eq!(with(2, "no valid backups"), Ok(1));
        assert!(with(1, "missing stanza path").unwrap_err().contains("no backup"));
        assert!(with(99, "[HostConnectError] unable to connect").unwrap_err().contains("cannot be reached"));
        let garbled = with(99, "[FormatError] key/value found outside of section at line 1: \u{1}\r");
        assert!(garbled.unwrap_err().contains("another recovery key"));
        assert!(parse("", "S3", "s3://x").is_err());
    }
}
