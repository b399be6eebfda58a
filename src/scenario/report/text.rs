//! A run for a person: what is going on, then a table of what came out, and at last what failed.

use super::record::{Entry, Made, Record};
use super::{Consumer, Live, longest};
use crate::report::terminal::write;
use crate::report::text::words::{clean, columns, counted, duration, padded};
use crate::report::text::{Look, Tone};
use crate::scenario::event::{Cell, TestEvent, Verdict};
use std::io::{self, Write};

/// Lines of a failure that are shown; the run's report has all.
const LINES: usize = 40;

/// Shows a run to a person.
pub struct Text {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    look: Look,
    err_look: Look,
    live: Option<Live>,
    record: Record,
}

impl Text {
    /// Writes the result to `out` and the progress to `err`.
    pub fn new(
        (out, look): (Box<dyn Write + Send>, Look),
        (err, err_look): (Box<dyn Write + Send>, Look),
        live: Option<Live>,
    ) -> Self {
        Self { out, err, look, err_look, live, record: Record::default() }
    }

    fn log(&mut self, text: &str) -> io::Result<()> {
        write(&mut self.err, &format!("{text}\n"), self.live.as_ref().map(Live::screen))
    }

    /// A finished cell on a line of its own.
    fn log_cell(&mut self, cell: &Cell) -> io::Result<()> {
        let Some(entry) = self.record.cells.get(cell).filter(|_| !self.look.quiet) else { return Ok(()) };
        let names = self.record.cells.keys().map(|cell| columns(&cell.to_string()));
        let width = names.max().unwrap_or(0);
        let steps = entry.steps.iter().map(|made| format!("{} {}", made.step, duration(made.millis)));
        let took = match self.look.verbose {
            0 => duration(entry.millis),
            _ => steps.collect::<Vec<_>>().join(", "),
        };
        let (tone, word) = word(entry.verdict);
        let start = format!("{}  {}  ", padded(&cell.to_string(), width), self.err_look.paint(tone, &padded(word, 6)));
        let line = format!("{start}{}", self.err_look.paint(Tone::Faint, &took));
        self.log(line.trim_end())
    }
}

impl Consumer for Text {
    fn event(&mut self, event: &TestEvent) -> io::Result<()> {
        self.record.take(event);
        if let Some(live) = &mut self.live {
            live.event(event);
        }
        match event {
            TestEvent::Step { cell, step } if self.look.verbose > 0 => self.log(&format!("{cell}  {step}")),
            TestEvent::Doing { cell, text } if self.look.verbose > 1 => self.log(&format!("{cell}  {}", clean(text))),
            TestEvent::Note { cell, text } => self.log(&format!("{cell}  {}", clean(text))),
            TestEvent::CellDone { cell, .. } => self.log_cell(cell),
            TestEvent::Finished { .. } => {
                if let Some(live) = self.live.take() {
                    live.finish();
                }
                let text = result(&self.record, &self.look);
                self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush())
            }
            _ => Ok(()),
        }
    }

    fn interrupted(&mut self, text: &str) -> io::Result<()> {
        self.log(text)
    }

    fn tick(&mut self) {
        if let Some(live) = &mut self.live {
            live.draw();
        }
    }
}

fn word(verdict: Option<Verdict>) -> (Tone, &'static str) {
    match verdict {
        Some(Verdict::Passed) => (Tone::Good, "ok"),
        Some(Verdict::Failed) => (Tone::Bad, "failed"),
        Some(Verdict::Interrupted) | None => (Tone::Changed, "interrupted"),
    }
}

/// The answer, the table, what failed, and what stays.
fn result(record: &Record, look: &Look) -> String {
    let mut text = answer(record, look);
    for (cell, entry) in record.cells.iter().filter(|(_, entry)| entry.verdict == Some(Verdict::Failed)) {
        if let Some(made) = entry.failure() {
            text.push_str(&failure(cell, made, look));
        }
    }
    text.push_str(&kept(record));
    text
}

