//! What went wrong: last in a report, so that it is what remains on the screen.

use super::words::{clean, columns, hosts, padded};
use super::{Look, Tone};
use crate::engine::event::{Failure, Outcome};
use crate::report::record::Record;
use indexmap::IndexMap;

/// The failures in full, one block for hosts that failed in the same way.
pub fn failures(record: &Record, look: &Look) -> String {
    let mut groups: IndexMap<String, (&Failure, Vec<&str>)> = IndexMap::new();
    for (name, host) in &record.hosts {
        // A check that failed and nothing else is a row of the checks already.
        for failure in host.failures.iter().filter(|failure| !host.is_answer(failure)) {
            let key = serde_json::to_string(failure).unwrap_or_else(|_| name.clone());
            groups.entry(key).or_insert_with(|| (failure, Vec::new())).1.push(name);
        }
    }
    let mut out = String::new();
    for (failure, names) in groups.values() {
        out.push('\n');
        out.push_str(&failure_block(failure, names, look));
    }
    out
}

fn failure_block(failure: &Failure, names: &[&str], look: &Look) -> String {
    let mut out = format!("{}\n", hosts(names, look));
    let mut line = |indent: usize, text: &str| {
        out.push_str(&" ".repeat(indent));
        out.push_str(text);
        out.push('\n');
    };
    line(2, format!("{} {}", look.paint(Tone::Bad, "failed"), clean(&failure.place)).trim_end());
    look.wrap(&clean(&failure.message), 4).iter().for_each(|text| line(4, text));
    match (&failure.command, failure.status) {
        (Some(command), status) => {
            let status = status.map(|status| format!(" (exit status {status})")).unwrap_or_default();
            let command = look.cut(&format!("$ {}", clean(command)), 4 + columns(&status));
            line(4, &format!("{command}{}", look.paint(Tone::Faint, &status)));
        }
        (None, Some(status)) => line(4, &format!("exit status {status}")),
        (None, None) => {}
    }
    let bar = look.paint(Tone::Faint, "|");
    for text in &failure.output {
        // An error message is not cut: what matters may be at its end.
        look.wrap(&clean(text), 6).iter().for_each(|text| line(4, format!("{bar} {text}").trim_end()));
    }
    for (label, items) in [("put back", &failure.restored), ("stays", &failure.left)] {
        let mut label = padded(label, "put back".len());
        for item in items {
            line(4, &format!("{}  {}", look.paint(Tone::Faint, &label), clean(item)));
            label = " ".repeat(columns(&label));
        }
    }
    out
}

/// Hosts that were not reached, and those on which nothing was begun, with the reason; `failed` adds those that failed.
pub fn hosts_not_done(record: &Record, look: &Look, failed: bool) -> String {
    let said = super::summary::common_skip(record).filter(|_| record.summary().made == 0);
    let rows: Vec<(&str, &str, Tone, String)> = record
        .hosts
        .iter()
        .filter_map(|(name, host)| {
            let row = match &host.outcome {
                Some(Outcome::Unreachable { reason }) => ("unreachable", Tone::Bad, reason.clone()),
                // The answer has said it.
                Some(Outcome::Skipped { reason, .. }) if said == Some(reason) => return None,
                Some(Outcome::Skipped { reason, .. }) => ("skipped", Tone::Changed, reason.clone()),
                _ if failed && host.failed() => {
                    let first = host.failures.first();
                    ("failed", Tone::Bad, first.map_or_else(String::new, |f| format!("{}: {}", f.place, f.message)))
                }
                _ => return None,
            };
            Some((name.as_str(), row.0, row.1, row.2))
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let name_width = rows.iter().map(|row| columns(row.0)).max().unwrap_or(0);
    let word_width = rows.iter().map(|row| columns(row.1)).max().unwrap_or(0);
    let indent = name_width + 2 + word_width + 2;
    let mut out = String::from("\n");
    for (name, word, tone, reason) in rows {
        let mut start = format!("{}  {}  ", padded(name, name_width), look.paint(tone, &padded(word, word_width)));
        for line in reason.lines().flat_map(|line| look.wrap(&clean(line), indent)) {
            out.push_str(format!("{start}{line}").trim_end());
            out.push('\n');
            start = " ".repeat(indent);
        }
    }
    out
}

/// What the user should know, each sentence once with the hosts that it is for; those of `from` on.
pub fn notes(record: &Record, look: &Look) -> String {
    let mut groups: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for note in &record.notes {
        groups.entry(note).or_default();
    }
    for (name, host) in &record.hosts {
        for note in &host.notes {
            groups.entry(note).or_default().push(name);
        }
    }
    let mut out = String::new();
    for (text, names) in &groups {
        let place = match names.as_slice() {
            [] => String::new(),
            [one] => format!("{one}: "),
            [first, second] => format!("{first}, {second}: "),
            [first, rest @ ..] => format!("{first} and {} more hosts: ", rest.len()),
        };
        let mut start = look.paint(Tone::Changed, "note: ");
        for line in look.wrap(&format!("{place}{}", clean(text)), 6) {
            out.push_str(&format!("{start}{line}\n"));
            start = " ".repeat(6);
        }
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}
