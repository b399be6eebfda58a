//! A run for GitHub Actions: an annotation for each that failed, and the report as the job's summary.
//!
//! The runner takes commands from all that is printed: `::name::` at the beginning of a line and `##[name]` anywhere in it.
//! So it is told to take none, but for the lines that are commands of ours.

use super::record::Record;
use super::{Consumer, markdown, text};
use crate::report::text::Look;
use crate::scenario::event::{FilePlace, TestEvent, Verdict};
use crate::secret::hexadecimal;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How large a summary may be, in bytes; the runner drops one of more than a mebibyte.
const ROOM: usize = 1_000_000;

/// What a person reads, and the runner's commands.
pub struct Github {
    text: text::Text,
    look: Look,
    commands: Commands,
    /// `GITHUB_STEP_SUMMARY`
    summary: Option<PathBuf>,
    record: Record,
}

impl Github {
    /// Writes everything with `out`, and the report to the file `summary`. Standard error is no place for any of it: the
    /// runner takes commands from there, too, and does not keep the order of the two.
    pub fn new<W: Write + Send + 'static>(
        out: impl Fn() -> W,
        look: Look,
        token: String,
        summary: Option<PathBuf>,
    ) -> Self {
        let boxed = || Box::new(out()) as Box<dyn Write + Send>;
        let text = text::Text::new((boxed(), look), (boxed(), look), None);
        Self { text, look, commands: Commands { out: boxed(), token }, summary, record: Record::default() }
    }

    fn finish(&mut self) -> io::Result<()> {
        let Self { commands, record, look, .. } = self;
        commands.print(&text::answer(record, look))?;
        for (cell, entry) in &record.cells {
            let Some(made) = entry.failure().filter(|_| entry.verdict == Some(Verdict::Failed)) else { continue };
            let Some(failure) = &made.outcome.failure else { continue };
            let title = format!("{cell}: {}", made.step);
            commands.give(&[format!("group::{}", data(&title))])?;
            commands.print(text::failure(cell, made, look).trim_start_matches('\n'))?;
            let (place, message) = (place(&failure.at), data(&failure.message));
            let error = format!("error {place},title={}::{message}", property(&title));
            commands.give(&["endgroup::".to_owned(), error])?;
        }
        commands.print(&text::kept(record))?;
        commands.resume()?;
        match &self.summary {
            Some(path) => summarise(path, &self.record),
            None => Ok(()),
        }
    }
}

impl Consumer for Github {
    fn event(&mut self, event: &TestEvent) -> io::Result<()> {
        self.record.take(event);
        match event {
            TestEvent::Started { .. } => {
                self.commands.stop()?;
                self.text.event(event)
            }
            TestEvent::Finished { .. } => self.finish(),
            _ => self.text.event(event),
        }
    }

    fn interrupted(&mut self, text: &str) -> io::Result<()> {
        self.text.interrupted(text)
    }

    fn tick(&mut self) {
        self.text.tick();
    }
}

/// Standard output, in which the runner finds commands only where they are meant.
struct Commands {
    out: Box<dyn Write + Send>,
    /// What nobody who prints can know.
    token: String,
}

impl Commands {
    fn stop(&mut self) -> io::Result<()> {
        writeln!(self.out, "::stop-commands::{}", self.token)
    }

    fn resume(&mut self) -> io::Result<()> {
        writeln!(self.out, "::{}::", self.token)?;
        self.out.flush()
    }

    /// Those that are meant.
    fn give(&mut self, commands: &[String]) -> io::Result<()> {
        self.resume()?;
        for command in commands {
            writeln!(self.out, "::{command}")?;
        }
        self.stop()
    }

    /// Anything else.
    fn print(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }
}

/// A token for the runner that is new in each run.
///
/// # Errors
/// When the system has no random bytes.
pub fn token() -> io::Result<String> {
    hexadecimal::<16>().map_err(io::Error::other)
}

/// Appends the report; without its sections where it would be too large with them.
fn summarise(path: &Path, record: &Record) -> io::Result<()> {
    let mut text = markdown::text(record);
    if text.len() > ROOM {
        text = markdown::overview(record);
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("# solti test\n\n{text}").as_bytes())
}

/// The file is given in full: the runner finds out where that is in the repository.
fn place(place: &FilePlace) -> String {
    let file = std::path::absolute(&place.file).unwrap_or_else(|_| PathBuf::from(&place.file));
    let line = place.line.map(|line| format!(",line={line}")).unwrap_or_default();
    format!("file={}{line}", property(&file.display().to_string()))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
