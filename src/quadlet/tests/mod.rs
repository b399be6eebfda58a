//! Quadlets read, checked, and written as services.

mod checks;
mod kinds;
mod references;
mod services;
mod unit_files;
mod words;

use super::{Named, Problem};

/// A quadlet that can be read.
fn quadlet(path: &str, text: &str) -> Named {
    Named::parse(path, text).unwrap()
}

/// Problems as a person would read them.
fn told(problems: &[Problem]) -> String {
    let line = |problem: &Problem| match &problem.hint {
        Some(hint) => format!("{}: {} ({hint})", problem.line, problem.message),
        None => format!("{}: {}", problem.line, problem.message),
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}
