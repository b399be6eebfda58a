//! Where the time of a run went: what took longest, from the steps of roles to single checks.

use super::record::{Entry, Record};
use crate::report::text::words::{clean, duration};
use crate::scenario::Step;

/// How many are told of each scenario on a platform.
const TOLD: usize = 5;

/// What takes less is not worth a word, in milliseconds.
const LEAST: u64 = 100;

/// Something that took its time.
pub struct Long {
    step: Step,
    host: String,
    what: String,
    millis: u64,
}

impl std::fmt::Display for Long {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} on {} {}", self.step, clean(&self.what), self.host, duration(self.millis))
    }
}

/// What took longest within the steps of a scenario on a platform, the longest first.
pub fn of(entry: &Entry) -> Vec<Long> {
    let of_hosts = entry.steps.iter().flat_map(|made| {
        made.outcome.took.iter().map(|took| (made.step, &took.host, &took.what, took.millis)).chain(
            made.outcome.checks.iter().map(|asked| (made.step, &asked.host, &asked.result.check, asked.result.millis)),
        )
    });
    let mut all: Vec<Long> = of_hosts
        .filter(|(_, _, _, millis)| *millis >= LEAST)
        .map(|(step, host, what, millis)| Long { step, host: host.clone(), what: what.clone(), millis })
        .collect();
    all.sort_by_key(|long| std::cmp::Reverse(long.millis));
    all.truncate(TOLD);
    all
}

/// Each step that was made, how long it took in all scenarios together, and at most.
pub fn steps(record: &Record) -> Vec<(Step, u64, u64)> {
    let times = |step: Step| {
        let made = record.cells.values().flat_map(|entry| &entry.steps).filter(move |made| made.step == step);
        made.map(|made| made.millis)
    };
    let made = Step::ALL.into_iter().filter_map(|step| Some((step, times(step).sum(), times(step).max()?)));
    made.collect()
}
