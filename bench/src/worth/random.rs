//! Numbers that look random and are the same in every run.

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, and good enough to draw delays.
pub(crate) struct Random(u64);

impl Random {
    /// The generator of one thing: the same seed and number give the same draws.
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let mut random = Self(seed ^ number.wrapping_mul(0xA076_1D64_78BD_642F));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly between 0 and 1, neither included.
    pub(crate) fn even(&mut self) -> f64 {
        let upper = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        (f64::from(upper) + 0.5) / 4_294_967_296.0
    }

    /// Standard normal (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = ((-2.0 * self.even().ln()).sqrt(), std::f64::consts::TAU * self.even());
        radius * angle.cos()
    }

    /// One of so many, from 0.
    pub(crate) fn one_of(&mut self, many: u64) -> usize {
        usize::try_from(self.next() % many.max(1)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_repeatable_and_spread_as_they_should() {
        let draws = |seed| {
            let mut random = Random::of(seed, 7);
            (0..10_000).map(|_| random.normal()).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
        let within = draws(1).into_iter().filter(|value| value.abs() < 1.645).count();
        assert!((8_900..9_100).contains(&within), "{within} of 10,000 should be about 9,000");
    }
}
