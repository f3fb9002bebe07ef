//! How much memory there is to tune for.

use std::{fs, path::Path};

/// Bytes of memory that this process may count on: its control group's limit, or the machine's memory if that is less.
pub(super) fn available() -> Option<u64> {
    below(Path::new("/"))
}

fn below(root: &Path) -> Option<u64> {
    [machine(root), control_group(root)].into_iter().flatten().min()
}

fn machine(root: &Path) -> Option<u64> {
    let info = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let kib = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?.trim().strip_suffix(" kB")?;
    kib.parse::<u64>().ok()?.checked_mul(1024)
}

/// The least limit on the way up from our own group, in both generations of control groups.
fn control_group(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            let (folder, file) = match controllers {
                "" => ("sys/fs/cgroup", "memory.max"),
                _ if controllers.split(',').any(|controller| controller == "memory") => {
                    ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
                }
                _ => return None,
            };
            // Inside a container the path may be the host's, and is not there: its top then holds our limit.
            Path::new(path.trim_start_matches('/'))
                .ancestors()
                .filter_map(|group| {
                    let limit = fs::read_to_string(root.join(folder).join(group).join(file)).ok()?;
                    // "max" is no number, and means no limit.
                    limit.trim().parse::<u64>().ok()
                })
                .min()
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::Folder;

    fn machine_of(name: &str, files: &[(&str, &str)]) -> Option<u64> {
        let folder = Folder::new(name);
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        below(folder.path())
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:        2097152 kB\nMemFree:  1 kB\n");

    #[test]
    fn the_machine_is_asked() {
        assert_eq!(machine_of("memory-plain", &[MEMINFO]), Some(2 << 30));
        assert_eq!(machine_of("memory-none", &[]), None);
        assert!(available().unwrap() > 1 << 26);
    }

    #[test]
    fn a_lower_limit_of_the_second_generation_counts() {
        let group = ("proc/self/cgroup", "0::/system.slice/ella.service\n");
        let own = ("sys/fs/cgroup/system.slice/ella.service/memory.max", "max\n");
        let slice = ("sys/fs/cgroup/system.slice/memory.max", "1073741824\n");
        assert_eq!(machine_of("memory-v2", &[MEMINFO, group, own, slice]), Some(1 << 30));
        let generous = ("sys/fs/cgroup/system.slice/memory.max", "99999999999\n");
        assert_eq!(machine_of("memory-v2-high", &[MEMINFO, group, own, generous]), Some(2 << 30));
    }

    #[test]
    fn a_lower_limit_of_the_first_generation_counts() {
        let group = ("proc/self/cgroup", "5:cpu:/\n4:memory:/not/there\n0::/\n");
        let top = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
        assert_eq!(machine_of("memory-v1", &[MEMINFO, group, top]), Some(1 << 29));
    }
}
