//! The stages of `loki.process`.

use super::config::Config;
use super::graph::Entry;
use super::syntax::{Block, Diagnostic};
use super::value::Value;
use crate::duration;
use crate::labels::{Labels, Matcher};
use crate::loki::logql::{self, Pipeline};
use jiff::Timestamp;
use regex::Regex;
use std::collections::HashMap;

/// A stage.
#[derive(Debug)]
pub enum Stage {
    /// Labels that are always the same.
    Static(Labels),
    /// Labels out of what was extracted: label and name.
    Labels(Labels),
    /// Groups of a pattern; whether they become labels.
    Regex(Regex, String, bool),
    /// Fields of JSON: name and path.
    Json(Labels, String, bool),
    /// Stages for some lines, or their end.
    Match(Pipeline, bool, Vec<Stage>),
    /// The end of some lines.
    Drop(Unwanted),
    /// When a line was written.
    Timestamp(String, String),
    /// Labels that are taken away.
    LabelDrop(Vec<String>),
    /// The only labels that stay.
    LabelKeep(Vec<String>),
    /// What takes the place of the line.
    Output(String),
}

/// Which lines are dropped: those for which all of it is so.
#[derive(Debug)]
pub struct Unwanted {
    expression: Option<Regex>,
    longer: Option<usize>,
    older: Option<std::time::Duration>,
    source: String,
    separator: String,
    value: Option<String>,
}

const FORMATS: &[&str] = &["RFC3339", "RFC3339Nano", "Unix", "UnixMs", "UnixUs", "UnixNs"];

/// The stages in a block.
pub fn stages(config: &Config, block: &Block) -> Result<Vec<Stage>, Diagnostic> {
    block.blocks().map(|block| stage(config, block)).collect()
}

fn stage(config: &Config, block: &Block) -> Result<Stage, Diagnostic> {
    let text = |name: &str| config.text(block, name).unwrap_or_default();
    let error = |name: &str, message: String| {
        let (start, end) = config.place(block, name);
        Diagnostic::new(start, end, message)
    };
    let pattern =
        |name: &str| Regex::new(&text(name)).map_err(|why| error(name, format!("error parsing regexp: {why}")));
    let map = |name: &str| -> Result<Labels, Diagnostic> {
        // In a map without a value, the value is the name.
        let value = config.attribute(block, name)?.and_then(|value| value.labels()).unwrap_or_default();
        Ok(value
            .into_iter()
            .map(|(name, path)| if path.is_empty() { (name.clone(), name) } else { (name, path) })
            .collect())
    };
    let list = |name: &str| -> Result<Vec<String>, Diagnostic> {
        let value = config.attribute(block, name)?.unwrap_or(Value::Null);
        Ok(value.items().iter().filter_map(Value::text).collect())
    };
    Ok(match block.name.as_str() {
        "stage.static_labels" => {
            Stage::Static(config.attribute(block, "values")?.and_then(|value| value.labels()).unwrap_or_default())
        }
        "stage.labels" => Stage::Labels(map("values")?),
        "stage.regex" => {
            let regex = pattern("expression")?;
            if regex.capture_names().flatten().next().is_none() {
                return Err(error("expression", "at least one named capture group is required".to_owned()));
            }
            Stage::Regex(regex, text("source"), config.flag(block, "labels_from_groups").unwrap_or(false))
        }
        "stage.json" => {
            let fields = map("expressions")?;
            if let Some(path) =
                fields.values().find(|path| !path.chars().all(|c| c.is_alphanumeric() || "_.\"-".contains(c)))
            {
                let (start, end) = config.place(block, "expressions");
                return Err(Diagnostic::unknown(start, end, &format!("the JMESPath expression `{path}`")));
            }
            Stage::Json(fields, text("source"), config.flag(block, "drop_malformed").unwrap_or(false))
        }
        "stage.match" => {
            let drops = match text("action").as_str() {
                "" | "keep" => false,
                "drop" => true,
                other => {
                    return Err(error(
                        "action",
                        format!("match stage action should be 'keep' or 'drop', got {other:?}"),
                    ));
                }
            };
            let pipeline = logql::pipeline(&text("selector"))
                .map_err(|why| error("selector", format!("invalid selector syntax for match stage: {why}")))?;
            let inner = stages(config, block)?;
            if !drops && inner.is_empty() {
                return Err(error(
                    "selector",
                    "match stage requires at least one additional stage to be defined in 'stage.match'".to_owned(),
                ));
            }
            Stage::Match(pipeline, drops, inner)
        }
        "stage.drop" => {
            let told = |name: &str| config.text(block, name).filter(|text| !text.is_empty());
            let longer = told("longer_than").map(|size| {
                super::write::bytes(&size).ok_or_else(|| error("longer_than", format!("invalid size {size:?}")))
            });
            let unwanted = Unwanted {
                expression: told("expression").map(|_| pattern("expression")).transpose()?,
                longer: longer.transpose()?,
                older: told("older_than").and_then(|age| duration::go(&age)),
                source: text("source"),
                separator: told("separator").unwrap_or_else(|| ";".to_owned()),
                value: told("value"),
            };
            if unwanted.expression.is_none()
                && unwanted.longer.is_none()
                && unwanted.older.is_none()
                && unwanted.value.is_none()
                && unwanted.source.is_empty()
            {
                return Err(Diagnostic::new(
                    block.start,
                    block.close,
                    "drop stage must contain at least one of `source`, `expression`, `older_than` or `longer_than`",
                ));
            }
            Stage::Drop(unwanted)
        }
        "stage.timestamp" => {
            let format = text("format");
            if !FORMATS.contains(&format.as_str()) {
                let (start, end) = config.place(block, "format");
                return Err(Diagnostic::unknown(start, end, &format!("the format {format:?} of timestamps")));
            }
            Stage::Timestamp(text("source"), format)
        }
        "stage.label_drop" => Stage::LabelDrop(list("values")?),
        "stage.label_keep" => Stage::LabelKeep(list("values")?),
        _ => Stage::Output(text("source")),
    })
}

