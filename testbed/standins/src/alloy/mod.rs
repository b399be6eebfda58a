//! The stand-in for Alloy: what follows logs and sends them to Loki.
//!
//! It ends with 0 when it was told to end or what it was given is right, 1 when Alloy would refuse it, and 3 for what
//! only the real program knows.

mod config;
mod files;
mod graph;
mod journal;
mod positions;
mod process;
mod references;
mod relabel;
mod server;
mod shapes;
mod syntax;
#[cfg(test)]
mod tests;
mod typecheck;
mod value;
mod write;

use crate::{labels, release};
use config::Refusal;
use shapes::Allowed;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use syntax::Source;

const USAGE: &str = "Usage:\n  alloy run [flags] path\n  alloy validate [flags] path\n  alloy fmt [-w|--write] [-t|--test] file\n  \
    alloy --version";

/// What `alloy run` is told.
#[derive(Debug)]
struct Run {
    config: PathBuf,
    listen: String,
    storage: PathBuf,
    allowed: Allowed,
}

/// Runs it.
pub fn main(words: &[String]) -> ExitCode {
    let (command, words) = match words.split_first() {
        Some((command, words)) => (command.as_str(), words),
        None => ("help", words),
    };
    let done = match command {
        "run" => flags(words).and_then(|run| server::run(&run)),
        "validate" => flags(words).and_then(|run| {
            config::validate(&run.config, run.allowed).map_err(|refusal| refused(&refusal, "validation failed"))
        }),
        "fmt" | "format" => fmt(words),
        "--version" | "-v" | "version" => {
            println!("alloy, version {} (branch: stand-in, revision: stand-in)", release::of("alloy"));
            Ok(())
        }
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err((1, format!("unknown command {other:?} for \"alloy\""))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => {
            eprintln!("Error: {why}");
            ExitCode::from(code)
        }
    }
}

/// Shows what is wrong with a configuration; the exit code and last words.
fn refused(refusal: &Refusal, words: &str) -> (u8, String) {
    eprintln!("{}", refusal.shown.join("\n"));
    (if refusal.unknown { 3 } else { 1 }, words.to_owned())
}

/// Flags that are taken and change nothing here; those with `=` have a value.
const IDLE: &[&str] = &[
    "disable-reporting",
    "server.http.ui-path-prefix=",
    "server.http.memory-addr=",
    "server.http.enable-pprof",
    "server.http.disable-support-bundle",
    "feature.prometheus.metric-validation-scheme=",
    "disable-support-bundle",
    "windows.priority=",
];
const OTHER_FLAGS: &[&str] = &["cluster.", "config.", "feature.", "server.", "windows."];

fn flags(words: &[String]) -> Result<Run, (u8, String)> {
    let mut run = Run {
        config: PathBuf::new(),
        listen: "127.0.0.1:12345".to_owned(),
        storage: "data-alloy/".into(),
        allowed: Allowed::default(),
    };
    let mut paths = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--") else {
            if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
                return Err((
                    1,
                    format!("unknown shorthand flag: {:?} in {word}", short.chars().next().unwrap_or('-')),
                ));
            }
            paths.push(word);
            continue;
        };
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
        let mut value =
            || value.clone().or_else(|| words.next().cloned()).ok_or((1, format!("flag needs an argument: --{name}")));
        match name {
            "server.http.listen-addr" => run.listen = value()?,
            "storage.path" => run.storage = value()?.into(),
            "stability.level" => {
                let level = value()?;
                if !["experimental", "public-preview", "generally-available"].contains(&level.as_str()) {
                    return Err((
                        1,
                        format!(
                            "invalid argument {level:?} for \"--stability.level\" flag: invalid stability level {level:?}"
                        ),
                    ));
                }
                run.allowed.previews = level != "generally-available";
                run.allowed.experiments = level == "experimental";
            }
            "feature.community-components.enabled" => run.allowed.community = !flag.ends_with("=false"),
            name if IDLE.contains(&name) => {}
            name if IDLE.contains(&format!("{name}=").as_str()) => {
                value()?;
            }
            name if OTHER_FLAGS.iter().any(|known| name.starts_with(known)) => {
                return Err((3, format!("the stand-in does not know --{name}")));
            }
            name => return Err((1, format!("unknown flag: --{name}"))),
        }
    }
    let [path] = paths.as_slice() else {
        return Err((1, format!("accepts 1 arg(s), received {}", paths.len())));
    };
    run.config = path.into();
    Ok(run)
}

fn fmt(words: &[String]) -> Result<(), (u8, String)> {
    let fail = |why: String| (1, why);
    let is = |names: [&str; 2]| words.iter().any(|word| names.contains(&word.as_str()));
    let (write, test) = (is(["-w", "--write"]), is(["-t", "--test"]));
    let path = words.iter().find(|word| word.as_str() == "-" || !word.starts_with('-'));
    if let Some(other) = words.iter().find(|word| {
        word.len() > 1 && word.starts_with('-') && !["-w", "--write", "-t", "--test"].contains(&word.as_str())
    }) {
        return Err(fail(format!("unknown flag: {other}")));
    }
    if write && test {
        return Err(fail("cannot use -w/--write and -t/--test at the same time".to_owned()));
    }
    let Some(path) = path.filter(|path| path.as_str() != "-") else {
        if write {
            return Err(fail("cannot use -w with standard input".to_owned()));
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
        return formatted(Source { name: "<stdin>".to_owned(), text }, None, test);
    };
    let folder = Path::new(path);
    let metadata = std::fs::metadata(folder).map_err(|error| fail(format!("stat {path}: {error}")))?;
    if metadata.is_dir() {
        return Err(fail("cannot format a directory".to_owned()));
    }
    let text = std::fs::read_to_string(folder).map_err(|error| fail(format!("open {path}: {error}")))?;
    formatted(Source { name: path.clone(), text }, write.then_some(folder), test)
}

fn formatted(source: Source, write: Option<&Path>, test: bool) -> Result<(), (u8, String)> {
    let tree = syntax::parse(&source.text).map_err(|error| {
        eprintln!("{}", source.short(&error));
        (1, "encountered errors during formatting".to_owned())
    })?;
    let text = syntax::format(&source.text, &tree);
    match write {
        _ if test && text != source.text => Err((1, format!("file {} is not formatted correctly", source.name))),
        _ if test => Ok(()),
        Some(path) if text != source.text => std::fs::write(path, text).map_err(|error| (1, error.to_string())),
        Some(_) => Ok(()),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}

/// Writes a line of the log, in the form of logfmt.
fn log(level: &str, message: &str, more: &[(&str, &str)]) {
    let mut line = format!("ts={:.9} level={level} msg={}", jiff::Timestamp::now(), labels::quoted(message));
    for (name, value) in more {
        line.push_str(&format!(" {name}={}", labels::quoted(value)));
    }
    eprintln!("{line}");
}
