//! When a letter that was not taken is sent again: soon at first, for a mail server that was just being restarted or
//! that makes strangers wait, then ever more rarely, for about three days.

use std::time::Duration;

const MINUTES: u64 = 60;
const HOURS: u64 = 3_600;

/// How long is waited after each attempt that failed.
const WAITS: [u64; 11] = [
    10,
    MINUTES,
    5 * MINUTES,
    15 * MINUTES,
    HOURS,
    2 * HOURS,
    4 * HOURS,
    8 * HOURS,
    12 * HOURS,
    20 * HOURS,
    24 * HOURS,
];

/// How long is waited after so many attempts, the last of which failed; `None` if it was the last of all. `chance`
/// (any number) makes it up to a fifth longer or shorter, so that what failed together does not come again together.
pub(super) fn wait(attempts: u32, chance: u32) -> Option<Duration> {
    let place = usize::try_from(attempts.saturating_sub(1)).ok()?;
    let whole = Duration::from_secs(*WAITS.get(place)?);
    Some(whole * (80 + chance % 41) / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_for_about_three_days_ever_more_rarely() {
        let total: u64 = WAITS.iter().sum();
        assert!((70 * HOURS..74 * HOURS).contains(&total), "{total}");
        assert!(WAITS.is_sorted());
        assert_eq!(wait(12, 0), None);
        assert_eq!(wait(u32::MAX, 0), None);
    }

    #[test]
    fn chance_moves_a_wait_by_a_fifth_at_most() {
        let waits: Vec<_> = (0..100).filter_map(|chance| wait(2, chance)).collect();
        assert_eq!(waits.iter().min(), Some(&Duration::from_secs(48)));
        assert_eq!(waits.iter().max(), Some(&Duration::from_secs(72)));
    }
}