/// Takes a line through all stages; nothing if one of them drops it.
pub fn run(stages: &[Stage], mut entry: Entry) -> Option<Entry> {
    let mut extracted: HashMap<String, String> = entry.labels.clone().into_iter().collect();
    through(stages, &mut entry, &mut extracted).then_some(entry)
}

fn through(stages: &[Stage], entry: &mut Entry, extracted: &mut HashMap<String, String>) -> bool {
    stages.iter().all(|stage| step(stage, entry, extracted))
}

/// Takes a line through one stage; whether it is still there.
fn step(stage: &Stage, entry: &mut Entry, extracted: &mut HashMap<String, String>) -> bool {
    match stage {
        Stage::Static(labels) => entry.labels.extend(labels.clone()),
        Stage::Labels(labels) => {
            for (label, name) in labels {
                if let Some(value) = extracted.get(name) {
                    entry.labels.insert(label.clone(), value.clone());
                }
            }
        }
        Stage::Regex(regex, source, labelled) => {
            let text = if source.is_empty() { Some(&entry.line) } else { extracted.get(source) };
            let found = text.and_then(|text| regex.captures(text));
            let groups: Vec<(String, String)> = found
                .into_iter()
                .flat_map(|found| {
                    let named = regex.capture_names().flatten();
                    let pairs = named.filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned())));
                    pairs.collect::<Vec<_>>()
                })
                .collect();
            if *labelled {
                entry.labels.extend(groups.clone());
            }
            extracted.extend(groups);
        }
        Stage::Json(fields, source, strict) => {
            let text = if source.is_empty() { Some(&entry.line) } else { extracted.get(source) };
            let parsed = text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
            let Some(json) = parsed else { return !strict };
            for (name, path) in fields {
                let parts = path.split('.').map(|part| part.trim_matches('"'));
                let value = parts.fold(&json, |json, part| &json[part]);
                match value {
                    serde_json::Value::Null => {}
                    serde_json::Value::String(text) => drop(extracted.insert(name.clone(), text.clone())),
                    other => drop(extracted.insert(name.clone(), other.to_string())),
                }
            }
        }
        Stage::Match(pipeline, drops, inner) => {
            if Matcher::all(&pipeline.matchers, &entry.labels) && pipeline.takes(&entry.labels, &entry.line) {
                return !drops && through(inner, entry, extracted);
            }
        }
        Stage::Drop(rule) => {
            let text = if rule.source.is_empty() {
                entry.line.clone()
            } else {
                let names: Vec<&str> = rule.source.split(',').map(str::trim).collect();
                let values = names.iter().filter_map(|name| extracted.get(*name)).cloned().collect::<Vec<_>>();
                if values.len() < names.len() {
                    return true;
                }
                values.join(&rule.separator)
            };
            let age = super::graph::now() - entry.time;
            return !(rule.longer.is_none_or(|longer| entry.line.len() > longer)
                && rule.older.is_none_or(|older| age > i64::try_from(older.as_nanos()).unwrap_or(i64::MAX))
                && rule.value.as_ref().is_none_or(|value| *value == text)
                && rule.expression.as_ref().is_none_or(|expression| expression.is_match(&text)));
        }
        Stage::Timestamp(source, format) => {
            if let Some(time) = extracted.get(source).and_then(|text| moment(text, format)) {
                entry.time = time;
            }
        }
        Stage::LabelDrop(names) => entry.labels.retain(|name, _| !names.contains(name)),
        Stage::LabelKeep(names) => entry.labels.retain(|name, _| names.contains(name)),
        Stage::Output(source) => {
            if let Some(text) = extracted.get(source) {
                entry.line.clone_from(text);
            }
        }
    }
    true
}

fn moment(text: &str, format: &str) -> Option<i64> {
    let scale = match format {
        "Unix" => return text.parse::<f64>().ok().map(|seconds| (seconds * 1e9) as i64),
        "UnixMs" => 1_000_000,
        "UnixUs" => 1_000,
        "UnixNs" => 1,
        _ => return text.parse::<Timestamp>().ok().and_then(|moment| i64::try_from(moment.as_nanosecond()).ok()),
    };
    text.parse::<i64>().ok().map(|number| number.saturating_mul(scale))
}
