//! PostgreSQL's log becomes ours, line by line, under the target `postgres`.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::Level;

/// `log_line_prefix`: process, SQLSTATE and kind of process, in a form that no message begins with.
pub(super) const PREFIX: &str = "ella|%p|%e|%b| ";

/// Lines kept for the sentence that explains a death.
const KEPT: usize = 12;

/// One line of the log, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    pid: &'a str,
    sqlstate: &'a str,
    process: &'a str,
    severity: &'a str,
    message: &'a str,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut fields = line.strip_prefix("ella|")?.splitn(4, '|');
        let (pid, sqlstate, process, rest) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let (severity, message) = rest.trim_start().split_once(':')?;
        Some(Self { pid, sqlstate, process, severity, message: message.trim_start() })
    }

    /// How much this concerns whoever reads ella's log.
    fn level(&self) -> Level {
        let from_client = self.is_from_client();
        match self.severity {
            // What a start, a restart and a stop do to connections; their users learn it, and cope.
            "FATAL" if matches!(self.sqlstate, "57P01" | "57P03" | "3D000") => Level::DEBUG,
            "FATAL" | "WARNING" if from_client => Level::WARN,
            // The statement's sender gets the error, and logs it where it is handled.
            "ERROR" if from_client => Level::DEBUG,
            "PANIC" | "FATAL" | "ERROR" => Level::ERROR,
            "WARNING" => Level::WARN,
            "LOG" => self.level_of_a_report(),
            "NOTICE" | "INFO" | "DETAIL" | "HINT" | "CONTEXT" | "STATEMENT" | "QUERY" | "LOCATION" => {
                Level::DEBUG
            }
            severity if severity.starts_with("DEBUG") => Level::TRACE,
            _ => Level::INFO,
        }
    }

    /// Whether it is about one connection only.
    fn is_from_client(&self) -> bool {
        matches!(self.process, "client backend" | "not initialized")
    }

    fn level_of_a_report(&self) -> Level {
        let begins = |with: &[&str]| with.iter().any(|start| self.message.starts_with(start));
        let says = |parts: &[&str]| parts.iter().any(|part| self.message.contains(part));
        if self.is_from_client() && begins(&["could not"]) {
            // A client that vanished.
            Level::DEBUG
        } else if self.process == "archiver"
            || begins(&["checkpoints are occurring too", "server process", "could not"])
        {
            Level::WARN
        } else if begins(&["duration:", "redo", "database system was"]) || says(&["still waiting for"]) {
            // "was shut down at" opens every ordinary start.
            if begins(&["database system was shut down"]) { Level::DEBUG } else { Level::INFO }
        } else {
            Level::DEBUG
        }
    }
}

/// The last lines that mattered, shared by who reads the log and who explains a death.
#[derive(Debug, Clone, Default)]
pub(super) struct LastWords(Arc<Mutex<VecDeque<(bool, String)>>>);

impl LastWords {
    /// Passes one line on to our log.
    pub(super) fn hear(&self, line: &str) {
        let Some(parsed) = Line::parse(line) else {
            // The rest of a message of several lines is indented; what has no prefix at all came before the log was
            // set up: from setpriv, the dynamic linker, or a server that cannot even read its settings.
            if line.starts_with('\t') {
                tracing::debug!(target: "postgres", "{}", line.trim());
            } else if !line.trim().is_empty() {
                tracing::warn!(target: "postgres", "{}", line.trim());
                self.keep(true, line.trim());
            }
            return;
        };
        let Line { pid, sqlstate, process, message, .. } = parsed;
        match parsed.level() {
            Level::ERROR => tracing::error!(target: "postgres", pid, sqlstate, process, "{message}"),
            Level::WARN => tracing::warn!(target: "postgres", pid, sqlstate, process, "{message}"),
            Level::INFO => tracing::info!(target: "postgres", pid, sqlstate, process, "{message}"),
            Level::DEBUG => tracing::debug!(target: "postgres", pid, sqlstate, process, "{message}"),
            Level::TRACE => tracing::trace!(target: "postgres", pid, sqlstate, process, "{message}"),
        }
        let fatal = matches!(parsed.severity, "FATAL" | "PANIC") && !parsed.is_from_client();
        if fatal || parsed.severity == "LOG" {
            self.keep(fatal, message);
        }
    }

