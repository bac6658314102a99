//! Value-added tax contained in prices: the European Union's rates by country and date, and how the
//! tax is taken out of a gross amount.

use crate::{Country, Money};
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// Which of a country's rates a product falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxClass {
    /// The standard rate.
    Standard,
    /// The reduced rate (books, food and the like, as the country has it).
    Reduced,
    /// No tax.
    Zero,
}

/// A rate in basis points: 1900 is 19 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BasisPoints(pub u32);

impl BasisPoints {
    /// The tax contained in a gross amount: gross · rate / (1 + rate), rounded half to even on the
    /// minor unit.
    pub fn contained_in(self, gross: Money) -> Money {
        let rate = i64::from(self.0);
        let whole = 10_000 + rate;
        // What is contained in whole multiples comes out even, so that no product leaves 64 bits.
        let (multiples, rest) = (gross.minor().div_euclid(whole), gross.minor().rem_euclid(whole));
        let (quotient, rest) = (multiples * rate + rest * rate / whole, rest * rate % whole);
        let up = match (rest * 2).cmp(&whole) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => quotient % 2 != 0,
            std::cmp::Ordering::Greater => true,
        };
        Money::new(quotient + i64::from(up), gross.currency())
    }

    /// As a reader expects it: `19 %`, `25.5 %`.
    pub fn percent(self) -> String {
        let (whole, hundredths) = (self.0 / 100, self.0 % 100);
        match hundredths {
            0 => format!("{whole} %"),
            _ if hundredths.is_multiple_of(10) => format!("{whole}.{} %", hundredths / 10),
            _ => format!("{whole}.{hundredths:02} %"),
        }
    }
}

struct Rate {
    country: &'static str,
    /// First day on which it applies.
    since: Date,
    standard: u32,
    reduced: u32,
}

const fn rate(country: &'static str, since: Date, standard: u32, reduced: u32) -> Rate {
    Rate { country, since, standard, reduced }
}

const OLD: Date = date(2020, 12, 31);

/// Standard and (highest) reduced rates in basis points, newest first within a country.
/// Source: European Commission, "VAT rates applied in the Member States of the European Union", and
/// the national acts for the dated changes (Estonia 2024 and 2025, Finland 2024 and 2026,
/// Lithuania 2026, Luxembourg 2024, Romania 2025, Slovakia 2025).
static RATES: &[Rate] = &[
    rate("AT", OLD, 2000, 1000),
    rate("BE", OLD, 2100, 1200),
    rate("BG", OLD, 2000, 900),
    rate("HR", OLD, 2500, 1300),
    rate("CY", OLD, 1900, 900),
    rate("CZ", date(2024, 1, 1), 2100, 1200),
    rate("CZ", OLD, 2100, 1500),
    rate("DK", OLD, 2500, 2500),
    rate("EE", date(2025, 7, 1), 2400, 1300),
    rate("EE", date(2025, 1, 1), 2200, 1300),
    rate("EE", date(2024, 1, 1), 2200, 900),
    rate("EE", OLD, 2000, 900),
    rate("FI", date(2026, 1, 1), 2550, 1350),
    rate("FI", date(2024, 9, 1), 2550, 1400),
    rate("FI", OLD, 2400, 1400),
    rate("FR", OLD, 2000, 1000),
    rate("DE", OLD, 1900, 700),
    rate("GR", OLD, 2400, 1300),
    rate("HU", OLD, 2700, 1800),
    rate("IE", OLD, 2300, 1350),
    rate("IT", OLD, 2200, 1000),
    rate("LV", OLD, 2100, 1200),
    rate("LT", date(2026, 1, 1), 2100, 1200),
    rate("LT", OLD, 2100, 900),
    rate("LU", date(2024, 1, 1), 1700, 1400),
    rate("LU", OLD, 1700, 1400),
    rate("MT", OLD, 1800, 700),
    rate("NL", OLD, 2100, 900),
    rate("PL", OLD, 2300, 800),
    rate("PT", OLD, 2300, 1300),
    rate("RO", date(2025, 8, 1), 2100, 1100),
    rate("RO", OLD, 1900, 900),
    rate("SK", date(2025, 1, 1), 2300, 1900),
    rate("SK", OLD, 2000, 1000),
    rate("SI", OLD, 2200, 950),
    rate("ES", OLD, 2100, 1000),
    rate("SE", OLD, 2500, 1200),
];

