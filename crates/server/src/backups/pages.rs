//! The daily look at every page and index of the living database, while students sleep. A backup copies a damaged page as
//! it is, and a page that nobody reads is damaged for months before anybody knows.

use std::{fs, path::Path, str::FromStr, time::Duration};

use ella_keeper::Living;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{board::PagesBoard, report::Finding, words::age};
use crate::{app::App, http::json::moment, secrets::write_private, tasks::Reconciler};

/// The file in the data folder that remembers the last look.
const FILE: &str = "page_check.json";
/// From one look to the next: a day, with room for when in the quiet hours it is.
const EVERY: SignedDuration = SignedDuration::from_hours(20);
/// A server that never runs in quiet hours looks when it runs.
const AT_LEAST_EVERY: SignedDuration = SignedDuration::from_hours(72);
/// No look takes longer.
const LIMIT: Duration = Duration::from_hours(2);

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When it began.
    pub at: Timestamp,
    /// Seconds that it took.
    pub seconds: i64,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}

/// The hours of a day (UTC) in which few students are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuietHours {
    /// Nobody is to look.
    Off,
    /// From the one full hour to before the other, perhaps over midnight.
    Between(i8, i8),
}

impl FromStr for QuietHours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        let refused = || "must be two full hours of the day in UTC such as 2-5 or 22-4, or off".to_owned();
        let (from, to) = text.split_once('-').ok_or_else(refused)?;
        let hour =
            |text: &str| text.trim().parse().ok().filter(|hour| (0..=24).contains(hour)).ok_or_else(refused);
        let (from, to): (i8, i8) = (hour(from)?, hour(to)?);
        if from == to { Err(refused()) } else { Ok(Self::Between(from, to)) }
    }
}

impl QuietHours {
    fn contain(self, moment: Timestamp) -> bool {
        let hour = moment.to_zoned(TimeZone::UTC).hour();
        match self {
            Self::Off => false,
            Self::Between(from, to) if from < to => (from..to).contains(&hour),
            Self::Between(from, to) => hour >= from || hour < to,
        }
    }

    /// Whether it is time to look, for a server that has been there since.
    fn is_due(self, last: Option<Timestamp>, since: Timestamp, now: Timestamp) -> bool {
        let waited = now.duration_since(last.unwrap_or(since));
        let is_old = last.is_none() || waited >= EVERY;
        self != Self::Off && (is_old && self.contain(now) || waited >= AT_LEAST_EVERY)
    }
}

/// The last look at the database of a data folder.
#[must_use]
pub fn last(data_dir: &Path) -> Option<Look> {
    serde_json::from_slice(&fs::read(data_dir.join(FILE)).ok()?).ok()
}

/// The last look at every page and index of the living database.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PagesReport {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_at: Option<Timestamp>,
    /// Seconds that it took.
    pub(crate) seconds: Option<i64>,
    /// What is wrong.
    pub(crate) faults: Vec<String>,
}

/// The last look, judged.
pub(super) fn report(board: PagesBoard, now: Timestamp) -> PagesReport {
    let finding = match (&board.last, board.off, board.error) {
        (Some(last), ..) if !last.faults.is_empty() => Finding::failing(
            format!(
                "Pages or indexes of the living database were damaged {} ago: {}",
                age(last.at, now),
                last.faults[0]
            ),
            "See to the disk, and bring everything back onto a sound one: ella restore --to latest. It begins with a backup \
             from before the damage, if one is kept. Where only an index is named, REINDEX is enough.",
        ),
        (_, Some(because), _) => Finding::off(format!("Nobody looks at the pages: {because}.")),
        (_, None, Some(error)) => Finding::warning("The pages could not be looked at.", error),
        (None, None, None) => Finding::ok("Nobody has looked yet: that is done in quiet hours."),
        (Some(last), None, None) => {
            Finding::ok(format!("Every page and index was sound {} ago.", age(last.at, now)))
        }
    };
    PagesReport {
        finding,
        last_at: board.last.as_ref().map(|last| last.at),
        seconds: board.last.as_ref().map(|last| last.seconds),
        faults: board.last.map(|last| last.faults).unwrap_or_default(),
    }
}

pub(super) struct Pages;

impl Reconciler for Pages {
    const NAME: &'static str = "look at every page";
    const EVERY: Duration = Duration::from_mins(5);

    async fn run(app: &App) -> Result<String, String> {
        let looked = look(app).await;
        app.backups.board().pages.error = looked.as_ref().err().cloned();
        looked
    }
}

async fn look(app: &App) -> Result<String, String> {
    let data_dir = app.config.data_dir()?;
    let last = last(&data_dir);
    let began = app.clock.now();
    let last_at = last.as_ref().map(|last| last.at);
    app.backups.board().pages.last = last;
    if !app.config.quiet_hours.is_due(last_at, app.started_at, began) {
        return Ok("nothing is due".to_owned());
    }
    let words = |error: ella_keeper::BackupError| error.to_string();
    let living = Living::find(&data_dir, "ella").map_err(words)?;
    let faults = living.check_pages(LIMIT).await.map_err(words)?;
    for fault in &faults {
        tracing::error!("a page or an index of the database is damaged: {fault}");
    }
    let look = Look { at: began, seconds: app.clock.now().duration_since(began).as_secs(), faults };
    let said = match look.faults.len() {
        0 => "all are sound".to_owned(),
        count => format!("{count} faults"),
    };
    let text =
        serde_json::to_string_pretty(&look).map_err(|error| format!("write the look down: {error}"))?;
    app.backups.board().pages.last = Some(look);
    write_private(&data_dir.join(FILE), &text)?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_parsed_and_may_go_over_midnight() {
        let at = |hour: i8| format!("2026-11-22T{hour:02}:30:00Z").parse::<Timestamp>().unwrap();
        let hours = |text: &str| text.parse::<QuietHours>().unwrap();
        let within = |text: &str| (0..24).filter(|hour| hours(text).contain(at(*hour))).collect::<Vec<i8>>();
        assert_eq!(within("2-5"), [2, 3, 4]);
        assert_eq!(within("22-1"), [0, 22, 23]);
        assert_eq!(within("0-24").len(), 24);
        assert_eq!(within("OFF").len(), 0);
        for text in ["", "2", "2-2", "2-25", "-1-3", "two-three"] {
            assert!(text.parse::<QuietHours>().is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_looked_once_a_day_in_quiet_hours_and_never_less_than_every_three_days() {
        let quiet: QuietHours = "2-5".parse().unwrap();
        let at = |text: &str| format!("2026-11-{text}:00Z").parse::<Timestamp>().unwrap();
        let since = at("01T12:00");
        let due = |last: Option<&str>, now: &str| quiet.is_due(last.map(at), since, at(now));
        assert!(!due(None, "01T13:00") && due(None, "02T02:00"), "a new server waits for its first night");
        assert!(!due(Some("02T02:00"), "02T02:05") && !due(Some("02T02:00"), "02T23:00"));
        assert!(due(Some("02T04:59"), "03T02:00"), "also when the last one was late in the night");
        assert!(due(Some("02T02:00"), "05T12:00") && !due(Some("02T02:00"), "05T01:59"));
        assert!(due(None, "04T12:00"), "a server that never runs at night");
        assert!(!QuietHours::Off.is_due(None, since, at("20T03:00")));
    }
}
