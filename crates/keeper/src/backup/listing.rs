//! What lies in a local archive. It holds thousands of files and is looked at every few seconds: a folder is read
//! again only after something came or went in it.

use std::{
    collections::BTreeMap,
    fs::{self, DirEntry},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

use super::{archive::is_unfinished, segment::Segment};

/// A segment or a history in the archive.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) archived_at: Option<Timestamp>,
}

/// The archive as it was seen last.
#[derive(Debug, Default)]
pub(super) struct Listing {
    folders: BTreeMap<PathBuf, Folder>,
}

#[derive(Debug)]
struct Folder {
    changed: Option<SystemTime>,
    files: Vec<File>,
}

/// A folder that changed so short a time ago may change again with the same time.
const UNSETTLED: Duration = Duration::from_secs(2);

impl Listing {
    /// Segments and histories in an archive, histories first and then in the order of the WAL. It blocks.
    pub(super) fn look(&mut self, archive: &Path, now: SystemTime) -> Vec<File> {
        let versions = folders_in(archive);
        let all: Vec<PathBuf> = versions
            .into_iter()
            .flat_map(|version| folders_in(&version).into_iter().chain([version]).collect::<Vec<_>>())
            .collect();
        self.folders.retain(|folder, _| all.contains(folder));
        for folder in all {
            let changed = fs::metadata(&folder).and_then(|folder| folder.modified()).ok();
            let has_settled = changed
                .is_some_and(|changed| now.duration_since(changed).is_ok_and(|since| since > UNSETTLED));
            if has_settled && self.folders.get(&folder).is_some_and(|known| known.changed == changed) {
                continue;
            }
            let files = entries(&folder).filter_map(|entry| file(&entry)).collect();
            // A time that may stay the same is not remembered.
            self.folders.insert(folder, Folder { changed: changed.filter(|_| has_settled), files });
        }
        let mut files: Vec<File> = self.folders.values().flat_map(|folder| &folder.files).cloned().collect();
        files.sort_by_cached_key(|file| (Segment::parse(&file.name), file.name.clone()));
        files
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    entries(folder).map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn file(entry: &DirEntry) -> Option<File> {
    let name = entry.file_name().into_string().ok().filter(|name| !is_unfinished(name))?;
    let segment = name.split_once('-').map(|(segment, _)| segment);
    let segment = segment.filter(|segment| Segment::parse(segment).is_some());
    let name = segment.or_else(|| name.ends_with(".history").then_some(name.as_str()))?;
    let archived_at = entry.metadata().ok().and_then(|file| Timestamp::try_from(file.modified().ok()?).ok());
    Some(File { name: name.to_owned(), archived_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests;

    fn put(version: &Path, file: &str) {
        let path = version.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    fn names(listing: &mut Listing, archive: &Path, now: SystemTime) -> Vec<String> {
        listing.look(archive, now).into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn an_archive_is_read_in_the_order_of_the_wal() {
        let folder = tests::Folder::new("ship");
        let version = folder.path().join("15-1");
        for file in [
            "0000000100000000/000000010000000000000002-aa.zst",
            "0000000100000000/000000010000000000000001-bb.zst",
            "0000000100000000/000000010000000000000002.00000028.backup",
            "0000000100000000/000000010000000000000003-cc.zst.pgbackrest.tmp",
            "00000002.history",
        ] {
            put(&version, file);
        }
        let read = names(&mut Listing::default(), folder.path(), SystemTime::UNIX_EPOCH);
        assert_eq!(read, ["00000002.history", "000000010000000000000001", "000000010000000000000002"]);
    }

    #[test]
    fn what_comes_and_goes_is_seen_and_nothing_else_is_read_again() {
        let folder = tests::Folder::new("listing");
        let version = folder.path().join("15-1");
        let later = fs::metadata(folder.path()).unwrap().modified().unwrap() + Duration::from_mins(1);
        let inside = version.join("0000000100000000");
        let mut listing = Listing::default();
        put(&inside, "000000010000000000000001-aa.zst");
        assert_eq!(names(&mut listing, folder.path(), later), ["000000010000000000000001"]);
        let settled = |changed: SystemTime| {
            fs::File::open(&inside).unwrap().set_modified(changed).unwrap();
        };
        settled(later - Duration::from_secs(30));
        names(&mut listing, folder.path(), later);
        // Behind its back, with the folder's time set back: not read again.
        put(&inside, "000000010000000000000002-aa.zst");
        settled(later - Duration::from_secs(30));
        assert_eq!(names(&mut listing, folder.path(), later).len(), 1);
        // The time says that something came.
        settled(later - Duration::from_secs(29));
        assert_eq!(names(&mut listing, folder.path(), later).len(), 2);
        // A folder that has not settled is read each time.
        settled(later);
        names(&mut listing, folder.path(), later);
        put(&inside, "000000010000000000000003-aa.zst");
        settled(later);
        assert_eq!(names(&mut listing, folder.path(), later).len(), 3);
        fs::remove_dir_all(&inside).unwrap();
        assert!(names(&mut listing, folder.path(), later).is_empty());
    }
}
