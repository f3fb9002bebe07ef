//! What an earlier run of ours may have left in the cluster: a server that outlived it, backends that outlived their
//! server, or a `postmaster.pid` whose number now belongs to a stranger.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use super::{StartError, Timeouts};

/// After SIGQUIT a server kills its own leftovers within 5 s.
const IMMEDIATE_STOP: Duration = Duration::from_secs(10);

/// Makes sure that no process of PostgreSQL works in the cluster any more. The caller holds the folder's lock.
///
/// Returns the number in `postmaster.pid` if it now belongs to a process that has nothing to do with this cluster.
pub(crate) async fn clear(cluster: &Path, timeouts: &Timeouts) -> Result<Option<u32>, StartError> {
    let file = cluster.join("postmaster.pid");
    if !file.exists() {
        // A server removes the file last of all.
        return Ok(None);
    }
    let recorded = recorded(&file);
    let Some(&pid) = processes_in(cluster).first() else {
        if recorded.is_none() {
            // What a power cut may leave of it. PostgreSQL would take it for another server's.
            tracing::warn!(file = %file.display(), "the lock file of an earlier run holds no number: removing it");
            fs::remove_file(&file).map_err(|error| StartError::file("remove", &file, error))?;
        }
        return Ok(recorded.filter(|pid| exists(*pid)));
    };
    tracing::info!(pid, "a PostgreSQL of an earlier run still works in our folder: waiting for its end");
    let steps =
        [(None, timeouts.orphan), (Some(Signal::INT), timeouts.stop), (Some(Signal::QUIT), IMMEDIATE_STOP)];
    for (signal, patience) in steps {
        if let Some(signal) = signal {
            tracing::warn!(pid, ?signal, "the PostgreSQL of an earlier run does not end: stopping it");
            // Its server stops the backends in order; backends without a server are told themselves.
            let all = processes_in(cluster);
            let told = match recorded {
                Some(server) if all.contains(&server) => vec![server],
                _ => all,
            };
            for pid in told {
                kill(pid, signal);
            }
        }
        if is_empty_within(cluster, patience).await {
            // The number has just been ours: it is nobody else's yet.
            return Ok(None);
        }
    }
    match processes_in(cluster).first() {
        Some(&pid) => Err(StartError::StillRunning { pid, folder: cluster.to_owned() }),
        None => Ok(None),
    }
}

/// Processes whose working folder is this one. Every process of PostgreSQL stays in its cluster's folder from before
/// it writes `postmaster.pid` until it ends, whatever its command line says.
pub(super) fn processes_in(folder: &Path) -> Vec<u32> {
    // Compared as the kernel names it.
    let Ok(folder) = fs::canonicalize(folder) else { return Vec::new() };
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        // Whoever owns the files can be looked at by us; whoever cannot be looked at does not use them.
        .filter(|pid| fs::read_link(proc(*pid, "cwd")).is_ok_and(|cwd| cwd == folder))
        .filter(|pid| is_postgres(*pid))
        .collect()
}

/// An administrator's shell may stand in the folder as well.
fn is_postgres(pid: u32) -> bool {
    fs::read_link(proc(pid, "exe")).is_ok_and(|exe| {
        // The kernel adds " (deleted)" after an upgrade of the package.
        exe.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("postgres"))
    })
}

pub(super) fn kill(pid: u32, signal: Signal) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    if let Err(error) = kill_process(pid, signal) {
        // Most likely it ended in the meantime, as we wish.
        tracing::debug!(%error, ?pid, ?signal, "could not signal");
    }
}

fn recorded(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
}

fn exists(pid: u32) -> bool {
    proc(pid, "").exists()
}

fn proc(pid: u32, what: &str) -> PathBuf {
    Path::new("/proc").join(pid.to_string()).join(what)
}

async fn is_empty_within(cluster: &Path, patience: Duration) -> bool {
    let started = Instant::now();
    while !processes_in(cluster).is_empty() {
        if started.elapsed() > patience {
            return false;
        }
        sleep(Duration::from_millis(20)).await;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::Folder;

    #[tokio::test]
    async fn a_stranger_with_the_recorded_number_is_left_alone_and_reported() {
        let folder = Folder::new("orphan-stranger");
        let timeouts = Timeouts::default();
        assert_eq!(clear(folder.path(), &timeouts).await.unwrap(), None);
        let own = std::process::id();
        fs::write(folder.path().join("postmaster.pid"), format!("{own}\n/elsewhere\n")).unwrap();
        assert_eq!(clear(folder.path(), &timeouts).await.unwrap(), Some(own));
        // Linux gives no number above 4194304.
        fs::write(folder.path().join("postmaster.pid"), "4194305\n").unwrap();
        assert_eq!(clear(folder.path(), &timeouts).await.unwrap(), None);
        // A power cut may leave anything.
        for torn in ["not a number", "", "\0\0\0"] {
            fs::write(folder.path().join("postmaster.pid"), torn).unwrap();
            assert_eq!(clear(folder.path(), &timeouts).await.unwrap(), None);
            assert!(!folder.path().join("postmaster.pid").exists(), "{torn:?}");
        }
    }

    #[test]
    fn a_shell_in_the_folder_is_no_server() {
        let folder = Folder::new("orphan-shell");
        let mut shell =
            std::process::Command::new("sleep").arg("60").current_dir(folder.path()).spawn().unwrap();
        let found = processes_in(folder.path());
        shell.kill().unwrap();
        shell.wait().unwrap();
        assert_eq!(found, Vec::<u32>::new());
    }
}
