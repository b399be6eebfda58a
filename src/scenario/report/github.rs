//! A run for GitHub Actions: an annotation for each that failed, and the report as the job's summary.

use super::record::Record;
use super::{Consumer, markdown, text::Text};
use crate::scenario::event::{Event, Verdict};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

/// What a person reads, and the runner's commands.
pub struct Github {
    text: Text,
    out: Box<dyn Write + Send>,
    /// `GITHUB_STEP_SUMMARY`
    summary: Option<PathBuf>,
    record: Record,
}

impl Github {
    /// Writes commands to `out`, and the report to the file `summary`.
    pub fn new(text: Text, out: Box<dyn Write + Send>, summary: Option<PathBuf>) -> Self {
        Self { text, out, summary, record: Record::default() }
    }
}

impl Consumer for Github {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.record.take(event);
        self.text.event(event)?;
        let Event::Finished { .. } = event else { return Ok(()) };
        self.out.write_all(annotations(&self.record).as_bytes())?;
        self.out.flush()?;
        if let Some(path) = &self.summary {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(format!("# solti test\n\n{}", markdown::text(&self.record)).as_bytes())?;
        }
        Ok(())
    }

    fn interrupted(&mut self, text: &str) -> io::Result<()> {
        self.text.interrupted(text)
    }

    fn tick(&mut self) {
        self.text.tick();
    }
}

/// A command for each that failed.
fn annotations(record: &Record) -> String {
    let failed = record.cells.iter().filter(|(_, entry)| entry.verdict == Some(Verdict::Failed));
    let lines = failed.map(|(cell, entry)| {
        let made = entry.failure();
        let step = made.map(|made| format!(": {}", made.step)).unwrap_or_default();
        let message = made.and_then(|made| made.outcome.failure.as_ref()).map(|failure| failure.message.clone());
        let file = format!("molecule-tests/{}/scenario.yml", cell.scenario);
        let title = format!("{cell}{step}");
        format!("::error file={},title={}::{}\n", property(&file), property(&title), data(&message.unwrap_or_default()))
    });
    lines.collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
