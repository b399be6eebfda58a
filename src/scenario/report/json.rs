//! A run for programs: one document at its end, or one line for each event; times are under keys `time`.

use super::Consumer;
use super::record::Record;
use crate::report::json::{write_document, write_line};
use crate::scenario::event::TestEvent;
use serde_json::{Value, json};
use std::io::{self, Write};

/// `-o json`: one document when the run is over.
pub struct Document {
    out: Box<dyn Write + Send>,
    record: Record,
}

impl Document {
    /// Writes to `out` when the run is over.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, record: Record::default() }
    }

    fn value(&self) -> Result<Value, serde_json::Error> {
        let mut runs = Vec::new();
        for (cell, entry) in &self.record.cells {
            let mut run = serde_json::to_value(cell)?;
            if let (Some(run), Value::Object(entry)) = (run.as_object_mut(), serde_json::to_value(entry)?) {
                run.extend(entry);
            }
            runs.push(run);
        }
        let Record { exit, millis, .. } = self.record;
        Ok(json!({"command": "test", "runs": runs, "errors": [], "exit": exit, "millis": millis}))
    }
}

impl Consumer for Document {
    fn event(&mut self, event: &TestEvent) -> io::Result<()> {
        self.record.take(event);
        if let TestEvent::Finished { .. } = event {
            let value = self.value()?;
            write_document(&mut self.out, value)?;
        }
        Ok(())
    }

    fn interrupted(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// `-o jsonl`: one line for each event, as it happens.
pub struct Lines {
    out: Box<dyn Write + Send>,
}

impl Lines {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Consumer for Lines {
    fn event(&mut self, event: &TestEvent) -> io::Result<()> {
        write_line(&mut self.out, event)
    }

    fn interrupted(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}
