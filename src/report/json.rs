//! A run for programs: one document at its end, or one line for each event.
//!
//! All that differs between two equal runs is under a key `time`; without it the output can be compared.

use super::Consumer;
use super::errors::Told;
use super::record::{Record, Summary};
use crate::engine::event::Event;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::time::Instant;

/// The version of both formats, of all commands.
const FORMAT: u8 = 1;

/// The exit code of a run that was left.
const INTERRUPTED: u8 = 130;

/// `-o json`: one document when the run is over.
pub struct Document {
    out: Box<dyn Write + Send>,
    record: Record,
    begun: Instant,
}

impl Document {
    /// Writes to `out` when the run is over.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, record: Record::default(), begun: Instant::now() }
    }

    fn value(&self) -> Result<Value, serde_json::Error> {
        let mut hosts = Map::new();
        for (name, host) in &self.record.hosts {
            let mut value = serde_json::to_value(host)?;
            if let Some(value) = value.as_object_mut().filter(|_| host.checks.is_empty()) {
                // a number of checks is no list of them
                value.shift_remove("checks");
            }
            hosts.insert(name.clone(), value);
        }
        Ok(json!({
            "command": self.record.command,
            "hosts": hosts,
            "notes": self.record.notes,
            "summary": self.record.summary(),
            "errors": [],
            "exit": self.record.exit,
            "millis": self.record.millis,
        }))
    }
}

impl Consumer for Document {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.record.take(event);
        if let Event::Finished { .. } = event {
            let value = self.value()?;
            write_document(&mut self.out, value)?;
        }
        Ok(())
    }

    fn before_changes(&mut self) -> io::Result<String> {
        Ok(String::new())
    }

    fn interrupted(&mut self, _text: &str, leaving: bool) -> io::Result<()> {
        if leaving { self.event(&left(self.begun)) } else { Ok(()) }
    }
}

/// `-o jsonl`: each event as it happens, one a line.
pub struct Lines {
    out: Box<dyn Write + Send>,
    begun: Instant,
}

impl Lines {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, begun: Instant::now() }
    }
}

impl Consumer for Lines {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        write_line(&mut self.out, event)
    }

    fn before_changes(&mut self) -> io::Result<String> {
        Ok(String::new())
    }

    fn interrupted(&mut self, _text: &str, leaving: bool) -> io::Result<()> {
        if leaving { self.event(&left(self.begun)) } else { Ok(()) }
    }
}

/// The end of a run that the engine will not come to.
fn left(begun: Instant) -> Event {
    Event::Finished { exit: INTERRUPTED, millis: millis(begun) }
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A command that did not come to a result: which it is, if that is known, since when, and what it ends with.
#[derive(Debug)]
pub struct Refusal {
    /// Its name on the command line.
    pub command: Option<String>,
    /// When it began.
    pub begun: Instant,
    /// Why it ends.
    pub errors: Vec<Told>,
    /// Its exit code.
    pub exit: u8,
}

impl Refusal {
    /// `-o json`: a document with the keys of every other one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn document(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { command, errors, exit, .. } = self;
        let ends = json!({ "errors": errors, "exit": exit, "millis": millis(self.begun) });
        let mut document = if command.as_deref() == Some("test") {
            json!({ "command": command, "runs": [] })
        } else {
            json!({ "command": command, "hosts": {}, "notes": [], "summary": Summary::default() })
        };
        if let (Value::Object(document), Value::Object(ends)) = (&mut document, ends) {
            document.extend(ends);
        }
        write_document(out, document)
    }

    /// `-o jsonl`: the last line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { errors, exit, .. } = self;
        let line = json!({ "event": "finished", "errors": errors, "exit": exit, "millis": millis(self.begun) });
        write_line(out, &line)
    }
}

/// Writes what is known of a whole run.
pub fn write_document(out: &mut dyn Write, mut value: Value) -> io::Result<()> {
    let mut document = json!({ "format": FORMAT });
    set_time_apart(&mut value);
    if let (Value::Object(document), Value::Object(value)) = (&mut document, value) {
        document.extend(value);
    }
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    out.flush()
}

/// Writes an event that happens now.
pub fn write_line(out: &mut dyn Write, event: &impl Serialize) -> io::Result<()> {
    let line = line(event, Timestamp::now())?;
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)?;
    out.flush()
}

fn line(event: &impl Serialize, at: Timestamp) -> Result<Value, serde_json::Error> {
    let mut line = json!({ "format": FORMAT });
    let mut event = serde_json::to_value(event)?;
    set_time_apart(&mut event);
    if let (Value::Object(line), Value::Object(event)) = (&mut line, event) {
        line.extend(event);
        if let Value::Object(time) = line.entry("time").or_insert_with(|| json!({})) {
            time.insert("at".to_owned(), format!("{at:.3}").into());
        }
    }
    Ok(line)
}

/// Moves each `millis` and `age_seconds` to an object `time` beside it, at the end.
fn set_time_apart(value: &mut Value) {
    match value {
        Value::Object(object) => {
            // Children first: what is inserted here must not be visited.
            object.values_mut().for_each(set_time_apart);
            let apart = ["millis", "age_seconds"].map(|key| Some((key.to_owned(), object.shift_remove(key)?)));
            let time: Map<String, Value> = apart.into_iter().flatten().collect();
            if !time.is_empty() {
                object.insert("time".to_owned(), time.into());
            }
        }
        Value::Array(list) => list.iter_mut().for_each(set_time_apart),
        _ => {}
    }
}
