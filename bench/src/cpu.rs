//! How much processor time programs have used, as Linux counts it in `/proc`.

use anyhow::Context;
use std::{collections::HashMap, fs, time::Duration};

/// Linux reports processor time in hundredths of a second on every machine this runs on.
const TICK: Duration = Duration::from_millis(10);

/// A program and all processes it has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// What the table calls it.
    pub name: &'static str,
    /// Its first process.
    pub pid: u32,
}

/// What `/proc/PID/stat` tells of a process.
#[derive(Debug, PartialEq, Eq)]
pub struct Stat {
    /// Who started it.
    pub parent: u32,
    /// Ticks it used, and those of its children that have ended.
    ticks: u32,
}

impl Stat {
    /// Reads it; `None` if there is no such process any more.
    pub fn read(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The name in brackets may hold anything: count after its end. The third field comes next.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
        let ticks = field(14)? + field(15)? + field(16)? + field(17)?;
        Some(Self { parent: field(4)?, ticks })
    }
}

/// The ids of all processes.
pub fn processes() -> anyhow::Result<Vec<u32>> {
    let entries = fs::read_dir("/proc").context("the processes are not to be seen in /proc")?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// What each program has used since it began, in their order.
///
/// # Errors
/// One of them has ended.
pub fn used(programs: &[Program]) -> anyhow::Result<Vec<Duration>> {
    let stats: HashMap<u32, Stat> =
        processes()?.into_iter().filter_map(|pid| Some((pid, Stat::read(pid)?))).collect();
    programs
        .iter()
        .map(|program| {
            let ended = || format!("{} (process {}) has ended", program.name, program.pid);
            stats.get(&program.pid).with_context(ended)?;
            let own = stats.iter().filter(|(pid, _)| descends(&stats, **pid, program.pid));
            Ok(TICK * own.map(|(_, stat)| stat.ticks).sum())
        })
        .collect()
}

fn descends(stats: &HashMap<u32, Stat>, mut pid: u32, ancestor: u32) -> bool {
    while pid != ancestor {
        match stats.get(&pid) {
            Some(stat) if stat.parent != 0 => pid = stat.parent,
            _ => return false,
        }
    }
    true
}

/// The load average of the last minute.
pub fn load_average() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().context("the load average is no number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_does_not_shift_its_fields() {
        let stat = Stat::parse("7 (a) b (c) S 3 7 7 0 -1 4194304 1 0 0 0 10 20 3 4 20 0 1 0 99");
        assert_eq!(stat, Some(Stat { parent: 3, ticks: 37 }));
    }

    #[test]
    fn a_program_is_its_first_process_and_all_below() {
        let stat = |parent| Stat { parent, ticks: 1 };
        let stats =
            HashMap::from([(1, stat(0)), (5, stat(1)), (6, stat(5)), (7, stat(6)), (8, stat(1))]);
        let below: Vec<bool> = [1, 5, 6, 7, 8].map(|pid| descends(&stats, pid, 5)).to_vec();
        assert_eq!(below, [false, true, true, true, false]);
    }

    #[test]
    fn this_very_process_is_there() {
        let me = Program { name: "test", pid: std::process::id() };
        assert_eq!(used(&[me]).unwrap().len(), 1);
    }
}
