//! One row of the table: two workloads that take turns, so that whatever else the machine does weighs
//! on both, and the medians of their rounds.

use crate::{
    cpu::{self, Program},
    load::{self, Workload},
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;

/// The first rounds are not counted: connections, plans and caches are made in them.
const WARM_UP: Duration = Duration::from_millis(500);
/// What follows an answer (events that are relayed, carts that are emptied) belongs to it too.
const SETTLE: Duration = Duration::from_millis(300);

/// How every row is measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Plan {
    /// How often each side has its turn.
    pub rounds: usize,
    /// How long a turn is.
    pub seconds: f64,
    /// How many do the work at once.
    pub workers: usize,
}

/// One side of a row.
pub struct Side<'a, W> {
    /// What the table calls it.
    pub label: String,
    /// What it does.
    pub workload: &'a W,
    /// The programs it keeps busy. The load generator is never among them.
    pub programs: &'a [Program],
}

/// What was measured in one round, or the medians of several.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Requests (or checkouts, or transactions) a second.
    pub per_second: f64,
    /// Processor time of all programs for each of them, in microseconds.
    pub cpu_us: f64,
    /// The same by program.
    pub cpu_us_by_program: BTreeMap<&'static str, f64>,
    /// Processor time of the load generator for each, in microseconds. It is in no other figure.
    pub generator_cpu_us: f64,
    /// Half of all took no longer, in microseconds.
    pub p50_us: f64,
    /// 99 of a hundred took no longer, in microseconds.
    pub p99_us: f64,
}

/// One side as it came out.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// What the table calls it.
    pub label: String,
    /// The medians of the rounds.
    pub median: Figures,
    /// The rounds.
    pub rounds: Vec<Figures>,
}

/// A row of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    /// What was done.
    pub name: String,
    /// How many did it at once.
    pub workers: usize,
    /// The store.
    pub subject: Outcome,
    /// What it is compared with.
    pub reference: Outcome,
    /// Processor time of the store in units of the reference's.
    pub cpu_ratio: f64,
    /// Requests a second of the store in units of the reference's.
    pub rate_ratio: f64,
}

/// Measures both sides in turn: reference, subject, reference, subject, and so on.
///
/// # Errors
/// Something failed under load, or a program ended.
pub async fn measure<S: Workload, R: Workload>(
    name: &str,
    plan: Plan,
    subject: Side<'_, S>,
    reference: Side<'_, R>,
) -> anyhow::Result<Row> {
    load::drive(reference.workload, plan.workers, WARM_UP).await?;
    load::drive(subject.workload, plan.workers, WARM_UP).await?;
    sleep(SETTLE).await;
    let (mut of_subject, mut of_reference) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        of_reference.push(round(&reference, plan).await?);
        of_subject.push(round(&subject, plan).await?);
    }
    let subject = outcome(subject.label, of_subject);
    let reference = outcome(reference.label, of_reference);
    let ratio = |of: fn(&Figures) -> f64| of(&subject.median) / of(&reference.median);
    Ok(Row {
        name: name.to_owned(),
        workers: plan.workers,
        cpu_ratio: ratio(|figures| figures.cpu_us),
        rate_ratio: ratio(|figures| figures.per_second),
        subject,
        reference,
    })
}

async fn round<W: Workload>(side: &Side<'_, W>, plan: Plan) -> anyhow::Result<Figures> {
    let generator = [Program { name: "load generator", pid: std::process::id() }];
    let (before, own_before) = (cpu::used(side.programs)?, cpu::used(&generator)?);
    let load =
        load::drive(side.workload, plan.workers, Duration::from_secs_f64(plan.seconds)).await?;
    sleep(SETTLE).await;
    let (after, own_after) = (cpu::used(side.programs)?, cpu::used(&generator)?);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / load.done() as f64;
    let spent = |before: &[Duration], after: &[Duration]| -> Vec<f64> {
        before.iter().zip(after).map(|(from, to)| each(to.saturating_sub(*from))).collect()
    };
    let by_program = spent(&before, &after);
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(Figures {
        per_second: load.per_second(),
        cpu_us: by_program.iter().sum(),
        cpu_us_by_program: side
            .programs
            .iter()
            .map(|program| program.name)
            .zip(by_program)
            .collect(),
        generator_cpu_us: spent(&own_before, &own_after).iter().sum(),
        p50_us: microseconds(load.quantile(0.5)),
        p99_us: microseconds(load.quantile(0.99)),
    })
}

fn outcome(label: String, rounds: Vec<Figures>) -> Outcome {
    let of = |figure: fn(&Figures) -> f64| median(rounds.iter().map(figure).collect());
    let names = rounds.first().map(|first| first.cpu_us_by_program.keys().copied());
    let by_program = names.into_iter().flatten().map(|name| {
        let spent = |figures: &Figures| figures.cpu_us_by_program.get(name).copied();
        (name, median(rounds.iter().filter_map(spent).collect()))
    });
    let median = Figures {
        per_second: of(|figures| figures.per_second),
        cpu_us: of(|figures| figures.cpu_us),
        cpu_us_by_program: by_program.collect(),
        generator_cpu_us: of(|figures| figures.generator_cpu_us),
        p50_us: of(|figures| figures.p50_us),
        p99_us: of(|figures| figures.p99_us),
    };
    Outcome { label, median, rounds }
}

/// The middle one, or the mean of the two in the middle; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count => (values[(count - 1) / 2] + values[count / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_round_does_not_move_the_median() {
        assert_eq!(median(vec![5.0, 900.0, 4.0]), 5.0);
        assert_eq!(median(vec![4.0, 6.0]), 5.0);
        assert_eq!(median(vec![]), 0.0);
    }

    #[test]
    fn each_figure_has_its_own_median() {
        let round = |per_second, p50_us| Figures { per_second, p50_us, ..Figures::default() };
        let outcome =
            outcome("x".to_owned(), vec![round(1.0, 30.0), round(3.0, 10.0), round(2.0, 20.0)]);
        assert_eq!((outcome.median.per_second, outcome.median.p50_us), (2.0, 20.0));
    }
}
