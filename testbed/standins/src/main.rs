//! Stand-ins for programs whose images and packages cannot be fetched everywhere: they speak the same HTTP API and
//! take the same configuration and command lines as the real ones, and are strict about what they accept.
//!
//! One program under several names: that of the file it was started as, or its first argument, says which it is.

mod alloy;
mod duration;
mod grafana;
mod influxdb;
mod labels;
mod loki;
mod notify;
mod push;
mod registry;
mod release;
mod signals;
mod telegraf;
mod units;
mod web;
mod yaml;

use std::path::Path;
use std::process::ExitCode;

/// What it can be.
const PROGRAMS: [&str; 6] = ["loki", "alloy", "influxd", "telegraf", "grafana", "registry"];

fn main() -> ExitCode {
    let mut words = std::env::args();
    let called = words.next().unwrap_or_default();
    let mut words: Vec<String> = words.collect();
    let mut name = Path::new(&called).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // What images start is a script of that name in the real ones.
    let sets_up = name == "entrypoint.sh" && release::is_of("influxd");
    match name.as_str() {
        "entrypoint.sh" if sets_up => name = "influxd".to_owned(),
        "entrypoint.sh" => {
            eprintln!("{}", telegraf::started_by_image(words));
            return ExitCode::from(126);
        }
        "run.sh" => {
            name = "grafana".to_owned();
            words = grafana::started_by_image(words);
        }
        "grafana-server" => {
            name = "grafana".to_owned();
            words.insert(0, "server".to_owned());
        }
        _ => {}
    }
    if !PROGRAMS.contains(&name.as_str()) {
        if words.is_empty() {
            eprintln!("usage: solti-standins {} ARGUMENT...", PROGRAMS.join("|"));
            return ExitCode::from(2);
        }
        name = words.remove(0);
    }
    if release::of(&name) == release::CRASH {
        eprintln!("{name}: this version of the stand-in ends at once, as it is meant to");
        return ExitCode::FAILURE;
    }
    match name.as_str() {
        "loki" => loki::main(&words),
        "alloy" => alloy::main(&words),
        "influxd" if sets_up => influxdb::entrypoint::main(&words),
        "influxd" => influxdb::main(&words),
        "registry" => registry::main(&words),
        "telegraf" => telegraf::main(&words),
        "grafana" => grafana::main(&words),
        _ => {
            eprintln!("there is no stand-in for {name}; there are {}", PROGRAMS.join(", "));
            ExitCode::from(2)
        }
    }
}
