//! When a warehouse sends: the days it works, and until when an order leaves on the same day. Which
//! local time it is there is said by who has a clock and a time zone database.

use jiff::civil::{Date, DateTime, Weekday};
use serde::{Deserialize, Serialize};

/// The days of the week that a warehouse works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkingDays(u8);

impl WorkingDays {
    /// Monday to Friday.
    pub const WEEKDAYS: Self = Self(0b001_1111);
    /// All seven.
    pub const EVERY_DAY: Self = Self(0b111_1111);

    /// The days whose bits are set, Monday the lowest. `None` for bits that no day has.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits <= Self::EVERY_DAY.0).then_some(Self(bits))
    }

    /// The bits of the days, Monday the lowest.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether this day is among them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }
}

/// When a warehouse sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// What is ordered before this minute of the local day leaves on that day; 0 for never, 1440 for always.
    pub cut_off_minute: u16,
    /// The days it works.
    pub working_days: WorkingDays,
    /// Days that it does not work although it would.
    pub holidays: Vec<Date>,
}

impl Default for Hours {
    /// Until two in the afternoon, Monday to Friday.
    fn default() -> Self {
        Self { cut_off_minute: 14 * 60, working_days: WorkingDays::WEEKDAYS, holidays: Vec::new() }
    }
}

impl Hours {
    /// The latest cut-off there is: the end of the day.
    pub const END_OF_DAY: u16 = 24 * 60;
    /// A warehouse that does not work for so many days is not waited for.
    const DAYS_AHEAD: usize = 60;

    /// The day on which a parcel leaves that is ordered at this local time. `None` when that is too far
    /// away to say.
    pub fn leaves(&self, ordered: DateTime) -> Option<Date> {
        let minute = i32::from(ordered.hour()) * 60 + i32::from(ordered.minute());
        let mut day = ordered.date();
        if minute >= i32::from(self.cut_off_minute) {
            day = day.tomorrow().ok()?;
        }
        for _ in 0..Self::DAYS_AHEAD {
            if self.works(day) {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn works(&self, day: Date) -> bool {
        self.working_days.has(day.weekday()) && !self.holidays.contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, datetime};

    #[test]
    fn before_the_cut_off_it_leaves_today_and_after_it_tomorrow() {
        let hours = Hours::default();
        // A Thursday.
        let at = |hour, minute| hours.leaves(datetime(2026, 11, 26, hour, minute, 59, 0));
        assert_eq!(at(13, 59), Some(date(2026, 11, 26)));
        assert_eq!(at(14, 0), Some(date(2026, 11, 27)));
    }

    #[test]
    fn nothing_leaves_on_a_weekend_or_a_holiday() {
        let holidays = vec![date(2026, 12, 25), date(2026, 12, 28)];
        let hours = Hours { holidays, ..Hours::default() };
        // Thursday evening; Friday is Christmas, Monday is taken off as well.
        assert_eq!(hours.leaves(datetime(2026, 12, 24, 20, 0, 0, 0)), Some(date(2026, 12, 29)));
        assert_eq!(hours.leaves(datetime(2026, 11, 28, 9, 0, 0, 0)), Some(date(2026, 11, 30)));
    }

    #[test]
    fn a_cut_off_at_either_end_of_the_day_is_never_or_always() {
        let hours = |cut_off_minute| Hours {
            cut_off_minute,
            working_days: WorkingDays::EVERY_DAY,
            holidays: Vec::new(),
        };
        let (start, end) =
            (datetime(2026, 2, 28, 0, 0, 0, 0), datetime(2026, 2, 28, 23, 59, 59, 0));
        assert_eq!(hours(0).leaves(start), Some(date(2026, 3, 1)));
        assert_eq!(hours(Hours::END_OF_DAY).leaves(end), Some(date(2026, 2, 28)));
    }

    #[test]
    fn a_warehouse_that_never_works_promises_nothing() {
        let never = WorkingDays::from_bits(0).unwrap();
        let hours = Hours { working_days: never, ..Hours::default() };
        assert_eq!(hours.leaves(datetime(2026, 11, 26, 9, 0, 0, 0)), None);
        assert_eq!(hours.leaves(DateTime::MAX), None);
        assert_eq!(WorkingDays::from_bits(128), None);
    }
}
