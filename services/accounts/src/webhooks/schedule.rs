//! When a message that was not taken is sent again: soon at first, for a receiver that was just being restarted,
//! then ever more rarely, for about three days: over a long weekend.

use std::time::Duration;

const SECONDS: u64 = 1;
const MINUTES: u64 = 60;
const HOURS: u64 = 3_600;

/// How long is waited after each attempt that failed.
const WAITS: [u64; 12] = [
    5 * SECONDS,
    30 * SECONDS,
    2 * MINUTES,
    10 * MINUTES,
    30 * MINUTES,
    HOURS,
    2 * HOURS,
    4 * HOURS,
    8 * HOURS,
    12 * HOURS,
    20 * HOURS,
    24 * HOURS,
];

/// How many attempts there are, the first one among them.
pub const ATTEMPTS: u32 = WAITS.len() as u32 + 1;

/// How long is waited after so many attempts, the last of which failed; `None` if it was the last of all. `chance`
/// (any number) makes it up to a fifth longer or shorter, so that what failed together does not come again together.
pub fn wait(attempts: u32, chance: u32) -> Option<Duration> {
    let place = usize::try_from(attempts.saturating_sub(1)).ok()?;
    let whole = Duration::from_secs(*WAITS.get(place)?);
    let percent = 80 + chance % 41;
    Some(whole * percent / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_for_about_three_days_ever_more_rarely() {
        let total: u64 = WAITS.iter().sum();
        assert!((70 * HOURS..74 * HOURS).contains(&total), "{total}");
        assert!(WAITS.is_sorted());
        assert_eq!(wait(ATTEMPTS, 0), None);
        assert_eq!(wait(u32::MAX, 0), None);
    }

    #[test]
    fn chance_moves_a_wait_by_a_fifth_at_most() {
        for attempts in 1..ATTEMPTS {
            let whole = Duration::from_secs(WAITS[attempts as usize - 1]);
            let waits: Vec<_> = (0..100).filter_map(|chance| wait(attempts, chance)).collect();
            assert_eq!(waits.iter().min(), Some(&(whole * 4 / 5)));
            assert_eq!(waits.iter().max(), Some(&(whole * 6 / 5)));
        }
    }
}
