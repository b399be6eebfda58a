//! A run for programs: one document at its end, or one line for each event.
//!
//! All that differs between two equal runs is under a key `time`; without it the output can be compared.

use super::Consumer;
use super::record::Record;
use crate::engine::event::Event;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The version of both formats.
const FORMAT: u8 = 1;

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
        let mut hosts = Map::new();
        for (name, host) in &self.record.hosts {
            hosts.insert(name.clone(), serde_json::to_value(host)?);
        }
        let mut document = json!({
            "format": FORMAT,
            "command": self.record.command,
            "hosts": hosts,
            "notes": self.record.notes,
            "summary": self.record.summary(),
            "exit": self.record.exit,
            "millis": self.record.millis,
        });
        set_time_apart(&mut document);
        Ok(document)
    }
}

impl Consumer for Document {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.record.take(event);
        if let Event::Finished { .. } = event {
            let document = self.value()?;
            serde_json::to_writer_pretty(&mut self.out, &document)?;
            writeln!(self.out)?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn before_changes(&mut self) -> io::Result<String> {
        Ok(String::new())
    }

    fn interrupted(&mut self, _text: &str, _leaving: bool) -> io::Result<()> {
        Ok(())
    }
}

/// `-o jsonl`: each event as it happens, one a line.
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
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let line = line(event, Timestamp::now())?;
        serde_json::to_writer(&mut self.out, &line)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    fn before_changes(&mut self) -> io::Result<String> {
        Ok(String::new())
    }

    fn interrupted(&mut self, _text: &str, _leaving: bool) -> io::Result<()> {
        Ok(())
    }
}

fn line(event: &Event, at: Timestamp) -> Result<Value, serde_json::Error> {
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
pub fn set_time_apart(value: &mut Value) {
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
