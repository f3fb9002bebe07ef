use std::fmt;

/// A version of PostgreSQL, such as 15.18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The major version: 15 of 15.18. Only the same major version can open a cluster.
    pub major: u32,
    /// The minor version: 18 of 15.18.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// What a program says of its version: `postgres (PostgreSQL) 15.18 (Debian ...)` or `pgBackRest 2.45`.
/// Betas and release candidates, such as `19beta1`, are not taken: their clusters cannot be opened by the release.
pub(crate) fn parse(output: &str) -> Option<Version> {
    output.split_whitespace().find_map(|word| {
        let (major, minor) = word.split_once('.')?;
        let minor = minor.split('.').next()?;
        Some(Version { major: major.parse().ok()?, minor: minor.parse().ok()? })
    })
}

/// The newest major version of PostgreSQL that a pgBackRest can back up, or `None` when we do not know one.
///
/// From pgBackRest's release notes: PostgreSQL 16 came with 2.46, 17 with 2.53.1, 18 with 2.55.
/// What came after 2.59 we have not read, and so do not forbid.
pub(crate) fn newest_for_pgbackrest(pgbackrest: Version) -> Option<u32> {
    match (pgbackrest.major, pgbackrest.minor) {
        (..2, _) | (2, ..=45) => Some(15),
        (2, 46..=53) => Some(16),
        (2, 54) => Some(17),
        (2, 55..=59) => Some(18),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let read = |text| parse(text).map(|version| version.to_string());
        assert_eq!(read("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)").as_deref(), Some("15.18"));
        assert_eq!(read("postgres (PostgreSQL) 9.6.24").as_deref(), Some("9.6"));
        assert_eq!(read("pgBackRest 2.53.1").as_deref(), Some("2.53"));
        assert_eq!(read("postgres (PostgreSQL) 19beta1"), None);
        assert_eq!(read("command not found"), None);
    }

    #[test]
    fn pgbackrest_limits_the_major() {
        let limit = |minor| newest_for_pgbackrest(Version { major: 2, minor });
        assert_eq!([limit(41), limit(45), limit(46), limit(53)], [Some(15), Some(15), Some(16), Some(16)]);
        assert_eq!([limit(54), limit(55), limit(58), limit(60)], [Some(17), Some(18), Some(18), None]);
    }
}
