//! Chance that can be repeated.

/// Numbers that look like chance and follow from their seed: `SplitMix64` (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to less than 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what the type holds")]
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True so often.
    pub(super) fn happens(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// A whole number from `from` up to and with `to`.
    pub(super) fn between(&mut self, from: i32, to: i32) -> i32 {
        let span = u64::try_from(i64::from(to) - i64::from(from) + 1).unwrap_or(1).max(1);
        from.saturating_add(i32::try_from(self.next() % span).unwrap_or(0))
    }

    /// One of several.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).unwrap_or(0);
        if count == 0 {
            return None;
        }
        from.get(usize::try_from(self.next() % count).unwrap_or(0))
    }

    /// Milliseconds around `usual`, seldom much longer: latencies have a tail to the right.
    #[expect(clippy::cast_possible_truncation, reason = "cut to what a latency may be")]
    pub(super) fn latency(&mut self, usual: f64) -> i32 {
        let lean = self.share() + self.share() + self.share() - 1.5;
        (usual * (0.55 * lean).exp()).clamp(1.0, 20_000.0) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_follows_from_its_seed_and_keeps_its_limits() {
        let (mut one, mut same, mut other) = (Dice::new(1), Dice::new(1), Dice::new(2));
        let numbers: Vec<u64> = (0..100).map(|_| one.next()).collect();
        assert_eq!(numbers, (0..100).map(|_| same.next()).collect::<Vec<_>>());
        assert_ne!(numbers, (0..100).map(|_| other.next()).collect::<Vec<_>>());
        let thrown: std::collections::BTreeSet<i32> = (0..200).map(|_| one.between(-1, 2)).collect();
        assert_eq!(thrown, (-1..=2).collect());
        assert!((0..1000).all(|_| (0.0..1.0).contains(&one.share())));
        assert!((0..1000).all(|_| (250..=1900).contains(&one.latency(700.0))));
    }
}
