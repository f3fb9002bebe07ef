//! PostgreSQL's settings for a machine's memory.

use std::fmt::Write as _;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What the settings depend on.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// Bytes.
    pub(super) memory: u64,
    /// Connections of the application's pool.
    pub(super) app_connections: u32,
    /// Whether this build of PostgreSQL can compress with lz4.
    pub(super) lz4: bool,
    /// Whether the data must survive a crash.
    pub(super) durable: bool,
}

impl Machine {
    /// The content of `ella.conf`.
    pub(super) fn configuration(&self) -> String {
        let mut text = String::from(
            "# Written by ella at every start, for this machine's memory: changes here are lost.\n\
             # Settings of your own go to the end of postgresql.conf, and win.\n",
        );
        for (name, value) in self.parameters() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} = '{value}'");
        }
        text
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let memory = self.memory;
        // An eighth of 1 GiB, then a quarter of what is above it: ella itself, the models' answers in flight and the
        // page cache share the machine.
        let shared_buffers =
            if memory <= GIB { (memory / 8).max(32 * MIB) } else { 128 * MIB + (memory - GIB) / 4 }
                .min(2 * GIB);
        let work_mem = (memory / 512).clamp(4 * MIB, 32 * MIB);
        let maintenance_work_mem = (memory / 16).clamp(64 * MIB, 512 * MIB);
        // WAL is written once and read only after a crash: this is the disk's size and the time of a recovery.
        let max_wal_size = (memory / 2).clamp(512 * MIB, 4 * GIB);
        let workers = if memory < 4 * GIB { 2 } else { 3 };
        let in_mib = |bytes: u64| format!("{}MB", bytes / MIB);
        let mut parameters: Vec<(&'static str, String)> = vec![
            // The reserve is for migrations, backups, supervision and whoever looks into the database by hand.
            ("max_connections", self.app_connections.saturating_add(20).max(40).to_string()),
            ("shared_buffers", in_mib(shared_buffers)),
            ("effective_cache_size", in_mib(memory / 2)),
            ("work_mem", in_mib(work_mem)),
            ("maintenance_work_mem", in_mib(maintenance_work_mem)),
            ("max_wal_size", in_mib(max_wal_size)),
            ("min_wal_size", in_mib(max_wal_size / 4)),
            ("autovacuum_max_workers", workers.to_string()),
        ];
        let mut constant = |name, value: &str| parameters.push((name, value.to_owned()));
        constant("huge_pages", "off");
        // Many small queries: compiling one, or spreading it over processes, costs more than it.
        constant("jit", "off");
        constant("max_parallel_workers_per_gather", "0");
        constant("random_page_cost", "1.1");
        constant("wal_level", "replica");
        constant("checkpoint_timeout", "10min");
        constant("wal_compression", if self.lz4 { "lz4" } else { "pglz" });
        constant("default_toast_compression", if self.lz4 { "lz4" } else { "pglz" });
        let on = if self.durable { "on" } else { "off" };
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            constant(name, on);
        }
        // Messages only ever grow in number; the defaults would wait for a fifth of a big table.
        constant("autovacuum_vacuum_scale_factor", "0.05");
        constant("autovacuum_vacuum_insert_scale_factor", "0.1");
        constant("autovacuum_analyze_scale_factor", "0.05");
        constant("timezone", "UTC");
        constant("log_timezone", "UTC");
        constant("password_encryption", "scram-sha-256");
        // What students say must not reach a log: neither the values of a slow statement, nor the rows and keys that
        // PostgreSQL quotes in the details of an error.
        constant("log_min_duration_statement", "500ms");
        constant("log_parameter_max_length", "0");
        constant("log_min_error_statement", "panic");
        constant("log_error_verbosity", "terse");
        constant("log_lock_waits", "on");
        // Who waits longer than this for a lock is looked at; a second would be half of a spoken turn's time.
        constant("deadlock_timeout", "250ms");
        constant("log_checkpoints", "on");
        constant("log_autovacuum_min_duration", "10s");
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuned(gib: u64, names: &[&str]) -> Vec<String> {
        let machine = Machine { memory: gib * GIB, app_connections: 10, lz4: true, durable: true };
        let parameters = machine.parameters();
        let value = |name: &&str| parameters.iter().find(|(known, _)| known == name).unwrap().1.clone();
        names.iter().map(value).collect()
    }

    #[test]
    fn memory_is_shared_out() {
        let names = [
            "shared_buffers",
            "effective_cache_size",
            "work_mem",
            "maintenance_work_mem",
            "max_wal_size",
            "autovacuum_max_workers",
        ];
        assert_eq!(tuned(1, &names), ["128MB", "512MB", "4MB", "64MB", "512MB", "2"]);
        assert_eq!(tuned(2, &names), ["384MB", "1024MB", "4MB", "128MB", "1024MB", "2"]);
        assert_eq!(tuned(8, &names), ["1920MB", "4096MB", "16MB", "512MB", "4096MB", "3"]);
        assert_eq!(tuned(64, &names), ["2048MB", "32768MB", "32MB", "512MB", "4096MB", "3"]);
    }

    #[test]
    fn connections_follow_the_pool() {
        let connections = |pool| {
            let machine = Machine { memory: GIB, app_connections: pool, lz4: false, durable: true };
            machine.parameters()[0].1.clone()
        };
        assert_eq!([connections(10), connections(20), connections(100)], ["40", "40", "120"]);
    }

    #[test]
    fn only_throw_away_clusters_skip_the_disk() {
        let safe = Machine { memory: GIB, app_connections: 10, lz4: false, durable: true };
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            assert!(safe.configuration().contains(&format!("{name} = 'on'\n")));
        }
        let unsafe_ = Machine { durable: false, ..safe };
        assert!(unsafe_.configuration().contains("fsync = 'off'\n"));
        assert!(unsafe_.configuration().contains("wal_compression = 'pglz'\n"));
    }
}
