//! Finds the PostgreSQL to use.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    StartError, Version,
    tool::ask,
    version::{newest_for_pgbackrest, parse},
};

/// What the managed mode relies on (lz4, `%b` in the log, peer maps) is in all of these.
const OLDEST: u32 = 15;

/// A PostgreSQL server on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) dir: PathBuf,
    pub(crate) version: Version,
}

impl Binaries {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn at(dir: &Path) -> Option<Self> {
        if !dir.join("initdb").is_file() {
            return None;
        }
        let version = parse(&ask(Command::new(dir.join("postgres")).arg("-V"))?)?;
        Some(Self { dir: dir.to_owned(), version })
    }
}

/// The PostgreSQL for a cluster made by the given major version, or for a new one.
pub(crate) fn discover(
    setting: Option<&Path>,
    cluster: Option<(&Path, u32)>,
) -> Result<Binaries, StartError> {
    let (found, looked_in): (Vec<_>, _) = match setting {
        Some(dir) => (Binaries::at(dir).into_iter().collect(), dir.display().to_string()),
        None => (
            candidates().iter().filter_map(|dir| Binaries::at(dir)).collect(),
            "pg_config, /usr/lib/postgresql and PATH".to_owned(),
        ),
    };
    if found.is_empty() {
        return Err(StartError::NotInstalled { looked_in, oldest: OLDEST });
    }
    if let Some((folder, made_by)) = cluster {
        return for_cluster(found, folder, made_by);
    }
    // Who names a folder has chosen; and asking costs a process.
    let pgbackrest = if setting.is_none() { ask(Command::new("pgbackrest").arg("version")) } else { None };
    for_new_cluster(found, pgbackrest.as_deref().and_then(parse))
}

/// Folders that may hold a server, each once.
fn candidates() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> =
        ask(Command::new("pg_config").arg("--bindir")).map(PathBuf::from).into_iter().collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        dirs.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    if let Some(path) = env::var_os("PATH") {
        dirs.extend(env::split_paths(&path));
    }
    // A wrapper in PATH, or /bin beside /usr/bin, is the same server again.
    let mut dirs: Vec<PathBuf> = dirs
        .iter()
        .filter_map(|dir| fs::canonicalize(dir.join("postgres")).ok()?.parent().map(Path::to_owned))
        .collect();
    dirs.sort();
    dirs.dedup();
    dirs
}

fn for_cluster(found: Vec<Binaries>, folder: &Path, made_by: u32) -> Result<Binaries, StartError> {
    let listed = list(&found);
    found
        .into_iter()
        .filter(|binaries| binaries.version.major == made_by)
        .max_by_key(|binaries| binaries.version)
        .ok_or_else(|| StartError::OtherMajor { folder: folder.to_owned(), made_by, found: listed })
}

fn for_new_cluster(found: Vec<Binaries>, pgbackrest: Option<Version>) -> Result<Binaries, StartError> {
    let listed = list(&found);
    let new_enough: Vec<Binaries> =
        found.into_iter().filter(|binaries| binaries.version.major >= OLDEST).collect();
    if new_enough.is_empty() {
        return Err(StartError::Unsuitable { found: listed, oldest: OLDEST });
    }
    let limit = pgbackrest.and_then(|version| Some((version, newest_for_pgbackrest(version)?)));
    let suitable = new_enough
        .into_iter()
        .filter(|binaries| limit.is_none_or(|(_, newest)| binaries.version.major <= newest))
        .max_by_key(|binaries| binaries.version);
    match (suitable, limit) {
        (Some(binaries), _) => Ok(binaries),
        (None, Some((version, newest))) => {
            Err(StartError::TooNewForBackups { pgbackrest: version.to_string(), newest, found: listed })
        }
        (None, None) => Err(StartError::Unsuitable { found: listed, oldest: OLDEST }),
    }
}

fn list(found: &[Binaries]) -> String {
    let one = |binaries: &Binaries| format!("PostgreSQL {} ({})", binaries.version, binaries.dir.display());
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(major: u32, minor: u32) -> Binaries {
        Binaries { dir: format!("/pg/{major}/bin").into(), version: Version { major, minor } }
    }

    const DEBIAN_PGBACKREST: Version = Version { major: 2, minor: 45 };

    #[test]
    fn a_new_cluster_gets_the_newest_that_can_be_backed_up() {
        let found = || vec![server(14, 9), server(15, 18), server(18, 1), server(16, 2)];
        assert_eq!(for_new_cluster(found(), None).unwrap(), server(18, 1));
        assert_eq!(for_new_cluster(found(), Some(DEBIAN_PGBACKREST)).unwrap(), server(15, 18));
        let sentence = for_new_cluster(vec![server(18, 1)], Some(DEBIAN_PGBACKREST)).unwrap_err().to_string();
        assert!(sentence.contains("pgBackRest 2.45") && sentence.contains("postgresql-15"), "{sentence}");
    }

    #[test]
    fn only_old_servers_are_named() {
        let sentence = for_new_cluster(vec![server(13, 4), server(14, 9)], None).unwrap_err().to_string();
        assert!(
            sentence.contains("15 or newer") && sentence.contains("13.4") && sentence.contains("14.9"),
            "{sentence}"
        );
    }

    #[test]
    fn a_cluster_gets_its_own_major() {
        let folder = Path::new("/data/postgres");
        let found = || vec![server(15, 18), server(16, 2)];
        assert_eq!(for_cluster(found(), folder, 15).unwrap(), server(15, 18));
        let sentence = for_cluster(found(), folder, 17).unwrap_err().to_string();
        assert!(
            sentence.contains("made by PostgreSQL 17") && sentence.contains("postgresql-17"),
            "{sentence}"
        );
        assert!(sentence.contains("15.18") && sentence.contains("16.2"), "{sentence}");
    }

    #[test]
    fn a_missing_server_says_what_to_install() {
        let sentence = discover(Some(Path::new("/nowhere")), None).unwrap_err().to_string();
        assert!(
            sentence.contains("/nowhere") && sentence.contains("apt-get install postgresql"),
            "{sentence}"
        );
    }

    #[test]
    fn this_machine_has_one() {
        let binaries = discover(None, None).unwrap();
        assert!(binaries.version.major >= OLDEST);
        assert!(binaries.program("initdb").is_file());
    }
}
