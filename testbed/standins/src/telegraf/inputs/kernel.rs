//! `inputs.kernel`

use super::read;
use crate::telegraf::config::tree::Node;
use crate::telegraf::metric::{Kind, Metric, Value};

/// What is collected beyond the usual; what there is not is not minded.
///
/// # Errors
/// What this kernel does not have.
pub fn collect(table: &Node) -> Result<Vec<String>, String> {
    let chosen = table.texts_of("collect");
    let merging = super::host("/sys/kernel/mm/ksm");
    if chosen.iter().any(|chosen| chosen == "ksm") && !std::path::Path::new(&merging).exists() {
        return Err(format!("directory {merging:?} does not exist. KSM is not enabled in this kernel"));
    }
    Ok(chosen)
}

/// Interrupts, context switches, forks, and pressure.
pub fn gather(collect: &[String], now: u64) -> Result<Vec<Metric>, String> {
    let stat = read("/proc/stat")?;
    let entropy = read("/proc/sys/kernel/random/entropy_avail")?;
    let number = |text: &str| text.trim().parse().ok().map(Value::Int);
    let mut fields: Vec<(String, Value)> =
        number(&entropy).map(|value| ("entropy_avail".to_owned(), value)).into_iter().collect();
    for line in stat.lines() {
        let mut words = line.split_whitespace();
        let field = match words.next() {
            Some("intr") => "interrupts",
            Some("ctxt") => "context_switches",
            Some("processes") => "processes_forked",
            Some("btime") => "boot_time",
            _ => continue,
        };
        fields.extend(words.next().and_then(number).map(|value| (field.to_owned(), value)));
    }
    let has = |name: &str| collect.iter().any(|collected| collected == name);
    if has("ksm") {
        for name in ["full_scans", "pages_shared", "pages_sharing", "pages_unshared", "pages_volatile", "run"] {
            let text = read(&format!("/sys/kernel/mm/ksm/{name}"))?;
            fields.extend(number(&text).map(|value| (format!("ksm_{name}"), value)));
        }
    }
    let mut metrics = vec![Metric::new("kernel", Kind::Counter, now, fields)];
    if has("psi") {
        for resource in ["cpu", "memory", "io"] {
            metrics.extend(pressure(resource, &read(&format!("/proc/pressure/{resource}"))?, now));
        }
    }
    Ok(metrics)
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`
fn pressure(resource: &str, text: &str, now: u64) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(kind) = words.next() else { continue };
        let (mut gauges, mut counters) = (Vec::new(), Vec::new());
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            match (name, value.parse::<f64>(), value.parse::<u64>()) {
                ("total", _, Ok(total)) => counters.push((name, Value::Uint(total))),
                (_, Ok(share), _) => gauges.push((name, Value::Float(share))),
                _ => {}
            }
        }
        for (kind_of, fields) in [(Kind::Counter, counters), (Kind::Gauge, gauges)] {
            metrics.push(Metric::new("pressure", kind_of, now, fields).tag("resource", resource).tag("type", kind));
        }
    }
    metrics
}
