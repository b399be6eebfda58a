//! `inputs.processes`

use super::host;
use crate::telegraf::metric::{Kind, Metric, Value};
use std::collections::BTreeMap;

/// How many processes are in which state.
pub fn gather(now: u64) -> Result<Vec<Metric>, String> {
    let states = ["blocked", "zombies", "stopped", "running", "sleeping", "total", "unknown", "dead", "paging", "idle"];
    let mut counts: BTreeMap<&str, i64> = states.into_iter().map(|state| (state, 0)).collect();
    counts.insert("total_threads", 0);
    let proc = host("/proc");
    let entries = std::fs::read_dir(&proc).map_err(|error| format!("open {proc}: {error}"))?;
    for entry in entries.filter_map(Result::ok) {
        if !entry.file_name().to_string_lossy().starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        // A process may be gone by now.
        let Ok(stat) = std::fs::read(entry.path().join("stat")) else { continue };
        let stat = String::from_utf8_lossy(&stat);
        // The command, in parentheses, may hold anything.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let state = match words.first().and_then(|word| word.chars().next()) {
            Some('R') => "running",
            Some('S') => "sleeping",
            Some('D') => "blocked",
            Some('Z') => "zombies",
            Some('X') => "dead",
            Some('T' | 't') => "stopped",
            Some('W') => "paging",
            Some('I') => "idle",
            Some('P') => "parked",
            _ => continue,
        };
        let threads = words.get(17).and_then(|word| word.parse().ok()).unwrap_or(0);
        for (name, more) in [(state, 1), ("total", 1), ("total_threads", threads)] {
            *counts.entry(name).or_default() += more;
        }
    }
    let fields = counts.into_iter().map(|(name, count)| (name, Value::Int(count)));
    Ok(vec![Metric::new("processes", Kind::Gauge, now, fields)])
}
