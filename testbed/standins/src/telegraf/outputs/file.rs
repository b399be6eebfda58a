//! `outputs.file`

use super::{Outcome, Refused, UNDONE};
use crate::telegraf::config::tree::Node;
use crate::telegraf::config::words;
use crate::telegraf::metric::{Form, Metric};
use std::io::Write;

/// Its options.
#[derive(Debug)]
pub struct File {
    files: Vec<String>,
    form: Form,
}

impl File {
    /// With the options of a table.
    pub fn new(table: &Node) -> Result<Self, Refused> {
        let algorithm = table.text_of("compression_algorithm").unwrap_or_default();
        if !["", "identity", "gzip", "zlib", "zstd"].contains(&algorithm) {
            return Err((1, "invalid value for content_encoding".to_owned()));
        }
        if ["", "identity"].contains(&algorithm) && table.number_of("compression_level").is_some_and(|level| level >= 0)
        {
            return Err((1, "identity encoder does not support options".to_owned()));
        }
        let unserved = ["compression_algorithm", "rotation_interval", "rotation_max_size", "use_batch_format"];
        if let Some(key) = unserved.into_iter().find(|key| table.get(key).is_some()) {
            return Err((UNDONE, key.to_owned()));
        }
        let files = table.texts_of("files");
        let flag = |key: &str| table.flag_of(key).unwrap_or(false);
        Ok(Self {
            files: if files.is_empty() { vec!["stdout".to_owned()] } else { files },
            form: Form { unsigned: flag("influx_uint_support"), timeless: flag("influx_omit_timestamp") },
        })
    }

    /// Whether all of them can be written.
    ///
    /// # Errors
    /// The first that cannot, in Go's words.
    pub fn connect(&self) -> Result<(), String> {
        self.append("")
    }

    fn append(&self, text: &str) -> Result<(), String> {
        for file in &self.files {
            if file == "stdout" {
                print!("{text}");
                let _ = std::io::stdout().flush();
                continue;
            }
            let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
            let written = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
            written.map_err(|error| format!("open {file}: {}", words(&error)))?;
        }
        Ok(())
    }

    /// Appends the lines of a batch.
    pub fn write(&self, batch: &[Metric]) -> Outcome {
        let text: String = batch.iter().filter_map(|metric| metric.line(self.form)).collect();
        match self.append(&text) {
            Ok(()) => Outcome::Written,
            Err(why) => Outcome::Kept(format!("failed to write message: {why}")),
        }
    }
}
