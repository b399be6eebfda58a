//! `inputs.mem` and `inputs.swap`

use super::{read, sizes};
use crate::telegraf::metric::{Kind, Metric, Value};
use std::collections::HashMap;

/// Fields of `inputs.mem` and what `/proc/meminfo` calls them.
const FIELDS: &[(&str, &str)] = &[
    ("total", "MemTotal"),
    ("available", "MemAvailable"),
    ("active", "Active"),
    ("buffered", "Buffers"),
    ("commit_limit", "CommitLimit"),
    ("committed_as", "Committed_AS"),
    ("dirty", "Dirty"),
    ("free", "MemFree"),
    ("high_free", "HighFree"),
    ("high_total", "HighTotal"),
    ("huge_pages_free", "HugePages_Free"),
    ("huge_page_size", "Hugepagesize"),
    ("huge_pages_total", "HugePages_Total"),
    ("inactive", "Inactive"),
    ("low_free", "LowFree"),
    ("low_total", "LowTotal"),
    ("mapped", "Mapped"),
    ("page_tables", "PageTables"),
    ("shared", "Shmem"),
    ("slab", "Slab"),
    ("sreclaimable", "SReclaimable"),
    ("sunreclaim", "SUnreclaim"),
    ("swap_cached", "SwapCached"),
    ("swap_free", "SwapFree"),
    ("swap_total", "SwapTotal"),
    ("vmalloc_chunk", "VmallocChunk"),
    ("vmalloc_total", "VmallocTotal"),
    ("vmalloc_used", "VmallocUsed"),
    ("write_back_tmp", "WritebackTmp"),
    ("write_back", "Writeback"),
];

/// The same of `collect_extended`.
const EXTENDED: &[(&str, &str)] = &[
    ("active_file", "Active(file)"),
    ("inactive_file", "Inactive(file)"),
    ("active_anon", "Active(anon)"),
    ("inactive_anon", "Inactive(anon)"),
    ("unevictable", "Unevictable"),
    ("percpu", "Percpu"),
];

/// Memory.
pub fn mem(extended: bool, now: u64) -> Result<Vec<Metric>, String> {
    let text = read("/proc/meminfo").map_err(|why| format!("error getting virtual memory info: {why}"))?;
    let known: HashMap<&str, u64> = sizes(&text).collect();
    let size = |name: &str| known.get(name).copied().unwrap_or(0);
    let (total, available) = (size("MemTotal"), size("MemAvailable"));
    let used = total.saturating_sub(available);
    let percent = |part: u64| Value::Float(100.0 * part as f64 / total.max(1) as f64);
    let more = if extended { EXTENDED } else { &[] };
    let mut fields: Vec<(&str, Value)> =
        FIELDS.iter().chain(more).map(|(field, name)| (*field, Value::Uint(size(name)))).collect();
    fields.extend([
        ("cached", Value::Uint(size("Cached") + size("SReclaimable"))),
        ("used", Value::Uint(used)),
        ("used_percent", percent(used)),
        ("available_percent", percent(available)),
    ]);
    Ok(vec![Metric::new("mem", Kind::Gauge, now, fields)])
}

/// Swap space, and what went in and out of it.
pub fn swap(now: u64) -> Result<Vec<Metric>, String> {
    let failed = |why: String| format!("error getting swap memory info: {why}");
    let text = read("/proc/meminfo").map_err(failed)?;
    let known: HashMap<&str, u64> = sizes(&text).collect();
    let size = |name: &str| known.get(name).copied().unwrap_or(0);
    let (total, free) = (size("SwapTotal"), size("SwapFree"));
    let used = total.saturating_sub(free);
    let percent = if total == 0 { 0.0 } else { 100.0 * used as f64 / total as f64 };
    let pages = read("/proc/vmstat").map_err(failed)?;
    let moved = |name: &str| {
        let value = pages.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        Value::Uint(value.unwrap_or(0) * 4096)
    };
    let gauges = [
        ("total", Value::Uint(total)),
        ("used", Value::Uint(used)),
        ("free", Value::Uint(free)),
        ("used_percent", Value::Float(percent)),
    ];
    let counters = [("in", moved("pswpin ")), ("out", moved("pswpout "))];
    Ok(vec![Metric::new("swap", Kind::Gauge, now, gauges), Metric::new("swap", Kind::Counter, now, counters)])
}
