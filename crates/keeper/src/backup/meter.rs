//! How far pgBackRest is, for a person who waits: it says so with each file, in the detail of its log.

use std::{process::Command, sync::Arc};

use tokio::sync::watch;

/// How far the work at hand is, in thousandths of its bytes; nothing while that is not known.
pub type Meter = watch::Receiver<Option<u16>>;

/// Where it is noted.
#[derive(Debug, Clone, Default)]
pub(super) struct Gauge(Arc<watch::Sender<Option<u16>>>);

/// A work that is measured, or not; with it the measure goes.
pub(super) struct Measuring(Option<Gauge>);

impl Gauge {
    pub(super) fn watch(&self) -> Meter {
        self.0.subscribe()
    }

    /// Has a backup or a restore measured, if somebody watches: thousands of lines are for nobody else.
    pub(super) fn measure(&self, arguments: &[&str], command: &mut Command) -> Measuring {
        let is_long = matches!(arguments.first(), Some(&("backup" | "restore")));
        if !is_long || self.0.receiver_count() == 0 {
            return Measuring(None);
        }
        command.arg("--log-level-console=detail");
        Measuring(Some(self.clone()))
    }
}

impl Measuring {
    pub(super) fn read(&self, line: &[u8]) {
        if let Some(Gauge(gauge)) = &self.0
            && let Some(thousandths) = thousandths(&String::from_utf8_lossy(line))
        {
            gauge.send_replace(Some(thousandths));
        }
    }
}

impl Drop for Measuring {
    fn drop(&mut self) {
        if let Some(Gauge(gauge)) = &self.0 {
            gauge.send_replace(None);
        }
    }
}

/// The share in "P01 DETAIL: restore file /pg/base/1/2 (8KB, 45.32%) checksum ...".
fn thousandths(line: &str) -> Option<u16> {
    let (before, _) = line.rsplit_once("%)")?;
    let (_, percent) = before.rsplit_once(", ")?;
    let (whole, hundredths) = percent.split_once('.').unwrap_or((percent, "0"));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 100)?;
    let tenth = hundredths.get(..1)?.parse::<u16>().ok()?;
    Some((whole * 10 + tenth).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_read_from_the_log() {
        let line =
            |share: &str| format!("P01 DETAIL: restore file /pg/base/1/2 (8KB, {share}) checksum 1c2d\n");
        let shares =
            ["45.32%", "100%", "100.00%", "0.00%", "3%", "x%", "107%"].map(|share| thousandths(&line(share)));
        assert_eq!(shares, [Some(453), Some(1000), Some(1000), Some(0), Some(30), None, None]);
        assert_eq!(thousandths("P00   INFO: restore command begin"), None);
    }

    #[test]
    fn nothing_is_measured_while_nobody_watches() {
        let gauge = Gauge::default();
        let mut command = Command::new("pgbackrest");
        assert!(gauge.measure(&["backup"], &mut command).0.is_none());
        let meter = gauge.watch();
        let measuring = gauge.measure(&["backup"], &mut command);
        measuring.read(b"backup file x (8KB, 45.32%)");
        assert_eq!(*meter.borrow(), Some(453));
        drop(measuring);
        assert_eq!(*meter.borrow(), None);
        assert!(gauge.measure(&["info"], &mut command).0.is_none());
    }
}
