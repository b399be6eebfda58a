//! `loki.source.journal`: the files of systemd's journal, read without its library.

mod file;

use super::config::Config;
use super::graph::{Entry, Graph, now};
use super::positions::Positions;
use super::relabel::{self, Rule};
use super::syntax::{Block, Diagnostic};
use super::value::Value;
use crate::labels::Labels;
use file::{Journal, Record};
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(250);
/// How many entries of a file are read at once.
const BATCH: usize = 2000;
const FOLDERS: &[&str] = &["/var/log/journal", "/run/log/journal"];

/// The matches of a component: fields with the values that they may have.
pub fn matches(config: &Config, component: &Block) -> Result<HashMap<String, Vec<String>>, Diagnostic> {
    let (start, end) = config.place(component, "matches");
    let mut matches: HashMap<String, Vec<String>> = HashMap::new();
    for word in config.text(component, "matches").unwrap_or_default().split_whitespace() {
        if word == "+" {
            return Err(Diagnostic::unknown(start, end, "`+` in matches"));
        }
        let (name, value) = word.split_once('=').ok_or_else(|| {
            Diagnostic::new(start, end, format!("error parsing journal reader 'matches' config value: {word:?}"))
        })?;
        matches.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    Ok(matches)
}

/// What is done with every entry.
struct Source {
    id: String,
    labels: Labels,
    rules: Vec<Rule>,
    matches: HashMap<String, Vec<String>>,
    as_json: bool,
    receivers: Vec<String>,
    oldest: u64,
}

/// Follows the journal for a `loki.source.journal`.
pub async fn follow(config: Arc<Config>, component: Block, graph: Arc<Graph>, positions: Arc<Positions>) {
    let id = component.id();
    let mut labels =
        config.attribute(&component, "labels").ok().flatten().and_then(|labels| labels.labels()).unwrap_or_default();
    labels.entry("job".to_owned()).or_insert_with(|| id.clone());
    let age = config.duration(&component, "max_age").unwrap_or(Duration::from_secs(7 * 3600));
    let microseconds = u64::try_from(now() / 1000).unwrap_or_default();
    let rules = match config.attribute(&component, "relabel_rules") {
        Ok(Some(Value::Rules(rules))) => rules.to_vec(),
        _ => Vec::new(),
    };
    let source = Source {
        labels,
        rules,
        matches: matches(&config, &component).unwrap_or_default(),
        as_json: config.flag(&component, "format_as_json").unwrap_or(false),
        receivers: config.receivers(&component, "forward_to"),
        oldest: microseconds.saturating_sub(u64::try_from(age.as_micros()).unwrap_or(u64::MAX)),
        id,
    };
    let folder = config.text(&component, "path").filter(|path| !path.is_empty());
    let folders: Vec<PathBuf> = match folder {
        Some(folder) => vec![folder.into()],
        None => FOLDERS.iter().map(PathBuf::from).collect(),
    };
    let mut journals: HashMap<PathBuf, Journal> = HashMap::new();
    loop {
        let mut paths: Vec<PathBuf> = folders.iter().flat_map(|folder| files(folder)).collect();
        paths.sort();
        journals.retain(|path, _| paths.contains(path));
        for path in paths {
            if graph.is_full() {
                break;
            }
            let journal = match journals.remove(&path) {
                // A file that was renamed has another one in its place.
                Some(journal) if journal.is_still(&path) => journal,
                _ => match Journal::open(&path) {
                    Ok(journal) => journal,
                    Err(_) => continue,
                },
            };
            source.read(journals.entry(path).or_insert(journal), &graph, &positions);
        }
        positions.keep();
        tokio::time::sleep(POLL).await;
    }
}

/// The journal's files in a folder, and in the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let listed = |folder: &Path| {
        std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path())
    };
    let is_journal = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "journal");
    let below = listed(folder).filter(|path| path.is_dir()).flat_map(|folder| listed(&folder).collect::<Vec<_>>());
    below.chain(listed(folder)).filter(is_journal).collect()
}

impl Source {
    fn read(&self, journal: &mut Journal, graph: &Graph, positions: &Positions) {
        // Entries are counted across the files that continue each other.
        let key = format!("{} {}", self.id, journal.series());
        let after = journal.last.or_else(|| positions.of(&key).and_then(|position| position["seqnum"].as_u64()));
        let mut reached = None;
        // A file that is being written may be half a step ahead of itself: what is not read now is read then.
        let records = journal.records(BATCH).unwrap_or_default();
        for record in records {
            reached = Some(record.seqnum);
            // what is older than `max_age` at a start is not read, whether it was before or not
            if record.realtime >= self.oldest && after.is_none_or(|after| record.seqnum > after) {
                self.take(record, graph);
            }
        }
        if let Some(seqnum) = reached {
            let seqnum = seqnum.max(after.unwrap_or_default());
            journal.last = Some(seqnum);
            positions.reached(&key, json!({"seqnum": seqnum}));
        }
    }

    fn take(&self, record: Record, graph: &Graph) {
        let has = |name: &str, value: &String| record.fields.iter().any(|(known, is)| known == name && is == value);
        if !self.matches.iter().all(|(name, values)| values.iter().any(|value| has(name, value))) {
            return;
        }
        let mut labels = self.labels.clone();
        let mut line = String::new();
        for (name, value) in &record.fields {
            if name == "PRIORITY" {
                labels.insert("__journal_priority_keyword".to_owned(), keyword(value).to_owned());
            }
            if name == "MESSAGE" {
                line.clone_from(value);
            }
            labels.insert(format!("__journal_{}", name.to_lowercase()), value.clone());
        }
        if self.as_json {
            let fields = record.fields.iter().map(|(name, value)| (name.clone(), value.clone().into()));
            line = serde_json::Value::Object(fields.collect()).to_string();
        }
        let Some(mut labels) = relabel::apply(&self.rules, labels) else { return };
        labels.retain(|name, _| !name.starts_with("__"));
        if line.is_empty() || labels.is_empty() {
            return;
        }
        let time = i64::try_from(record.realtime.saturating_mul(1000)).unwrap_or(i64::MAX);
        let entry = Entry { labels, time, line, metadata: Labels::new() };
        graph.send(&self.receivers, &entry);
    }
}

/// What a priority is called.
fn keyword(priority: &str) -> &str {
    match priority {
        "0" => "emerg",
        "1" => "alert",
        "2" => "crit",
        "3" => "error",
        "4" => "warning",
        "5" => "notice",
        "6" => "info",
        "7" => "debug",
        other => other,
    }
}
