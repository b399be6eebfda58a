//! Stand-ins for programs whose images and packages cannot be fetched everywhere: they speak the same HTTP API and
//! take the same configuration and command lines as the real ones, and are strict about what they accept.
//!
//! One program under several names: that of the file it was started as, or its first argument, says which it is.

mod alloy;
mod duration;
mod labels;
mod loki;
mod push;
mod registry;
mod release;
mod web;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args();
    let called = words.next().unwrap_or_default();
    let mut words: Vec<String> = words.collect();
    let mut name = Path::new(&called).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !["loki", "alloy", "registry"].contains(&name.as_str()) {
        if words.is_empty() {
            eprintln!("usage: solti-standins loki|alloy|registry ARGUMENT...");
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
        "registry" => registry::main(&words),
        _ => {
            eprintln!("there is no stand-in for {name}; there are loki, alloy and registry");
            ExitCode::from(2)
        }
    }
}
