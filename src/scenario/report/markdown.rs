//! A run as Markdown: one report in `molecule-tests/output/`, written when the result is known.

use super::record::{Entry, Made, Record};
use super::{Consumer, longest};
use crate::report::text::words::{counted, duration};
use crate::scenario::event::{Cell, TestEvent, Verdict};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

/// Reports that are kept; the oldest go, and so do drafts of runs that were killed.
const KEPT: usize = 20;

/// What the names of reports end in.
const DONE: &str = "md";

/// What the names of those end in that are being written.
const DRAFT: &str = "draft";

/// Writes the report of a run.
pub struct Markdown {
    folder: PathBuf,
    begun: Timestamp,
    record: Record,
}

impl Markdown {
    /// Writes into this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, begun: Timestamp::now(), record: Record::default() }
    }

    fn name(&self) -> String {
        let time = self.begun.strftime("%Y-%m-%dT%H-%M-%SZ");
        format!("{time}-{}.{DONE}", std::process::id())
    }

    /// Where the report is, once it is written.
    pub fn path(&self) -> PathBuf {
        self.folder.join(self.name())
    }

    fn write(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let ignore = self.folder.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n")?;
        }
        let name = self.name();
        let text = format!("# solti test, {}\n\n{}", self.begun.strftime("%Y-%m-%d %H:%M UTC"), text(&self.record));
        // nobody finds half a report
        let mut draft =
            tempfile::Builder::new().prefix(&name).suffix(&format!(".{DRAFT}")).tempfile_in(&self.folder)?;
        draft.write_all(text.as_bytes())?;
        draft.persist(self.folder.join(name)).map_err(|error| error.error)?;
        let mut reports: Vec<PathBuf> = fs::read_dir(&self.folder)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == DONE || extension == DRAFT))
            .collect();
        reports.sort();
        for old in reports.iter().rev().skip(KEPT) {
            let _ = fs::remove_file(old);
        }
        Ok(())
    }
}

impl Consumer for Markdown {
    fn event(&mut self, event: &TestEvent) -> io::Result<()> {
        self.record.take(event);
        match event {
            TestEvent::Finished { .. } => self.write().map_err(|error| {
                io::Error::new(error.kind(), format!("no report in {}: {error}", self.folder.display()))
            }),
            _ => Ok(()),
        }
    }

    fn interrupted(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// The whole report but its heading.
pub fn text(record: &Record) -> String {
    let mut text = overview(record);
    for (cell, entry) in &record.cells {
        section(&mut text, cell, entry);
    }
    text
}

/// The same without a section for each scenario on a platform.
pub fn overview(record: &Record) -> String {
    let mut text = String::new();
    let (failed, all) = (record.count(Verdict::Failed), record.cells.len());
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} passed, {failed} failed of {}, in {}.\n",
        record.count(Verdict::Passed),
        counted(all, "scenario run"),
        duration(record.millis)
    );
    let steps: Vec<_> = crate::scenario::Step::ALL.to_vec();
    let names: Vec<&str> = steps.iter().map(|step| step.name()).collect();
    let _ = writeln!(text, "| scenario | platform | verdict | time | {} |", names.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(4 + steps.len()));
    for (cell, entry) in &record.cells {
        let name = match &cell.variant {
            Some(variant) => format!("{}, {}", cell.scenario, escaped(variant)),
            None => cell.scenario.clone(),
        };
        let times = steps.iter().map(|step| {
            let made = entry.steps.iter().find(|made| made.step == *step);
            made.map(|made| duration(made.millis)).unwrap_or_default()
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            name,
            cell.platform,
            word(entry),
            duration(entry.millis),
            times.collect::<Vec<_>>().join(" | ")
        );
    }
    times(&mut text, record);
    text
}

fn times(text: &mut String, record: &Record) {
    let steps = longest::steps(record);
    if steps.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Where the time went\n\n| step | in all | longest |\n| --- | --- | --- |");
    for (step, all, longest) in steps {
        let _ = writeln!(text, "| {step} | {} | {} |", duration(all), duration(longest));
    }
    let long: Vec<_> = record.cells.iter().map(|(cell, entry)| (cell, longest::of(entry))).collect();
    if long.iter().all(|(_, long)| long.is_empty()) {
        return;
    }
    let _ = writeln!(text, "\n| scenario | platform | what took longest |\n| --- | --- | --- |");
    for (cell, long) in long.iter().filter(|(_, long)| !long.is_empty()) {
        let long: Vec<String> = long.iter().map(|long| escaped(&long.to_string())).collect();
        let _ = writeln!(text, "| {} | {} | {} |", cell.scenario, cell.platform, long.join("<br>"));
    }
}

fn word(entry: &Entry) -> String {
    match (entry.verdict, entry.failed) {
        (Some(Verdict::Passed), _) => "ok".to_owned(),
        (Some(Verdict::Failed), Some(step)) => format!("**failed: {step}**"),
        (Some(Verdict::Failed), None) => "**failed**".to_owned(),
        _ => "interrupted".to_owned(),
    }
}

fn section(text: &mut String, cell: &Cell, entry: &Entry) {
    let _ = writeln!(text, "\n## {cell}: {}", word(entry));
    for made in &entry.steps {
        step(text, made);
    }
}

fn step(text: &mut String, made: &Made) {
    let outcome = &made.outcome;
    let seen = if outcome.seen.is_empty() { String::new() } else { format!(": {}", escaped(&outcome.seen)) };
    let _ = writeln!(text, "\n### {} ({}){seen}", made.step, duration(made.millis));
    if let Some(failure) = &outcome.failure {
        let _ = writeln!(text, "\n**{}**", escaped(&failure.message));
        block(text, &failure.details.join("\n"));
    }
    if outcome.failure.as_ref().is_none_or(|failure| failure.details.join("\n") != outcome.text) {
        block(text, &outcome.text);
    }
    if !outcome.checks.is_empty() {
        let _ = writeln!(text, "\n| host | check | | seen | time |\n| --- | --- | --- | --- | --- |");
        for asked in &outcome.checks {
            let verdict = if asked.result.passed { "ok" } else { "**failed**" };
            let (check, seen) = (escaped(&asked.result.check), escaped(&asked.result.seen));
            let _ =
                writeln!(text, "| {} | {check} | {verdict} | {seen} | {} |", asked.host, duration(asked.result.millis));
        }
    }
    for evidence in outcome.failure.iter().flat_map(|failure| &failure.evidence) {
        let _ = writeln!(text, "\n<details><summary>{}</summary>", escaped(&evidence.title));
        block(text, &evidence.text);
        let _ = writeln!(text, "\n</details>");
    }
}

/// A text as it is, in a fence that is longer than any in it.
fn block(text: &mut String, content: &str) {
    if content.trim().is_empty() {
        return;
    }
    let mut fence = "```".to_owned();
    while content.contains(&fence) {
        fence.push('`');
    }
    let _ = writeln!(text, "\n{fence}\n{}\n{fence}", content.trim_matches('\n'));
}

/// A line in which nothing is markup, in a table either.
fn escaped(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for char in line.chars() {
        match char {
            '\\' | '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '#' => escaped.extend(['\\', char]),
            '\n' | '\r' => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}
