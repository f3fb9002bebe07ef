//! Copies the local archive on to S3, segment by segment and in the order of the WAL.
//!
//! One that cannot be copied does not hold up the others: it is tried again, less and less often, and told of.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{
    BackupError, Backups,
    archive::Archive,
    info,
    listing::{File, Listing},
    program::{BRIEF, Caller},
    repository::{Place, STANZA, make_folder},
    segment::Segment,
};

/// What is known of the copy.
#[derive(Debug, Default)]
pub(super) struct Shipping {
    /// Nothing until the repository was looked at.
    known: Option<Known>,
    here: Listing,
    failing: BTreeMap<String, Failing>,
}

#[derive(Debug)]
struct Known {
    there: BTreeSet<String>,
    /// Older segments than this are no use there: its oldest backup begins later.
    floor: Option<Segment>,
}

/// A file that could not be copied.
#[derive(Debug)]
struct Failing {
    because: String,
    times: u32,
    /// Calls until it is tried again.
    rest: u32,
}

/// How far the copy is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipped {
    /// Files that were copied now.
    pub copied: u64,
    /// When the newest segment that is there was archived here, of those without a missing one before them.
    pub up_to: Option<Timestamp>,
    /// Files that are still to be copied.
    pub waiting: u64,
    /// Why one of them could not be.
    pub fault: Option<String>,
}

/// Files that one call copies at most, so that what is done is told now and then also while it catches up.
const MOST_AT_ONCE: u64 = 100;
/// One that cannot be copied is left alone for so many calls at most.
const LONGEST_REST: u32 = 256;
/// After so many that could not be copied it is not they.
const MOST_FAULTS_AT_ONCE: usize = 3;

impl Backups {
    /// Copies what S3 lacks. Does nothing without S3.
    ///
    /// # Errors
    /// S3 cannot be reached, or nothing can be put there. What was copied stays, and the next call goes on after it.
    pub async fn ship(&self) -> Result<Shipped, BackupError> {
        let Some(off_machine) = &self.shared.off_machine else { return Ok(Shipped::default()) };
        let mut shipping = self.shared.shipping.lock().await;
        let shipping = &mut *shipping;
        let here = self.look_here(&mut shipping.here).await?;
        let known = match shipping.known.take() {
            Some(known) => known,
            None => Known::learn(off_machine, &here).await?,
        };
        let known = shipping.known.insert(known);
        let (mut copied, mut faults) = (0, Vec::new());
        shipping.failing.retain(|name, _| here.iter().any(|file| file.name == *name));
        for file in here.iter().filter(|file| known.lacks(&file.name)).collect::<Vec<_>>() {
            if copied == MOST_AT_ONCE {
                break;
            }
            if let Some(failing) = shipping.failing.get_mut(&file.name)
                && failing.rest > 0
            {
                failing.rest -= 1;
                continue;
            }
            match self.copy(off_machine, &file.name).await {
                Ok(()) => {
                    known.there.insert(file.name.clone());
                    shipping.failing.remove(&file.name);
                    copied += 1;
                }
                Err(error @ (BackupError::Unreachable { .. } | BackupError::Refused { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    let times = shipping.failing.get(&file.name).map_or(0, |failing| failing.times) + 1;
                    let rest = 1_u32.checked_shl(times).unwrap_or(LONGEST_REST).min(LONGEST_REST);
                    let failing = Failing { because: error.to_string(), times, rest };
                    shipping.failing.insert(file.name.clone(), failing);
                    faults.push(error);
                }
            }
            if faults.len() == MOST_FAULTS_AT_ONCE && copied == 0 {
                return faults.pop().map_or_else(|| Ok(Shipped::default()), Err);
            }
        }
        let fault = shipping.failing.iter().next();
        let fault = fault.map(|(name, failing)| format!("{name}: {}", failing.because));
        Ok(Shipped { copied, fault, ..known.compare(&here) })
    }

    async fn look_here(&self, listing: &mut Listing) -> Result<Vec<File>, BackupError> {
        let Place::Folder(repository) = &self.shared.local.repository.place else { return Ok(Vec::new()) };
        let archive = repository.join("archive").join(STANZA);
        let mut looking = std::mem::take(listing);
        #[expect(
            clippy::disallowed_methods,
            reason = "compared with the times of folders, which are the machine's"
        )]
        let now = std::time::SystemTime::now();
        let looked = spawn_blocking(move || (looking.look(&archive, now), looking)).await;
        let (here, seen) = looked.map_err(|_| BackupError::Abandoned)?;
        *listing = seen;
        Ok(here)
    }

    /// Forgets what is known of the copy, so that the next call looks again.
    pub async fn look_again_at_s3(&self) {
        let mut shipping = self.shared.shipping.lock().await;
        shipping.known = None;
        // What could not be copied into what was there may well be into what is there now.
        shipping.failing.clear();
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

    fn lacks(&self, name: &str) -> bool {
        !self.there.contains(name) && !self.is_of_no_use(name)
    }

    fn is_of_no_use(&self, name: &str) -> bool {
        // A later timeline may begin before it.
        Segment::parse(name).zip(self.floor).is_some_and(|(segment, floor)| {
            segment.timeline <= floor.timeline && segment.number < floor.number
        })
    }

    /// How far it is behind what is here.
    fn compare(&self, here: &[File]) -> Shipped {
        let waiting = here.iter().filter(|file| self.lacks(&file.name)).count() as u64;
        let whole = here.iter().take_while(|file| !self.lacks(&file.name));
        let segments =
            whole.filter(|file| self.there.contains(&file.name) && Segment::parse(&file.name).is_some());
        let up_to = segments.filter_map(|file| file.archived_at).max();
        Shipped { up_to, waiting, ..Shipped::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(there: &[&str]) -> Known {
        let there = there.iter().map(|name| (*name).to_owned()).collect();
        Known { there, floor: Segment::parse("000000010000000000000005") }
    }

    #[test]
    fn what_no_backup_there_can_use_stays_here() {
        let known = known(&[]);
        assert!(!known.lacks("000000010000000000000004"));
        for use_ in ["000000010000000000000005", "000000020000000000000004", "00000002.history"] {
            assert!(known.lacks(use_), "{use_}");
        }
    }

    #[test]
    fn the_copy_is_as_far_as_nothing_is_missing_before_it() {
        let here: Vec<File> = (4..8)
            .map(|number| File {
                name: Segment { timeline: 1, number }.to_string(),
                archived_at: Timestamp::from_second(1_800_000_000 + i64::try_from(number).unwrap()).ok(),
            })
            .collect();
        let compared = |there: &[&str]| known(there).compare(&here);
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).ok();
        let [five, six, seven] =
            ["000000010000000000000005", "000000010000000000000006", "000000010000000000000007"];
        assert_eq!((compared(&[]).waiting, compared(&[]).up_to), (3, None));
        let hole = compared(&[five, seven]);
        assert_eq!((hole.waiting, hole.up_to), (1, at(5)));
        let whole = compared(&[five, six, seven]);
        assert_eq!((whole.waiting, whole.up_to), (0, at(7)));
    }
}
