use ella_keeper::Target;
use jiff::{SignedDuration, Timestamp};

const FORMS: &str =
    "Give a moment with its zone, such as \"2026-11-22 10:00:00Z\", or \"3 hours ago\", or latest.";

/// Parses a moment as people give it.
///
/// # Errors
/// A sentence with the forms it may have.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Target, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("latest") {
        return Ok(Target::Latest);
    }
    if let Some(ago) = text.strip_suffix("ago") {
        let refused = || format!("{text:?} is not understood. {FORMS}");
        let (count, unit) = ago.trim().split_once(' ').ok_or_else(refused)?;
        let count: u32 = count.parse().map_err(|_| refused())?;
        let seconds: u64 = match unit.trim().trim_end_matches('s') {
            "second" => 1,
            "minute" => 60,
            "hour" => 3600,
            "day" => 86_400,
            "week" => 604_800,
            _ => return Err(refused()),
        };
        let ago = i64::try_from(u64::from(count) * seconds).map(SignedDuration::from_secs);
        let moment = ago.ok().and_then(|ago| now.checked_sub(ago).ok());
        return moment.map(Target::At).ok_or_else(refused);
    }
    text.parse().map(Target::At).map_err(|_| {
        let without_zone = text.parse::<jiff::civil::DateTime>().is_ok();
        let why = if without_zone { "has no zone" } else { "is not understood" };
        format!("{text:?} {why}. {FORMS}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_given_as_people_give_them() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let at = |text: &str| match parse(text, now).unwrap() {
            Target::At(moment) => moment.to_string(),
            Target::Latest => "latest".to_owned(),
        };
        assert_eq!(at("latest"), "latest");
        assert_eq!(at("3 hours ago"), "2026-11-22T09:00:00Z");
        assert_eq!(at("1 day ago"), "2026-11-21T12:00:00Z");
        assert_eq!(at("90 seconds ago"), "2026-11-22T11:58:30Z");
        assert_eq!(at("2026-11-22 10:00:00Z"), "2026-11-22T10:00:00Z");
        assert_eq!(at("2026-11-22T10:00:00.5+02:00"), "2026-11-22T08:00:00.5Z");
        for (text, part) in [
            ("2026-11-22 10:00:00", "has no zone"),
            ("yesterday", "not understood"),
            ("3 fortnights ago", "not understood"),
            ("ago", "not understood"),
            ("4000000000 weeks ago", "not understood"),
        ] {
            let sentence = parse(text, now).unwrap_err();
            assert!(sentence.contains(part) && sentence.contains("latest"), "{sentence}");
        }
    }
}
