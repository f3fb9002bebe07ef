//! Copies the local archive on to S3, segment by segment and in order.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    BackupError, Backups,
    archive::{Archive, is_unfinished},
    info,
    program::{BRIEF, Caller},
    repository::{Place, STANZA, make_folder},
    segment::Segment,
};

/// What is known of the copy.
#[derive(Debug, Default)]
pub(super) struct Shipping {
    /// Nothing until the repository was looked at.
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    there: BTreeSet<String>,
    /// Older segments than this are no use there: its oldest backup begins later.
    floor: Option<Segment>,
}

/// How far the copy is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shipped {
    /// Files that were copied now.
    pub copied: u64,
    /// When the newest segment that is there was archived here.
    pub up_to: Option<Timestamp>,
}

impl Backups {
    /// Copies what S3 lacks. Does nothing without S3.
    ///
    /// # Errors
    /// S3 cannot be reached. What was copied stays, and the next call goes on after it.
    pub async fn ship(&self) -> Result<Shipped, BackupError> {
        let Some(off_machine) = &self.shared.off_machine else { return Ok(Shipped::default()) };
        let mut shipping = self.shared.shipping.lock().await;
        let Place::Folder(repository) = &self.shared.local.repository.place else {
            return Ok(Shipped::default());
        };
        let here = files_in(&repository.join("archive").join(STANZA));
        let known = match shipping.known.take() {
            Some(known) => known,
            None => Known::learn(off_machine, &here).await?,
        };
        let known = shipping.known.insert(known);
        let mut shipped = Shipped::default();
        for file in &here {
            if !known.there.contains(&file.name) {
                if known.is_of_no_use(&file.name) {
                    continue;
                }
                self.copy(off_machine, &file.name).await?;
                known.there.insert(file.name.clone());
                shipped.copied += 1;
            }
            if Segment::parse(&file.name).is_some() {
                shipped.up_to = shipped.up_to.max(file.archived_at);
            }
        }
        Ok(shipped)
    }

    /// Forgets what is known of the copy, so that the next call looks again.
    pub async fn look_again_at_s3(&self) {
        self.shared.shipping.lock().await.known = None;
    }

    async fn copy(&self, off_machine: &Caller, name: &str) -> Result<(), BackupError> {
        let folder = self.shared.folder.join("shipping");
        make_folder(&folder, &self.shared.run_as)?;
        let file = folder.join(name);
        let Some(path) = file.to_str() else { return Ok(()) };
        // A file of that name may be left from a copy that was interrupted.
        let _ = fs::remove_file(&file);
        let fetch = ["archive-get", name, path];
        self.shared.local.call("read from the archive", &fetch, BRIEF).await?;
        let pushed = off_machine.call("copy the archive", &["archive-push", path], BRIEF).await;
        let _ = fs::remove_file(&file);
        pushed.map(drop)
    }
}

impl Known {
    async fn learn(off_machine: &Caller, here: &[File]) -> Result<Self, BackupError> {
        let archive = Archive::list(off_machine).await?;
        let segments = archive.segments.iter().flat_map(|(timeline, numbers)| {
            numbers.iter().map(|number| Segment { timeline: *timeline, number: *number }.to_string())
        });
        let histories = archive.histories.keys().map(|timeline| format!("{timeline:08X}.history"));
        let there = segments.chain(histories).collect();
        let backups = info::backups(off_machine).await?;
        let newest_here = || here.iter().filter_map(|file| Segment::parse(&file.name)).max();
        let floor = backups.iter().map(|backup| backup.first_segment).min().or_else(newest_here);
        Ok(Self { there, floor })
    }

    fn is_of_no_use(&self, name: &str) -> bool {
        // A later timeline may begin before it.
        Segment::parse(name).zip(self.floor).is_some_and(|(segment, floor)| {
            segment.timeline <= floor.timeline && segment.number < floor.number
        })
    }
}

#[derive(Debug)]
struct File {
    name: String,
    archived_at: Option<Timestamp>,
}

/// Segments and histories in a local archive, histories first and then in the order of the WAL.
fn files_in(archive: &Path) -> Vec<File> {
    let inside = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let versions = inside(archive.to_owned()).map(|entry| entry.path()).filter(|path| path.is_dir());
    let mut files: Vec<File> = versions
        .flat_map(|version| {
            let folders: Vec<PathBuf> = inside(version.clone()).map(|entry| entry.path()).collect();
            folders.into_iter().filter(|path| path.is_dir()).chain([version]).collect::<Vec<_>>()
        })
        .flat_map(inside)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| !is_unfinished(name))?;
            let segment = name.split_once('-').map(|(segment, _)| segment);
            let segment = segment.filter(|segment| Segment::parse(segment).is_some());
            let name = segment.or_else(|| name.ends_with(".history").then_some(name.as_str()))?;
            let archived_at =
                entry.metadata().ok().and_then(|file| Timestamp::try_from(file.modified().ok()?).ok());
            Some(File { name: name.to_owned(), archived_at })
        })
        .collect();
    files.sort_by_key(|file| (Segment::parse(&file.name), file.name.clone()));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::Folder;

    #[test]
    fn an_archive_is_read_in_the_order_of_the_wal() {
        let folder = Folder::new("ship");
        let version = folder.path().join("15-1");
        for file in [
            "0000000100000000/000000010000000000000002-aa.zst",
            "0000000100000000/000000010000000000000001-bb.zst",
            "0000000100000000/000000010000000000000002.00000028.backup",
            "0000000100000000/000000010000000000000003-cc.zst.pgbackrest.tmp",
            "00000002.history",
        ] {
            let path = version.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let names: Vec<String> = files_in(folder.path()).into_iter().map(|file| file.name).collect();
        assert_eq!(names, ["00000002.history", "000000010000000000000001", "000000010000000000000002"]);
    }

    #[test]
    fn what_no_backup_there_can_use_stays_here() {
        let floor = Segment::parse("000000010000000000000005");
        let known = Known { there: BTreeSet::new(), floor };
        assert!(known.is_of_no_use("000000010000000000000004"));
        for use_ in ["000000010000000000000005", "000000020000000000000004", "00000002.history"] {
            assert!(!known.is_of_no_use(use_), "{use_}");
        }
    }
}