/// The rate of a class in a country on a day; `None` for a day before the table begins.
pub fn rate_of(country: Country, class: TaxClass, on: Date) -> Option<BasisPoints> {
    let entry = RATES.iter().find(|rate| rate.country == country.code() && rate.since <= on)?;
    Some(BasisPoints(match class {
        TaxClass::Standard => entry.standard,
        TaxClass::Reduced => entry.reduced,
        TaxClass::Zero => 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn the_tax_is_taken_out_of_the_gross_price() {
        assert_eq!(BasisPoints(1900).contained_in(eur(11_900)), eur(1_900));
        assert_eq!(BasisPoints(2000).contained_in(eur(100)), eur(17));
        assert_eq!(BasisPoints(0).contained_in(eur(100)), eur(0));
        assert_eq!(BasisPoints(1900).contained_in(eur(-11_900)), eur(-1_900));
    }

    #[test]
    fn half_a_cent_goes_to_the_even_one() {
        // A rate of 100 % contains half of the gross amount.
        assert_eq!(BasisPoints(10_000).contained_in(eur(1)), eur(0));
        assert_eq!(BasisPoints(10_000).contained_in(eur(3)), eur(2));
        assert_eq!(BasisPoints(10_000).contained_in(eur(5)), eur(2));
    }

    proptest! {
        #[test]
        fn no_amount_is_too_large_for_its_tax_to_be_exact(minor in any::<i64>(), rate in 0_u32..=10_000) {
            let tax = i128::from(BasisPoints(rate).contained_in(eur(minor)).minor());
            let (rate, minor) = (i128::from(rate), i128::from(minor));
            // Half a cent at most from gross · rate / (1 + rate).
            prop_assert!((2 * (tax * (10_000 + rate) - minor * rate)).abs() <= 10_000 + rate);
        }
    }

    #[test]
    fn every_member_state_has_a_rate_and_a_change_applies_from_its_day() {
        for country in Country::EUROPEAN_UNION {
            let rate = rate_of(country, TaxClass::Standard, date(2026, 11, 23));
            assert!(rate.is_some_and(|rate| (1700..=2700).contains(&rate.0)), "{country}");
        }
        let romania = Country::parse("RO").unwrap();
        let on = |day| rate_of(romania, TaxClass::Standard, day).unwrap();
        assert_eq!(on(date(2025, 7, 31)), BasisPoints(1900));
        assert_eq!(on(date(2025, 8, 1)), BasisPoints(2100));
        assert_eq!(rate_of(romania, TaxClass::Standard, date(2019, 1, 1)), None);
    }

    #[test]
    fn the_reduced_rates_of_lithuania_and_estonia_rise_on_their_days() {
        let reduced = |country, on| {
            rate_of(Country::parse(country).unwrap(), TaxClass::Reduced, on).unwrap().0
        };
        assert_eq!(reduced("LT", date(2025, 12, 31)), 900);
        assert_eq!(reduced("LT", date(2026, 1, 1)), 1200);
        assert_eq!(reduced("EE", date(2024, 12, 31)), 900);
        assert_eq!(reduced("EE", date(2025, 1, 1)), 1300);
        assert_eq!(reduced("EE", date(2025, 7, 1)), 1300);
        let estonia = Country::parse("EE").unwrap();
        let standard = rate_of(estonia, TaxClass::Standard, date(2025, 6, 30)).unwrap();
        assert_eq!(standard, BasisPoints(2200));
    }

    #[test]
    fn a_rate_reads_as_a_percentage() {
        assert_eq!(BasisPoints(1900).percent(), "19 %");
        assert_eq!(BasisPoints(2550).percent(), "25.5 %");
        assert_eq!(BasisPoints(1905).percent(), "19.05 %");
    }
}