/// How it all came out, and the table.
pub fn answer(record: &Record, look: &Look) -> String {
    let failed = record.count(Verdict::Failed);
    let all = record.cells.len();
    let took = duration(record.millis);
    let answer = match (failed, record.count(Verdict::Passed)) {
        (0, passed) if passed == all => format!("{} passed ({took})", counted(all, "scenario run")),
        (0, passed) => format!("interrupted: {passed} of {} passed ({took})", counted(all, "scenario run")),
        (failed, _) => format!("{failed} of {} failed ({took})", counted(all, "scenario run")),
    };
    let mut text = format!("{}\n\n", look.paint(Tone::Strong, &answer));
    if !look.quiet {
        text.push_str(&table(record, look));
    }
    text
}

/// How the hosts that stay are reached.
pub fn kept(record: &Record) -> String {
    let mut text = String::new();
    for (cell, entry) in record.cells.iter().filter(|(_, entry)| !entry.kept.is_empty()) {
        text.push_str(&format!("\n{cell} stays; `solti test --destroy` removes it\n"));
        for command in &entry.kept {
            text.push_str(&format!("  {command}\n"));
        }
    }
    text
}

fn table(record: &Record, look: &Look) -> String {
    let widest = |of: &dyn Fn(&Cell) -> usize, least: usize| record.cells.keys().map(of).max().unwrap_or(0).max(least);
    let scenarios = widest(&|cell| columns(&cell.scenario), "scenario".len());
    let platforms = widest(&|cell| columns(&cell.platform), "platform".len());
    let variants = widest(&|cell| cell.variant.as_deref().map_or(0, columns), "options".len());
    let has_variants = record.cells.keys().any(|cell| cell.variant.is_some());
    let options = |text: &str| if has_variants { format!("{}  ", padded(text, variants)) } else { String::new() };
    let verdicts =
        record.cells.values().map(|entry| word(entry.verdict).1.len()).max().unwrap_or(0).max("verdict".len());
    let heading = format!(
        "{}  {}  {}{}  time",
        padded("scenario", scenarios),
        padded("platform", platforms),
        options("options"),
        padded("verdict", verdicts)
    );
    let mut text = format!("{}\n", look.paint(Tone::Faint, &heading));
    for (cell, entry) in &record.cells {
        let (tone, word) = word(entry.verdict);
        let row = format!(
            "{}  {}  {}{}  {}{}",
            padded(&cell.scenario, scenarios),
            padded(&cell.platform, platforms),
            options(cell.variant.as_deref().unwrap_or_default()),
            look.paint(tone, &padded(word, verdicts)),
            duration(entry.millis),
            place(entry)
        );
        text.push_str(row.trim_end());
        text.push('\n');
        if look.verbose > 0 {
            for made in &entry.steps {
                let line = format!(
                    "{}  {}  {}",
                    padded(made.step.name(), 9),
                    padded(&duration(made.millis), 8),
                    made.outcome.seen
                );
                text.push_str(format!("  {}", look.paint(Tone::Faint, line.trim_end())).trim_end());
                text.push('\n');
            }
            for (number, long) in longest::of(entry).iter().enumerate() {
                let start = if number == 0 { "longest" } else { "" };
                let line = format!("{}  {long}", padded(start, 9));
                text.push_str(&format!("  {}\n", look.paint(Tone::Faint, &line)));
            }
        }
    }
    text
}

/// Where it failed.
fn place(entry: &Entry) -> String {
    entry.failed.map(|step| format!("  {step}")).unwrap_or_default()
}

/// What is to be seen of a step that failed.
pub fn failure(cell: &Cell, made: &Made, look: &Look) -> String {
    let mut text = format!("\n{}\n", look.paint(Tone::Strong, &cell.to_string()));
    let Some(failure) = &made.outcome.failure else { return text };
    let mut start = format!("  {} {}  ", look.paint(Tone::Bad, "failed"), made.step);
    for line in look.wrap(&clean(&failure.message), columns(&start)) {
        text.push_str(&format!("{start}{line}\n"));
        start = " ".repeat(columns(&start));
    }
    let hidden = failure.details.len().saturating_sub(LINES);
    if hidden > 0 {
        text.push_str(&format!("    {}\n", look.paint(Tone::Faint, &format!("({} before)", counted(hidden, "line")))));
    }
    let bar = look.paint(Tone::Faint, "|");
    for line in failure.details.iter().skip(hidden) {
        for line in look.wrap(&clean(line), 6) {
            text.push_str(format!("    {bar} {line}").trim_end());
            text.push('\n');
        }
    }
    text
}
