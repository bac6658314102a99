//! Chance that is the same everywhere and for ever: a catalogue made of it can be made again.

/// Numbers that look random. SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014. It is no secret and must not guard one.
pub(super) struct Chance(u64);

impl Chance {
    /// The chance of one thing of a catalogue, independent of that of all others.
    pub fn of(seed: u64, number: u32) -> Self {
        let mut chance = Self(seed ^ 0x0056_6974_7269_6e65);
        chance.0 = chance.next() ^ u64::from(number);
        Self(chance.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included. That some are more likely by less than one in 2⁵⁰
    /// does not matter here.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// One of these, of which there is at least one.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let last = all.len() as u64 - 1;
        &all[self.between(0, last) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_paper() {
        // The reference implementation's first two numbers for the seed 1234567.
        let mut chance = Chance(1_234_567);
        assert_eq!(chance.next(), 6_457_827_717_110_365_317);
        assert_eq!(chance.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_value_between_comes_up() {
        let mut seen = [false; 7];
        let mut chance = Chance::of(1, 1);
        (0..200).for_each(|_| seen[chance.between(3, 9) as usize - 3] = true);
        assert_eq!(seen, [true; 7]);
    }
}
