//! Timeouts that PostgreSQL itself keeps, below the request's deadline: no statement of ours outlives its request.

use std::time::Duration;

/// The settings that are asked of every session, as PostgreSQL shows them (milliseconds). One that `DATABASE_URL` sets
/// itself is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::database) struct Timeouts(Vec<(&'static str, u128)>);

/// A setting that means nothing to PostgreSQL: it shows whether startup options arrive at all, also those that are the
/// user's own.
const MARK: &str = "-c ella.startup=arrived";

impl Timeouts {
    /// The timeouts for requests that end after `deadline`, without those that `own_options` set.
    pub(in crate::database) fn below(deadline: Duration, own_options: &str) -> Self {
        let own = names(own_options);
        let timeouts = [
            ("statement_timeout", Duration::from_secs(5).min(deadline / 2)),
            ("lock_timeout", Duration::from_secs(2).min(deadline / 4)),
            ("idle_in_transaction_session_timeout", Duration::from_secs(10).min(deadline)),
        ];
        Self(
            timeouts
                .into_iter()
                .filter(|(name, _)| !own.iter().any(|own| own == name))
                .map(|(name, limit)| (name, limit.as_millis()))
                .collect(),
        )
    }

    /// They as settings of a role.
    pub(in crate::database) fn as_settings(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(name, limit)| ((*name).to_owned(), limit.to_string())).collect()
    }

    /// The `options` of the startup message: the user's own, then these.
    pub(super) fn as_options(&self, own_options: &str) -> String {
        let ours = self.0.iter().map(|(name, limit)| format!("-c {name}={limit}"));
        std::iter::once(own_options.trim().to_owned())
            .filter(|own| !own.is_empty())
            .chain(ours)
            .chain([MARK.to_owned()])
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The statements that set them in a session that did not take them at its start.
    pub(super) fn as_statements(&self) -> String {
        self.0.iter().map(|(name, limit)| format!("set {name} = {limit}")).collect::<Vec<_>>().join("; ")
    }

    /// A query that is true in a session that runs under them.
    pub(super) fn as_query(&self) -> String {
        let each = self.0.iter().map(|(name, limit)| {
            format!(" and (select setting from pg_catalog.pg_settings where name = '{name}') = '{limit}'")
        });
        format!("select true{}", each.collect::<String>())
    }

    /// A query that is true in a session whose startup options arrived, the user's own among them.
    pub(super) fn arrived(&self) -> String {
        format!(
            "{} and coalesce(pg_catalog.current_setting('ella.startup', true) = 'arrived', false)",
            self.as_query()
        )
    }
}

/// The names that command-line options set: `-c name=value`, `-cname=value` or `--name=value`.
fn names(options: &str) -> Vec<String> {
    let mut words = options.split_whitespace();
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        let assignment = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") => words.next().unwrap_or_default(),
            Some(assignment) => assignment,
            None => continue,
        };
        let name = assignment.split_once('=').map_or(assignment, |(name, _)| name);
        names.push(name.replace('-', "_").to_lowercase());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_options_win() {
        let own = "-c statement_timeout=1min -cLock_Timeout=9 --idle-in-transaction-session-timeout=0 -c search_path=x";
        let timeouts = Timeouts::below(Duration::from_secs(10), own);
        assert_eq!(timeouts.0, []);
        assert_eq!(timeouts.as_options(own), format!("{own} {MARK}"));
    }

    #[test]
    fn they_lie_below_the_requests_deadline() {
        assert_eq!(
            Timeouts::below(Duration::from_secs(10), "").as_options(""),
            format!(
                "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 {MARK}"
            )
        );
        assert_eq!(
            Timeouts::below(Duration::from_secs(2), "-c lock_timeout=1").as_statements(),
            "set statement_timeout = 1000; set idle_in_transaction_session_timeout = 2000"
        );
    }
}
