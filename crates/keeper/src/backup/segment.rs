//! Names of WAL segments and positions in the WAL.

use std::fmt;

/// Bytes of a segment; PostgreSQL's default, which the keeper never changes.
const SEGMENT_BYTES: u64 = 16 << 20;
/// Segments that one name's middle part stands for.
const IN_A_LOG: u64 = (1 << 32) / SEGMENT_BYTES;

/// A position in the WAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lsn(pub(super) u64);

impl Lsn {
    /// Parses `0/2000028`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (high, low) = text.trim().split_once('/')?;
        let part = |digits| u32::from_str_radix(digits, 16).ok().map(u64::from);
        Some(Self((part(high)? << 32) | part(low)?))
    }

    /// The number of the segment that it lies in.
    pub(super) fn segment(self) -> u64 {
        self.0 / SEGMENT_BYTES
    }
}

/// A segment of the WAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    pub(super) timeline: u32,
    /// Counts on from one timeline to the next.
    pub(super) number: u64,
}

impl Segment {
    /// Digits of a name.
    pub(super) const DIGITS: usize = 24;

    pub(super) fn parse(name: &str) -> Option<Self> {
        let is_name = name.len() == Self::DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let part = |range| u32::from_str_radix(name.get(range)?, 16).ok();
        let (timeline, log, low) = (part(0..8)?, part(8..16)?, part(16..24)?);
        (is_name && u64::from(low) < IN_A_LOG)
            .then_some(Self { timeline, number: u64::from(log) * IN_A_LOG + u64::from(low) })
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (log, low) = (self.number / IN_A_LOG, self.number % IN_A_LOG);
        write!(formatter, "{:08X}{log:08X}{low:08X}", self.timeline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_on() {
        let last = Segment::parse("0000000200000000000000FF").unwrap();
        assert_eq!((last.timeline, last.number), (2, 255));
        let next = Segment { number: last.number + 1, ..last };
        assert_eq!(next.to_string(), "000000020000000100000000");
        assert_eq!(Segment::parse(&next.to_string()), Some(next));
        for no_name in ["00000002.history", "000000010000000000000100", "00000001000000000000000g", ""] {
            assert_eq!(Segment::parse(no_name), None, "{no_name}");
        }
    }

    #[test]
    fn positions_lie_in_segments() {
        assert_eq!(Lsn::parse("1/2000028"), Some(Lsn(0x1_0200_0028)));
        assert_eq!(Lsn::parse("0/2000028").map(Lsn::segment), Some(2));
        assert_eq!(Lsn::parse("2000028"), None);
    }
}
