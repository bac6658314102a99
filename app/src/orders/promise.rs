//! When an order arrives: working days counted from a day, and days as a letter writes them.

use domain::shipping::ShippingOffer;
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// The first and the last day on which an order that was paid on `from` is expected.
pub fn arrival(from: Date, offer: ShippingOffer) -> (Date, Date) {
    (after_working_days(from, offer.days_min), after_working_days(from, offer.days_max))
}

/// The day that many working days later; Saturdays, Sundays are none. Holidays are the carrier's to
/// know.
fn after_working_days(from: Date, days: u32) -> Date {
    let mut day = from;
    let mut left = days;
    while left > 0 {
        // A day beyond the calendar's end (the year 9999) stays at its end.
        day = day.saturating_add(1.day());
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    day
}

/// `Between Thursday 26 and Friday 27 November`, or `On Tuesday 24 November`.
pub fn span_in_words((first, last): (Date, Date)) -> String {
    match (first == last, first.month() == last.month()) {
        (true, _) => format!("On {}", first.strftime("%A %-d %B")),
        (false, true) => {
            format!("Between {} and {}", first.strftime("%A %-d"), last.strftime("%A %-d %B"))
        }
        (false, false) => {
            format!("Between {} and {}", first.strftime("%A %-d %B"), last.strftime("%A %-d %B"))
        }
    }
}

/// `23 November 2026, 04:10 UTC`.
pub fn moment_in_words(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::shipping::{ShippingMethod, Zone};
    use jiff::civil::date;

    #[test]
    fn weekends_do_not_count() {
        let friday = date(2026, 11, 27);
        let standard = ShippingMethod::Standard.offer(Zone::Domestic);
        assert_eq!(arrival(friday, standard), (date(2026, 12, 1), date(2026, 12, 2)));
        let saturday = date(2026, 11, 28);
        let express = ShippingMethod::Express.offer(Zone::Domestic);
        assert_eq!(arrival(saturday, express), (date(2026, 11, 30), date(2026, 11, 30)));
    }

    #[test]
    fn days_read_as_in_a_letter() {
        let span = |first, last| span_in_words((first, last));
        assert_eq!(
            span(date(2026, 11, 26), date(2026, 11, 27)),
            "Between Thursday 26 and Friday 27 November"
        );
        assert_eq!(
            span(date(2026, 11, 30), date(2026, 12, 1)),
            "Between Monday 30 November and Tuesday 1 December"
        );
        assert_eq!(span(date(2026, 11, 24), date(2026, 11, 24)), "On Tuesday 24 November");
        let moment: Timestamp = "2026-11-23T04:10:59Z".parse().unwrap();
        assert_eq!(moment_in_words(moment), "23 November 2026, 04:10 UTC");
    }
}
