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

/// A running server. It is ended when dropped, but better stopped.
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
        Self::start_with(Command::new(program).args(arguments))
    }

    /// Starts another part of this program.
    pub(crate) fn start_part(arguments: &[&str]) -> Self {
        let myself = std::env::current_exe().expect("this program's path");
        Self::start(myself.as_os_str(), arguments)
    }

    /// Starts a command and waits until it says where it serves.
    pub(crate) fn start_with(command: &mut Command) -> Self {
        let began = Instant::now();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let address = loop {
            let line = lines.next().expect("it says where it serves").expect("a line");
            if let Some((_, address)) = line.split_once(" serves on http://") {
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
        self.kilobytes("smaps_rollup", "Pss:") * 1024
    }

    /// The most memory that it ever had in use, in bytes, shared pages included.
    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        self.kilobytes("status", "VmHWM:") * 1024
    }

    fn kilobytes(&self, file: &str, name: &str) -> u64 {
        let text = self.proc(file);
        let figure =
            text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} {file}"));
        figure.trim().trim_end_matches(" kB").parse().expect("kB")
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        self.end();
    }

    /// Kills it, as the kernel does when memory runs out, and waits until its children are gone as well.
    pub(crate) fn kill(mut self) {
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.child.id()));
        let _ = self.child.kill();
        let _ = self.child.wait();
        for child in children.unwrap_or_default().split_whitespace() {
            while Path::new("/proc").join(child).exists() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(mut self) {
        let _ = self.child.wait();
    }

    fn end(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let asked = Command::new("kill").arg(self.child.id().to_string()).status();
            if asked.is_ok() {
                let _ = self.child.wait();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// CPU time of a process and of those that it began, also of those that have ended.
pub(crate) fn family_cpu(process: u32) -> Duration {
    let mut ticks = 0;
    let Ok(entries) = std::fs::read_dir("/proc") else { return Duration::ZERO };
    for entry in entries.flatten() {
        let Ok(number) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let fields: Vec<u64> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .map(|field| field.parse().unwrap_or(0))
            .collect();
        // After the name: the parent is the 2nd; own time the 12th and 13th, that of ended children the 14th and 15th.
        let sum = |from: usize, to: usize| fields.get(from..to).map_or(0, |times| times.iter().sum::<u64>());
        if number == process {
            ticks += sum(11, 15);
        } else if fields.get(1) == Some(&u64::from(process)) {
            ticks += sum(11, 13);
        }
    }
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// CPU time of one process.
pub(crate) fn own_cpu(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// Memory of a process and of those that it began, each with its share of what is shared.
pub(crate) fn family_memory(process: u32) -> u64 {
    let own = |process: u32| {
        let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB"));
        line.and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
    };
    let children =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    own(process) + children.split_whitespace().filter_map(|child| child.parse().ok()).map(own).sum::<u64>()
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
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("ella-bench-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&path).expect("a folder");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o711)).expect("a passable folder");
    Folder(path)
}

/// A connection is an open file: as many as the machine allows.
pub(crate) fn raise_the_open_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("more open files");
}
