//! How the figures are told: a table to read, and JSON to compare runs by.

use crate::{
    row::{Outcome, Plan, Row},
    trial::{Figure, Trial, Unit},
};
use serde::Serialize;
use std::fmt::{self, Display, Formatter};

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// When it ended, RFC 3339.
    pub measured_at: String,
    /// How many processors the machine has.
    pub processors: usize,
    /// The load average of a minute before the run, and after it. A machine that was busy before says
    /// little by its figures.
    pub load_average: (f64, f64),
    /// How it was measured.
    pub plan: Plan,
    /// The table.
    pub rows: Vec<Row>,
    /// What is not said beside a reference.
    pub trials: Vec<Trial>,
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Plan { rounds, seconds, .. } = self.plan;
        let (before, after) = self.load_average;
        let heads = ["a second", "CPU each", "p50", "p99"];
        write!(out, "{:44}", "")?;
        for head in heads {
            write!(out, "{head:>12}")?;
        }
        writeln!(out)?;
        for row in &self.rows {
            writeln!(out, "{}, {} at once", row.name, row.workers)?;
            line(out, &row.subject)?;
            line(out, &row.reference)?;
            let (rate, cpu) = (times(row.rate_ratio), times(row.cpu_ratio));
            writeln!(out, "  {:42}{rate:>12}{cpu:>12}", "ratio")?;
            let mut programs: Vec<_> = row.subject.median.cpu_us_by_program.iter().collect();
            programs.retain(|(_, spent)| **spent > 0.0);
            programs.sort_by(|(_, one), (_, other)| other.total_cmp(one));
            let parts: Vec<String> =
                programs.iter().map(|(name, spent)| format!("{name} {}", time(**spent))).collect();
            writeln!(out, "  CPU of Vitrine: {}\n", parts.join(", "))?;
        }
        for trial in &self.trials {
            writeln!(out, "{}", trial.name)?;
            for figure in &trial.figures {
                told(out, figure)?;
            }
            writeln!(out)?;
        }
        writeln!(
            out,
            "Medians of {rounds} rounds of {seconds} s each, both sides in turn, on {} processors. \
             Load average {before:.2}\nbefore and {after:.2} after. CPU each: processor time of all \
             programs involved but the load generator,\nwhich runs on the same machine. It is \
             steadier than the rate: quote it first.",
            self.processors,
        )
    }
}

fn line(out: &mut Formatter<'_>, side: &Outcome) -> fmt::Result {
    let figures = &side.median;
    write!(out, "  {:42}{:>12}", side.label, count(figures.per_second))?;
    for spent in [figures.cpu_us, figures.p50_us, figures.p99_us] {
        write!(out, "{:>12}", time(spent))?;
    }
    writeln!(out)
}

fn told(out: &mut Formatter<'_>, figure: &Figure) -> fmt::Result {
    let text = |value| match figure.unit {
        Unit::Count => count(value),
        Unit::Microseconds => time(value),
        Unit::Bytes => format!("{} B", count(value)),
        Unit::Times => times(value),
    };
    write!(out, "  {:54}{:>12}", figure.label, text(figure.value))?;
    match figure.at_most {
        Some(goal) if figure.value <= goal => writeln!(out, "   goal {}: kept", text(goal)),
        Some(goal) => writeln!(out, "   goal {}: missed", text(goal)),
        None => writeln!(out),
    }
}

/// Three digits that matter: a whole number from 100 on.
fn digits(value: f64) -> String {
    let decimals =
        if value >= 99.95 { 0 } else { usize::from(value < 99.95) + usize::from(value < 9.995) };
    format!("{value:.decimals$}")
}

fn time(microseconds: f64) -> String {
    match microseconds {
        us if us < 999.5 => format!("{} µs", digits(us)),
        us if us < 999_500.0 => format!("{} ms", digits(us / 1e3)),
        us => format!("{} s", digits(us / 1e6)),
    }
}

fn times(ratio: f64) -> String {
    format!("{} ×", digits(ratio))
}

/// With a comma at each thousand.
fn count(value: f64) -> String {
    let plain = if value.fract() == 0.0 { format!("{value}") } else { digits(value) };
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_that_matter() {
        assert_eq!(time(6.123), "6.12 µs");
        assert_eq!(time(99.96), "100 µs");
        assert_eq!(time(1234.0), "1.23 ms");
        assert_eq!(time(999.7), "1.00 ms");
        assert_eq!(time(36_700_000.0), "36.7 s");
        assert_eq!(times(0.4567), "0.46 ×");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(count(94_123.4), "94,123");
        assert_eq!(count(1_234_567.0), "1,234,567");
        assert_eq!(count(941.2), "941");
        assert_eq!(count(12.34), "12.3");
    }
}
