//! `local.file_match` and `loki.source.file`.

use super::config::Config;
use super::graph::{Entry, Graph, now};
use super::positions::Positions;
use super::syntax::{Block, Diagnostic};
use super::value::Value;
use crate::labels::{self, Labels};
use regex::Regex;
use serde_json::json;
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often files are looked at.
const POLL: Duration = Duration::from_millis(250);
/// How much of a file is read at once.
const CHUNK: u64 = 1024 * 1024;

/// The files that a `local.file_match` finds, with the labels of their targets.
pub fn matched(config: &Config, component: &Block) -> Result<Vec<Labels>, Diagnostic> {
    let targets = config.attribute(component, "path_targets")?.unwrap_or(Value::Null);
    let mut found = Vec::new();
    for target in targets.items().iter().filter_map(Value::labels) {
        let Some(pattern) = target.get("__path__") else { continue };
        let excluded = target.get("__path_exclude__").and_then(|pattern| glob(pattern));
        for path in matching(pattern) {
            let path = path.display().to_string();
            if excluded.as_ref().is_some_and(|excluded| excluded.is_match(&path)) {
                continue;
            }
            let mut target = target.clone();
            target.insert("__path__".to_owned(), path);
            found.push(target);
        }
    }
    Ok(found)
}

/// What is in the file of a `local.file`.
pub fn content(config: &Config, component: &Block) -> Result<Value, Diagnostic> {
    let path = config.text(component, "filename").unwrap_or_default();
    let (start, end) = config.place(component, "filename");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Diagnostic::new(start, end, format!("failed to read file: open {path}: {error}")))?;
    Ok(if config.flag(component, "is_secret").unwrap_or(false) { Value::Secret(text) } else { Value::Text(text) })
}

/// A pattern of paths, in which `**` is any number of folders.
fn glob(pattern: &str) -> Option<Regex> {
    let mut regex = String::from("^");
    let mut rest = pattern;
    let mut braces = 0;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            regex.push_str("(?:.*/)?");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            regex.push_str(".*");
            rest = after;
            continue;
        }
        match c {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '{' => {
                braces += 1;
                regex.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                regex.push(')');
            }
            ',' if braces > 0 => regex.push('|'),
            '[' | ']' => regex.push(c),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
        rest = &rest[c.len_utf8()..];
    }
    Regex::new(&(regex + "$")).ok()
}

fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some(first) = pattern.find(['*', '?', '[', '{']) else {
        return Some(PathBuf::from(pattern)).filter(|path| path.is_file()).into_iter().collect();
    };
    let Some(regex) = glob(pattern) else { return Vec::new() };
    let folder = pattern[..first].rfind('/').map_or(".", |end| &pattern[..end.max(1)]);
    let depth = if pattern.contains("**") { 32 } else { pattern[first..].matches('/').count() };
    let mut found = Vec::new();
    walk(Path::new(folder), depth, &regex, &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, depth: usize, regex: &Regex, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            if depth > 0 && !path.is_symlink() {
                walk(&path, depth - 1, regex, found);
            }
        } else if regex.is_match(&path.display().to_string()) {
            found.push(path);
        }
    }
}

/// A file that is followed.
struct Followed {
    key: String,
    path: String,
    labels: Labels,
    /// The file that was opened under this path, and how far it is read.
    open: Option<(File, Metadata, u64)>,
    /// Where to begin in a file that is not open yet, and which file that is.
    begin: Option<(u64, u64)>,
    from_end: bool,
}

/// Follows the files of a `loki.source.file`.
pub async fn follow(config: Arc<Config>, component: Block, graph: Arc<Graph>, positions: Arc<Positions>) {
    let receivers = config.receivers(&component, "forward_to");
    let from_end = config.flag(&component, "tail_from_end").unwrap_or(false);
    let sync = config.components().filter(|block| block.name == "local.file_match");
    let sync = sync.filter_map(|block| config.duration(block, "sync_period")).min().unwrap_or(Duration::from_secs(10));
    let mut followed: HashMap<String, Followed> = HashMap::new();
    let mut looked: Option<Instant> = None;
    loop {
        if looked.is_none_or(|looked| looked.elapsed() >= sync) {
            looked = Some(Instant::now());
            let targets = config.attribute(&component, "targets").ok().flatten().unwrap_or(Value::Null);
            let mut current = HashMap::new();
            for target in targets.items().iter().filter_map(Value::labels) {
                let Some(path) = target.get("__path__").cloned() else { continue };
                let mut labels: Labels = target.into_iter().filter(|(name, _)| !name.starts_with("__")).collect();
                labels.insert("filename".to_owned(), path.clone());
                let key = format!("{} {path} {}", component.id(), labels::text(&labels));
                let known = followed.remove(&key).unwrap_or_else(|| {
                    let kept = positions.of(&key);
                    let begin = kept.map(|kept| {
                        (kept["inode"].as_u64().unwrap_or_default(), kept["offset"].as_u64().unwrap_or_default())
                    });
                    Followed { key: key.clone(), path, labels, open: None, begin, from_end }
                });
                current.insert(key, known);
            }
            followed = current;
        }
        if !graph.is_full() {
            for file in followed.values_mut() {
                file.read(&graph, &receivers, &positions);
            }
        }
        positions.keep();
        tokio::time::sleep(POLL).await;
    }
}

impl Followed {
    fn read(&mut self, graph: &Graph, receivers: &[String], positions: &Positions) {
        let current = std::fs::metadata(&self.path).ok();
        if self.open.is_none() {
            let Ok(file) = File::open(&self.path) else { return };
            let Ok(metadata) = file.metadata() else { return };
            let offset = match self.begin.take() {
                Some((inode, offset)) if inode == metadata.ino() && offset <= metadata.len() => offset,
                Some(_) => 0,
                None if self.from_end => metadata.len(),
                None => 0,
            };
            self.from_end = false;
            self.open = Some((file, metadata, offset));
        }
        let Some((file, metadata, offset)) = &mut self.open else { return };
        let Ok(now_long) = file.metadata().map(|metadata| metadata.len()) else { return };
        if now_long < *offset {
            *offset = 0;
        }
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(*offset)).and_then(|_| file.take(CHUNK).read_to_end(&mut bytes));
        let rotated = current.is_none_or(|current| current.ino() != metadata.ino());
        // A line without an end may still be written; if the file has gone elsewhere, it is not.
        let whole = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if rotated || bytes.len() as u64 == CHUNK => bytes.len(),
            None => 0,
        };
        if read.is_ok() && whole > 0 {
            for line in bytes[..whole].split(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
                if line.is_empty() {
                    continue;
                }
                let entry = Entry { labels: self.labels.clone(), time: now(), line, metadata: Labels::new() };
                graph.send(receivers, &entry);
            }
            *offset += whole as u64;
            positions.reached(&self.key, json!({"inode": metadata.ino(), "offset": *offset}));
        } else if rotated {
            self.open = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_paths() {
        let takes = |pattern: &str, path: &str| glob(pattern).unwrap().is_match(path);
        assert!(takes("/var/log/*.log", "/var/log/a.log"));
        assert!(!takes("/var/log/*.log", "/var/log/b/a.log"));
        assert!(takes("/var/log/**/*.log", "/var/log/b/c/a.log"));
        assert!(takes("/var/log/**/*.log", "/var/log/a.log"));
        assert!(takes("/a/{x,y}.txt", "/a/y.txt"));
    }
}
