//! Runs pgBackRest: as PostgreSQL's user, at low priority, with a deadline.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{
    BackupError,
    meter::Gauge,
    repository::{Cluster, Place, Repository, STANZA},
};
use crate::{
    Version,
    postgres::{
        run_as::RunAs,
        tool::{ask, run_listening},
        version::{newest_for_pgbackrest, parse},
    },
};

/// Lists and single files: long for a slow network.
pub(super) const BRIEF: Duration = Duration::from_mins(2);
/// Backups, restores and verifications.
pub(super) const LONG: Duration = Duration::from_hours(12);

/// The installed pgBackRest.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) version: Version,
    pub(super) run_as: RunAs,
    /// How far what it does is.
    pub(super) gauge: Gauge,
}

/// pgBackRest with one repository and one cluster.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) program: Program,
    pub(super) repository: Repository,
    pub(super) cluster: Cluster,
    configuration: PathBuf,
}

impl Program {
    pub(super) fn find(run_as: RunAs) -> Result<Self, BackupError> {
        let folders = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        let path = std::env::split_paths(&folders)
            .map(|folder| folder.join("pgbackrest"))
            .find(|path| path.is_absolute() && path.is_file())
            .ok_or(BackupError::NotInstalled)?;
        let version = ask(Command::new(&path).arg("version")).as_deref().and_then(parse);
        let version = version.ok_or(BackupError::NotInstalled)?;
        Ok(Self { path, version, run_as, gauge: Gauge::default() })
    }

    /// Refuses a PostgreSQL that is newer than this pgBackRest.
    pub(super) fn knows(&self, postgres: u32) -> Result<(), BackupError> {
        match newest_for_pgbackrest(self.version) {
            Some(newest) if postgres > newest => {
                Err(BackupError::TooOld { pgbackrest: self.version.to_string(), newest, postgres })
            }
            _ => Ok(()),
        }
    }
}

impl Caller {
    /// Writes the configuration into `folder`; locks and the like go into `work`.
    pub(super) fn new(
        program: Program,
        repository: Repository,
        cluster: Cluster,
        folder: &Path,
        work: &Path,
    ) -> Result<Self, BackupError> {
        let configuration = repository.configure(&cluster, folder, work, &program.run_as)?;
        Ok(Self { program, repository, cluster, configuration })
    }

    pub(super) fn name(&self) -> &'static str {
        self.repository.name()
    }

    /// A call as a line for a shell, for PostgreSQL's `archive_command` and `restore_command`.
    pub(super) fn shell_line(&self, rest: &str) -> String {
        // PostgreSQL replaces what follows a %.
        let quoted = |path: &Path| {
            format!("'{}'", path.display().to_string().replace('\'', r"'\''")).replace('%', "%%")
        };
        format!(
            "{} --config={} --stanza={STANZA} {rest}",
            quoted(&self.program.path),
            quoted(&self.configuration)
        )
    }

    /// Runs a command of pgBackRest to its end; what it printed, and its warnings. Dropping the future ends it.
    pub(super) async fn call(
        &self,
        doing: &'static str,
        arguments: &[&str],
        deadline: Duration,
    ) -> Result<Said, BackupError> {
        if let Place::S3(s3) = &self.repository.place {
            s3.answers().await?;
        }
        let mut command = self.program.run_as.command("nice", "TERM");
        command.args(["-n", "10"]).arg(&self.program.path);
        command.arg(format!("--config={}", self.configuration.display())).arg(format!("--stanza={STANZA}"));
        command.args(arguments);
        let measuring = self.program.gauge.measure(arguments, &mut command);
        let given_up = CancellationToken::new();
        let _give_up_on_drop = given_up.clone().drop_guard();
        let waiting = given_up.clone();
        let heard = move |line: &[u8]| measuring.read(line);
        let output = spawn_blocking(move || run_listening(&mut command, deadline, &waiting, heard))
            .await
            .map_err(|_| BackupError::Abandoned)?
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::TimedOut => {
                    BackupError::TooSlow { doing, repository: self.name(), minutes: deadline.as_secs() / 60 }
                }
                std::io::ErrorKind::NotFound => BackupError::NotInstalled,
                _ => BackupError::file("run", &self.program.path, error),
            })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = Said { text: text(&output.stdout), warnings: text(&output.stderr) };
        if output.status.success() {
            return Ok(said);
        }
        let words = format!("{}\n{}", said.warnings, said.text);
        let place = self.repository.describe();
        let error = BackupError::of(doing, self.name(), &place, &words);
        Err(error.or_a_full_disk([&self.cluster.folder, Path::new(&place)]))
    }
}

/// What pgBackRest said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) warnings: String,
}
