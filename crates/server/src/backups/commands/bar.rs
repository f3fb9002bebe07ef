//! A bar for the person who waits at a terminal. Whatever is written elsewhere, such as into a file, holds none of it.
#![expect(
    clippy::print_stderr,
    reason = "for the person at the terminal; the answer goes to standard output"
)]

use std::{
    io::{IsTerminal as _, stderr},
    pin::pin,
    time::{Duration, Instant},
};

use ella_keeper::Backups;

use super::Form;

/// Signs that a full bar has.
const WIDTH: usize = 30;
/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(200);

/// Waits for work, and draws meanwhile how far the backup or restore in it is.
pub(super) async fn watched<T>(backups: &Backups, form: Form, work: impl Future<Output = T>) -> T {
    if form.json || !stderr().is_terminal() {
        return work.await;
    }
    let meter = backups.meter();
    let began = Instant::now();
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                clear();
                return done;
            }
            () = tokio::time::sleep(PAUSE) => {
                eprint!("\r\x1b[K{}", bar(*meter.borrow(), began.elapsed()));
            }
        }
    }
}

/// Takes the bar off its line.
pub(super) fn clear() {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}

/// A bar that is filled as far as the work is done; while nobody knows how far that is, something moves in it.
fn bar(thousandths: Option<u16>, waited: Duration) -> String {
    let seconds = waited.as_secs();
    match thousandths {
        Some(thousandths) => {
            let full = usize::from(thousandths.min(1000)) * WIDTH / 1000;
            let percent = thousandths.min(1000) / 10;
            format!("[{:<WIDTH$}] {percent:>3} %  {seconds} s", "=".repeat(full))
        }
        None => {
            let places = (WIDTH - 3) as u128;
            let place = waited.as_millis() / PAUSE.as_millis() % (2 * places);
            let place = usize::try_from(place.min(2 * places - place)).unwrap_or(0);
            format!("[{:<WIDTH$}]        {seconds} s", format!("{}<=>", " ".repeat(place)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        let drawn = |thousandths| bar(Some(thousandths), Duration::from_secs(7));
        assert_eq!(drawn(0), format!("[{}]   0 %  7 s", " ".repeat(30)));
        assert_eq!(drawn(500), format!("[{}{}]  50 %  7 s", "=".repeat(15), " ".repeat(15)));
        assert_eq!(drawn(1000), format!("[{}] 100 %  7 s", "=".repeat(30)));
        let unknown: Vec<String> = (0..100).map(|number| bar(None, PAUSE * number)).collect();
        assert!(unknown.iter().all(|bar| bar.contains("<=>") && bar.find(']') == Some(31)), "{unknown:?}");
        assert!(unknown.windows(2).all(|two| two[0] != two[1]), "it moves: {unknown:?}");
    }
}