    /// The lines that are kept, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|(_, line)| line.clone()).collect()
    }

    /// What it died of, as far as it said so.
    pub(super) fn cause(&self) -> Option<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = lines.iter().rposition(|(fatal, _)| *fatal)?;
        let (_, cause) = lines.get(last)?;
        // "configuration file ... contains errors": which, stands in the line before.
        let before = last.checked_sub(1).and_then(|before| lines.get(before));
        Some(match before {
            Some((_, detail)) if cause.contains("contains errors") => format!("{detail} ({cause})"),
            _ => cause.clone(),
        })
    }

    fn keep(&self, fatal: bool, message: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            // Reports must not wash away the cause.
            let oldest_report = lines.iter().position(|(fatal, _)| !fatal).unwrap_or(0);
            lines.remove(oldest_report);
        }
        lines.push_back((fatal, message.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let line = Line::parse("ella|4711|57P03|client backend| FATAL:  the database system is starting up")
            .unwrap();
        assert_eq!((line.pid, line.sqlstate, line.process), ("4711", "57P03", "client backend"));
        assert_eq!((line.severity, line.message), ("FATAL", "the database system is starting up"));
        assert_eq!(Line::parse("setpriv: failed to execute postgres"), None);
        assert_eq!(Line::parse("\tand more"), None);
    }

    #[test]
    fn severities_become_levels() {
        for (line, level) in [
            ("57P03|client backend| FATAL:  the database system is starting up", Level::DEBUG),
            (
                "57P01|client backend| FATAL:  terminating connection due to administrator command",
                Level::DEBUG,
            ),
            ("28P01|client backend| FATAL:  password authentication failed for user \"x\"", Level::WARN),
            ("53100|startup| FATAL:  could not write to file", Level::ERROR),
            ("XX000|postmaster| PANIC:  could not locate a valid checkpoint record", Level::ERROR),
            ("23505|client backend| ERROR:  duplicate key value", Level::DEBUG),
            ("58030|checkpointer| ERROR:  could not fsync file", Level::ERROR),
            ("01000|autovacuum worker| WARNING:  oldest xmin is far in the past", Level::WARN),
            ("00000|client backend| LOG:  duration: 812.3 ms  statement: select 1", Level::INFO),
            ("00000|startup| LOG:  database system was shut down at 2026-11-22 21:00:59 UTC", Level::DEBUG),
            (
                "00000|startup| LOG:  database system was not properly shut down; automatic recovery in progress",
                Level::INFO,
            ),
            ("00000|archiver| LOG:  archive command failed with exit code 1", Level::WARN),
            (
                "00000|postmaster| LOG:  server process (PID 12) was terminated by signal 9: Killed",
                Level::WARN,
            ),
            ("00000|postmaster| LOG:  database system is ready to accept connections", Level::DEBUG),
            (
                "08006|client backend| LOG:  could not receive data from client: Connection reset by peer",
                Level::DEBUG,
            ),
            ("00000|client backend| HINT:  See server log for query details.", Level::DEBUG),
            ("00000|client backend| DEBUG2:  x", Level::TRACE),
        ] {
            let line = format!("ella|1|{line}");
            assert_eq!(Line::parse(&line).unwrap().level(), level, "{line}");
        }
    }

    #[test]
    fn the_cause_of_death_outlives_reports() {
        let words = LastWords::default();
        assert_eq!(words.cause(), None);
        words.hear("ella|1|3D000|client backend| FATAL:  database \"ella\" does not exist");
        assert_eq!(words.cause(), None);
        words.hear("ella|1|F0000|postmaster| LOG:  invalid value for parameter \"work_mem\": \"x\"");
        words.hear("ella|1|F0000|postmaster| FATAL:  configuration file \"/x\" contains errors");
        for _ in 0..20 {
            words.hear("ella|1|00000|postmaster| LOG:  shutting down");
        }
        assert!(words.cause().unwrap().contains("contains errors"));
        let words = LastWords::default();
        words.hear("ella|1|F0000|postmaster| LOG:  invalid value for parameter \"work_mem\": \"x\"");
        words.hear("ella|1|F0000|postmaster| FATAL:  configuration file \"/x\" contains errors");
        assert!(words.cause().unwrap().starts_with("invalid value for parameter"));
    }
}
