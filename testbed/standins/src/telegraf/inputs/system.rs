//! `inputs.system`

use super::{choices, read};
use crate::telegraf::config::tree::Node;
use crate::telegraf::metric::{Kind, Metric, Value};
use std::collections::HashSet;

/// What is collected.
///
/// # Errors
/// What there is not.
pub fn include(table: &Node) -> Result<Vec<String>, String> {
    let known = ["legacy", "load", "users", "cpus", "uptime", "os", "dmi"];
    let chosen = choices(table, "include", &known, |other| format!("invalid 'include' option {other:?}"))?;
    Ok(if chosen.is_empty() { vec!["legacy".to_owned()] } else { chosen })
}

/// Load, processors, uptime and what else is included.
pub fn gather(include: &[String], now: u64) -> Result<Vec<Metric>, String> {
    let has = |name: &str| include.iter().any(|included| included == name);
    let mut metrics = Vec::new();
    if has("legacy") {
        let gauges = [load()?, cpus()?, users()].concat();
        metrics.push(Metric::new("system", Kind::Gauge, now, gauges));
        let uptime = uptime()?;
        metrics.push(Metric::new("system", Kind::Counter, now, [("uptime", Value::Uint(uptime))]));
        let format = [("uptime_format", Value::Text(formatted(uptime)))];
        metrics.push(Metric::new("system", Kind::Untyped, now, format));
    }
    let mut fields = Vec::new();
    if has("load") {
        fields.extend(load()?);
    }
    if has("cpus") {
        fields.extend(cpus()?);
    }
    if has("users") {
        fields.extend(users());
    }
    if has("uptime") {
        fields.push(("uptime", Value::Uint(uptime()?)));
    }
    if has("os") {
        fields.extend(platform());
    }
    if has("dmi") {
        fields.extend(machine());
    }
    if !fields.is_empty() {
        metrics.push(Metric::new("system", Kind::Untyped, now, fields));
    }
    Ok(metrics)
}

type Fields = Vec<(&'static str, Value)>;

fn load() -> Result<Fields, String> {
    let text = read("/proc/loadavg").map_err(|why| format!("reading load averages: {why}"))?;
    let numbers = text.split_whitespace().filter_map(|word| word.parse().ok()).map(Value::Float);
    Ok(["load1", "load5", "load15"].into_iter().zip(numbers).collect())
}

fn cpus() -> Result<Fields, String> {
    let stat = read("/proc/stat").map_err(|why| format!("reading logical CPU count: {why}"))?;
    let logical = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count() as i64;
    let info = read("/proc/cpuinfo").unwrap_or_default();
    let mut package = "";
    let mut cores = HashSet::new();
    for (name, value) in info.lines().filter_map(|line| line.split_once(':')) {
        match name.trim() {
            "physical id" => package = value,
            "core id" => drop(cores.insert((package, value))),
            _ => {}
        }
    }
    let physical = if cores.is_empty() { logical } else { cores.len() as i64 };
    Ok(vec![("n_cpus", Value::Int(logical)), ("n_physical_cpus", Value::Int(physical))])
}

/// Those who are logged in: `utmp`, if there is one.
fn users() -> Fields {
    const RECORD: usize = 384;
    const USER_PROCESS: u8 = 7;
    let Ok(records) = std::fs::read("/var/run/utmp") else { return Vec::new() };
    let names: Vec<&[u8]> =
        records.chunks_exact(RECORD).filter(|record| record[0] == USER_PROCESS).map(|record| &record[44..76]).collect();
    let unique: HashSet<&&[u8]> = names.iter().collect();
    vec![("n_users", Value::Int(names.len() as i64)), ("n_unique_users", Value::Int(unique.len() as i64))]
}

fn uptime() -> Result<u64, String> {
    let text = read("/proc/uptime").map_err(|why| format!("reading uptime: {why}"))?;
    Ok(text.split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0))
}

/// ` 2:03` or `1 day,  2:03`.
fn formatted(uptime: u64) -> String {
    let (days, hours, minutes) = (uptime / 86_400, uptime / 3600 % 24, uptime / 60 % 60);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        days => format!("{days} days, "),
    };
    format!("{days}{hours:2}:{minutes:02}")
}

fn platform() -> Fields {
    let text = |text: &str| Value::Text(text.trim().to_owned());
    let release = read("/etc/os-release").unwrap_or_default();
    let told = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        text(line.unwrap_or_default().trim_matches('"'))
    };
    vec![
        ("os", text("linux")),
        ("arch", text(std::env::consts::ARCH)),
        ("platform", told("ID")),
        ("platform_family", told("ID_LIKE")),
        ("platform_version", told("VERSION_ID")),
        ("kernel_version", text(&read("/proc/sys/kernel/osrelease").unwrap_or_default())),
    ]
}

fn machine() -> Fields {
    let names = [
        ("bios_vendor", "bios_vendor"),
        ("bios_version", "bios_version"),
        ("bios_date", "bios_date"),
        ("board_vendor", "board_vendor"),
        ("board_product", "board_name"),
        ("chassis_vendor", "chassis_vendor"),
        ("product_name", "product_name"),
    ];
    let fields = names.into_iter().filter_map(|(field, file)| {
        let text = read(&format!("/sys/class/dmi/id/{file}")).ok()?;
        Some((field, Value::Text(text.trim().to_owned())))
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes_are_written_as_by_the_program_of_that_name() {
        assert_eq!(formatted(7380), " 2:03");
        assert_eq!(formatted(86_400 + 36_060), "1 day, 10:01");
        assert_eq!(formatted(3 * 86_400), "3 days,  0:00");
    }
}
