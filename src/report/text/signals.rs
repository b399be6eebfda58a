//! The newest samples of a run: host, signal, age, verdict.

use super::words::{ago, clean, columns, padded};
use super::{Look, Tone};
use crate::engine::event::{CheckResult, Newest};
use crate::report::record::Record;
use std::collections::HashMap;

/// A reason that is cut to fewer columns says nothing; it stands in full below the table.
const REASON: usize = 16;

/// One line for each check that asked for a signal, sorted by host and signal; those that failed say why.
pub fn table(record: &Record, look: &Look) -> String {
    let checks = || record.hosts.values().flat_map(|host| &host.checks);
    let found = || checks().filter_map(|check| Some((check.newest.as_ref()?, check)));
    let mut sources: HashMap<(&str, &str), usize> = HashMap::new();
    for (newest, _) in found() {
        *sources.entry((&newest.of, &newest.signal)).or_default() += 1;
    }
    // where a host's signal goes to several places, the check's name says which
    let several = |newest: &Newest| sources.get(&(newest.of.as_str(), newest.signal.as_str())) > Some(&1);
    let rows = found().filter(|(_, check)| !look.quiet || !check.passed);
    let mut rows: Vec<Row> = rows.map(|(newest, check)| Row::new(newest, check, several(newest))).collect();
    if rows.is_empty() {
        return String::new();
    }
    // hosts as the inventory has them, then those that the run is not about
    let place = |host: &str| record.hosts.get_index_of(host).unwrap_or(usize::MAX);
    rows.sort_by(|a, b| (place(&a.of), &a.of, &a.signal).cmp(&(place(&b.of), &b.of, &b.signal)));
    let width = |heading: &str, cell: fn(&Row) -> &str| {
        rows.iter().map(|row| columns(cell(row))).max().unwrap_or(0).max(columns(heading))
    };
    let widths = [width("host", |row| &row.of), width("signal", |row| &row.signal), width("newest", |row| &row.age)];
    let cells = |cells: [&str; 3]| -> String {
        cells.iter().zip(widths).map(|(cell, width)| padded(cell, width) + "  ").collect()
    };
    let verdict = rows.iter().map(|row| row.verdict().len()).max().unwrap_or(0);
    let taken = widths.iter().sum::<usize>() + 6 + verdict + 2;
    let mut out = format!("\n{}\n", cells(["host", "signal", "newest"]).trim_end());
    for row in &rows {
        let tone = if row.passed { Tone::Good } else { Tone::Bad };
        out.push_str(&cells([&row.of, &row.signal, &row.age]));
        out.push_str(&look.paint(tone, row.verdict()));
        if !row.rest.is_empty() && look.fits(taken + REASON) {
            out.push_str(&" ".repeat(verdict - row.verdict().len() + 2));
            out.push_str(&look.cut(&row.rest, taken));
        }
        out.push('\n');
    }
    out
}

/// A line of the table.
struct Row {
    of: String,
    signal: String,
    age: String,
    passed: bool,
    /// Where it was asked for, and why it failed.
    rest: String,
}

impl Row {
    fn verdict(&self) -> &'static str {
        if self.passed { "ok" } else { "failed" }
    }

    fn new(newest: &Newest, check: &CheckResult, source: bool) -> Self {
        // `alloy/answers/http:mon has a line of this host`
        let name = check.check.splitn(3, '/').last().unwrap_or_default();
        let name = name.split_once(':').map_or(name, |(_, name)| name);
        let reason = if check.passed { "" } else { check.seen.lines().next().unwrap_or_default() };
        let parts = [if source { name } else { "" }, reason];
        let rest: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            of: newest.of.clone(),
            signal: newest.signal.clone(),
            age: newest.age_seconds.map_or_else(|| "none".to_owned(), ago),
            passed: check.passed,
            rest: clean(&rest.join(": ")).into_owned(),
        }
    }
}
