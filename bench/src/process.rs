//! A server as a process of its own, and what the operating system says of it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Clock ticks a second in `/proc/PID/stat`; Linux shows this many to programs on every machine.
const TICKS: u64 = 100;

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// Where it serves.
    pub(crate) address: SocketAddr,
    /// From its start to its first word that it serves.
    pub(crate) start_took: Duration,
}

impl Server {
    /// Starts a program and waits until it says where it serves.
    pub(crate) fn start(program: &OsStr, arguments: &[&str]) -> Self {
        let began = Instant::now();
        let mut child =
            Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let address = loop {
            let line = lines.next().expect("it says where it serves").expect("a line");
            if let Some(address) = line.strip_prefix("Ella serves on http://") {
                break address.parse().expect("an address");
            }
        };
        let start_took = began.elapsed();
        // Its further lines are read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, start_took }
    }

    /// CPU time that it has used, its children not counted.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // The second field is a name in brackets that may hold spaces; user and system time are the 14th and 15th.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
        Duration::from_millis(ticks * 1000 / TICKS)
    }

    /// Memory that is its own, in bytes (its share of what it shares included).
    pub(crate) fn memory_bytes(&self) -> u64 {
        let rollup = self.proc("smaps_rollup");
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("Pss");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("kB") * 1024
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        self.child.wait().expect("it ends");
    }
}

/// A folder that is removed again.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A private folder that PostgreSQL's own user may pass through.
pub(crate) fn private_folder() -> Folder {
    let path = std::env::temp_dir().join(format!("ella-bench-{}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a folder");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o711)).expect("a passable folder");
    Folder(path)
}
