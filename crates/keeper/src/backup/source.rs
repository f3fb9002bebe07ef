//! Where a restore comes from: the repositories that could be meant, and the ways out of them.

use std::{fs, path::Path, time::Duration};

use jiff::Timestamp;
use tokio::time::timeout;

use super::{
    BackupError, Backups, Copy, Progress, Source, Target,
    info::{self, Listed},
    leftovers::FOR,
    plan::{Plan, show},
    program::Caller,
    repository::{Cluster, Place, Repository, make_folder},
    restore::{How, Restored, remove},
};
use crate::{Secret, Settings, postgres::socket};

/// A repository and the plan that lead to a target.
pub(super) struct Way {
    pub(super) caller: Caller,
    pub(super) plan: Plan,
    /// The number of its database.
    pub(super) system: Option<u64>,
}

/// Where a restore is to end.
pub(super) struct End<'a> {
    pub(super) scratch: &'a Path,
    pub(super) keep: bool,
    pub(super) parameters: &'a [(&'static str, &'static str)],
}

/// How long S3 is waited for when the local repository is there: a machine without network must come back too.
const S3_PATIENCE: Duration = Duration::from_secs(30);

type Seen = Result<(Caller, Listed), BackupError>;

impl Backups {
    /// The ways that lead to a target, best first: out of what is given, else out of the local repository and S3.
    ///
    /// # Errors
    /// There is none, or the repositories are of two databases and nobody has said which is meant.
    pub(super) async fn ways_to(
        &self,
        source: Option<&Source>,
        target: Target,
        scratch: &Path,
        base: &Settings,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Vec<Way>, BackupError> {
        let own = self.own(base).await;
        let mut seen = Vec::new();
        match source {
            Some(Source::Folder(folder)) => {
                let key: Secret = self.shared.local.repository.key.clone();
                let folder =
                    fs::canonicalize(folder).map_err(|error| BackupError::file("open", folder, error))?;
                let repository = Repository { place: Place::Folder(folder), key, keep_days: 1 };
                seen.push(self.look(repository, scratch).await);
            }
            Some(Source::Repository(copy)) => {
                seen.push(self.look(self.caller(*copy)?.repository.clone(), scratch).await);
            }
            None => {
                seen.push(self.look(self.shared.local.repository.clone(), scratch).await);
                if let Some(off_machine) = &self.shared.off_machine {
                    let looking = self.look(off_machine.repository.clone(), scratch);
                    let looked = if seen[0].is_ok() {
                        let because = format!("it has not answered for {} s", S3_PATIENCE.as_secs());
                        let silent = BackupError::Unreachable { repository: "S3", because };
                        timeout(S3_PATIENCE, looking).await.unwrap_or(Err(silent))
                    } else {
                        looking.await
                    };
                    self.refuse_two_databases(&seen[0], &looked)?;
                    // It may be the one that was meant.
                    if let (Ok(_), Err(error)) = (&seen[0], &looked) {
                        progress(&format!("The S3 repository is left out. {error}"));
                    }
                    seen.push(looked);
                }
            }
        }
        let mut ways = Vec::new();
        let mut first_error: Option<BackupError> = None;
        for seen in seen {
            let way = async {
                let (caller, listed) = seen?;
                let plan = Plan::make(&caller, &listed, own, target, now).await?;
                Ok(Way { caller, plan, system: listed.system })
            };
            match way.await {
                Ok(way) => ways.push(way),
                // The first place that has something to say about our question is the one to quote.
                Err(error) => match &first_error {
                    None | Some(BackupError::Empty { .. }) => first_error = Some(error),
                    Some(_) => {}
                },
            }
        }
        // Another repository may have what is missing in the first.
        ways.sort_by_key(|way| way.plan.gap.is_some());
        if ways.is_empty() { Err(first_error.unwrap_or(BackupError::Abandoned)) } else { Ok(ways) }
    }

    /// On a new machine on which the server was started first the local repository is of an empty database. To restore
    /// that one would look like success.
    fn refuse_two_databases(&self, local: &Seen, off_machine: &Seen) -> Result<(), BackupError> {
        let Ok((_, here)) = local else { return Ok(()) };
        let Some(newest_here) = here.backups.last() else { return Ok(()) };
        let said = |copy, what: &str| format!("({}) {what}", self.place(copy));
        let of = |ended_at| format!("one whose newest backup is of {}", show(ended_at));
        let there = match off_machine {
            Ok((_, there)) => match there.backups.last() {
                Some(newest) if there.system.is_some() && there.system != here.system => of(newest.ended_at),
                _ => return Ok(()),
            },
            Err(BackupError::WrongKey { .. }) => {
                "one with another recovery key (ELLA_RECOVERY_KEY)".to_owned()
            }
            Err(_) => return Ok(()),
        };
        let local = said(Copy::Local, &of(newest_here.ended_at));
        Err(BackupError::TwoDatabases { local, off_machine: said(Copy::OffMachine, &there) })
    }

    /// Restores by the first way that leads there. Of what does not, nothing is left.
    pub(super) async fn restore_by(
        &self,
        ways: Vec<Way>,
        end: &End<'_>,
        base: &Settings,
        progress: &Progress,
    ) -> Result<Restored, BackupError> {
        let mut first_error = None;
        for Way { caller, plan, system } in ways {
            let End { scratch, keep, parameters } = *end;
            let how = How { caller: &caller, plan, scratch, keep, parameters };
            let error = match self.restore(how, base, progress).await {
                Ok(restored) => return Ok(Restored { system, ..restored }),
                Err(error) => error,
            };
            remove(scratch);
            // These would be the same, or are what a person must know.
            let is_final = matches!(error, BackupError::NoRoom { .. } | BackupError::Gap { .. });
            if !is_final {
                progress(&format!("The {} repository could not be restored from: {error}", caller.name()));
            }
            let error = first_error.get_or_insert(error);
            if is_final {
                break;
            }
            tracing::debug!(%error, "another repository is tried, if there is one");
        }
        Err(first_error.unwrap_or(BackupError::Abandoned))
    }

    /// Puts a local repository aside that is not of the database which was restored, or has another key: it would take
    /// neither its WAL nor its backups. A new one is made in its place. The restore is done by now, so nothing here fails.
    pub(super) async fn make_way_in_the_local_repository(
        &self,
        restored: Option<u64>,
        scratch: &Path,
        progress: &Progress,
        now: Timestamp,
    ) {
        let repository = self.shared.local.repository.clone();
        let Place::Folder(folder) = repository.place.clone() else { return };
        let is_in_the_way = match self.look(repository, scratch).await {
            Ok((_, listed)) => listed.system.is_some() && restored.is_some() && listed.system != restored,
            Err(error) => matches!(error, BackupError::WrongKey { .. } | BackupError::OtherDatabase { .. }),
        };
        if !is_in_the_way {
            return;
        }
        let aside = folder.with_file_name(format!("repository.before-{}", now.strftime("%Y%m%dT%H%M%SZ")));
        progress(&match fs::rename(&folder, &aside) {
            Ok(()) => {
                format!("The local repository was of another database: it is kept in {}.", aside.display())
            }
            Err(error) => format!(
                "The local repository is of another database, and could not be put aside: {error}. Move {} away before \
                 you start the server.",
                folder.display()
            ),
        });
    }

    pub(super) async fn way_from(
        &self,
        repository: Repository,
        target: Target,
        scratch: &Path,
        base: &Settings,
        now: Timestamp,
    ) -> Result<(Caller, Plan), BackupError> {
        let (caller, listed) = self.look(repository, scratch).await?;
        let plan = Plan::make(&caller, &listed, self.own(base).await, target, now).await?;
        Ok((caller, plan))
    }

    async fn look(&self, repository: Repository, scratch: &Path) -> Seen {
        self.readable(&repository)?;
        // pgBackRest's own files for this restore lie beside the living one's, so that neither waits for the other.
        let name = scratch.file_name().and_then(|name| name.to_str()).unwrap_or("restore");
        let cluster = Cluster {
            folder: scratch.join("postgres"),
            socket_dir: socket::folder(scratch, &self.shared.run_as),
            port: socket::PORT,
        };
        let folder = self.shared.folder.join(format!("{FOR}{name}"));
        make_folder(&self.shared.folder, &self.shared.run_as)?;
        let caller = Caller::new(self.shared.program.clone(), repository, cluster, &folder, &folder)?;
        let listed = info::listed(&caller).await?;
        Ok((caller, listed))
    }

    /// Refuses a folder that is no repository, or that PostgreSQL's user may not read.
    fn readable(&self, repository: &Repository) -> Result<(), BackupError> {
        let Place::Folder(folder) = &repository.place else { return Ok(()) };
        let info = folder.join("backup").join(super::repository::STANZA).join("backup.info");
        if !info.exists() {
            return Err(BackupError::Empty {
                repository: repository.name(),
                place: repository.describe(),
                advice: "Name the folder that holds `archive` and `backup` (--from FOLDER), or set ELLA_BACKUP_S3",
            });
        }
        let mut test = self.shared.run_as.command("test", "KILL");
        if crate::postgres::tool::ask(test.arg("-r").arg(&info)).is_none() {
            let because = format!(
                "the user {user} may not read it; run: chown -R {user}: {}",
                folder.display(),
                user = self.shared.run_as.name
            );
            return Err(BackupError::Failed {
                doing: "read the backups",
                repository: repository.name(),
                because,
            });
        }
        Ok(())
    }
}
