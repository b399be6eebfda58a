//! The newest samples of a run: host, signal, age, verdict.

use super::words::{ago, clean, columns, padded};
use super::{Look, Tone};
use crate::engine::event::{CheckResult, Newest};
use crate::report::record::Record;

/// One line for each check that asked for a signal, sorted by host and signal; those that failed say why.
pub fn table(record: &Record, look: &Look) -> String {
    let mut rows: Vec<(&Newest, &CheckResult)> = record
        .hosts
        .values()
        .flat_map(|host| &host.checks)
        .filter_map(|check| Some((check.newest.as_ref()?, check)))
        .collect();
    let several = |row: &Newest| {
        rows.iter().filter(|(other, _)| (&other.of, &other.signal) == (&row.of, &row.signal)).count() > 1
    };
    // where a host's signal goes to several places, the check's name says which
    let sources: Vec<bool> = rows.iter().map(|(newest, _)| several(newest)).collect();
    let mut rows: Vec<Row> =
        rows.drain(..).zip(sources).map(|((newest, check), source)| Row::new(newest, check, source)).collect();
    rows.retain(|row| !look.quiet || !row.passed);
    // hosts as the inventory has them, then those that the run is not about
    rows.sort_by_key(|row| {
        (record.hosts.get_index_of(&row.of).unwrap_or(usize::MAX), row.of.clone(), row.signal.clone())
    });
    if rows.is_empty() {
        return String::new();
    }
    let width = |heading: &str, cell: fn(&Row) -> &str| {
        rows.iter().map(|row| columns(cell(row))).max().unwrap_or(0).max(columns(heading))
    };
    let widths = [width("host", |row| &row.of), width("signal", |row| &row.signal), width("newest", |row| &row.age)];
    let line = |cells: [&str; 3], rest: &str| {
        let cells: String = cells.iter().zip(widths).map(|(cell, width)| padded(cell, width) + "  ").collect();
        format!("{}\n", format!("{cells}{rest}").trim_end())
    };
    let taken = widths.iter().sum::<usize>() + 6;
    let mut out = format!("\n{}", line(["host", "signal", "newest"], ""));
    for row in &rows {
        let tone = if row.passed { Tone::Good } else { Tone::Bad };
        let word = if row.passed { "ok" } else { "failed" };
        let rest = if row.rest.is_empty() {
            String::new()
        } else {
            format!("  {}", look.cut(&row.rest, taken + columns(word) + 2))
        };
        out.push_str(&line([&row.of, &row.signal, &row.age], &format!("{}{rest}", look.paint(tone, word))));
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
