//! A control group of Linux, version 1 or 2: a small machine within this one.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = "/sys/fs/cgroup";
/// Microseconds over which a share of the CPU is counted.
const PERIOD_US: u64 = 100_000;

/// A group; it is removed when dropped, if everybody has left.
pub(crate) struct Group {
    memory: PathBuf,
    cpu: PathBuf,
    unified: bool,
}

impl Group {
    /// A group with so many bytes of memory and hundredths of one core; none where the machine gives no groups.
    pub(crate) fn new(name: &str, bytes: u64, core_percent: u64) -> Option<Self> {
        let root = Path::new(ROOT);
        let name = format!("ella-bench-{}-{name}", std::process::id());
        let unified = root.join("cgroup.controllers").exists();
        let (memory, cpu) = if unified {
            (root.join(&name), root.join(&name))
        } else {
            (root.join("memory").join(&name), root.join("cpu").join(&name))
        };
        std::fs::create_dir_all(&memory).ok()?;
        std::fs::create_dir_all(&cpu).ok()?;
        let group = Self { memory, cpu, unified };
        let file = if unified { "memory.max" } else { "memory.limit_in_bytes" };
        let limited = std::fs::write(group.memory.join(file), bytes.to_string()).is_ok();
        (limited && group.share(core_percent)).then_some(group)
    }

    /// From now on it may use so many hundredths of one core; whether that could be said.
    pub(crate) fn share(&self, core_percent: u64) -> bool {
        let quota = core_percent * PERIOD_US / 100;
        if self.unified {
            return std::fs::write(self.cpu.join("cpu.max"), format!("{quota} {PERIOD_US}")).is_ok();
        }
        std::fs::write(self.cpu.join("cpu.cfs_period_us"), PERIOD_US.to_string()).is_ok()
            && std::fs::write(self.cpu.join("cpu.cfs_quota_us"), quota.to_string()).is_ok()
    }

    /// Version 1 or 2, for people.
    pub(crate) fn kind(&self) -> &'static str {
        if self.unified { "cgroup v2" } else { "cgroup v1" }
    }

    /// A command that runs a program within.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("sh");
        let enter = |folder: &Path| format!("echo $$ > '{}'", folder.join("cgroup.procs").display());
        command.arg("-c");
        command.arg(format!("{} && {} && exec \"$0\" \"$@\"", enter(&self.memory), enter(&self.cpu)));
        command.arg(program);
        command
    }

    /// Bytes in use that are no file's copy.
    pub(crate) fn own_bytes(&self) -> u64 {
        let text = std::fs::read_to_string(self.memory.join("memory.stat")).unwrap_or_default();
        let figure = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|figure| figure.parse::<u64>().ok()).unwrap_or(0)
        };
        if self.unified {
            figure("anon") + figure("shmem")
        } else {
            figure("total_rss") + figure("total_shmem")
        }
    }

    /// How many processes the system has killed for want of memory.
    pub(crate) fn killed(&self) -> u64 {
        let file = if self.unified { "memory.events" } else { "memory.oom_control" };
        let text = std::fs::read_to_string(self.memory.join(file)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        line.and_then(|figure| figure.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // A group in which somebody still is stays, empty soon, and costs nothing.
        let _ = std::fs::remove_dir(&self.memory);
        let _ = std::fs::remove_dir(&self.cpu);
    }
}
