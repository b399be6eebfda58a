//! The answer: the one line that a run is about.

use super::words::{counted, duration};
use super::{Look, Tone};
use crate::engine::event::{ORPHANED, Outcome};
use crate::report::record::{Record, Summary};
use std::collections::BTreeMap;

/// `3 changes on 2 of 5 hosts`: what the plans say, before anything is done.
pub fn planned(record: &Record, look: &Look) -> String {
    let sum = record.summary();
    if sum.planned == 0 {
        return no_changes(record, &sum, look);
    }
    let changes = counted(sum.planned, "change");
    let lead = format!("{changes} on {}", some_hosts(record, sum.hosts_with_changes));
    answer(look, Tone::Strong, &lead, &problems(&sum), None)
}

/// `3 changes made on 2 of 5 hosts (4.2 s)`: how an apply ended.
pub fn applied(record: &Record, look: &Look) -> String {
    let sum = record.summary();
    let made = || format!("{} made on {}", counted(sum.made, "change"), some_hosts(record, sum.hosts_changed));
    let time = Some(record.millis);
    if record.exit == Some(130) {
        let done = if sum.made > 0 { made() } else { "nothing was changed".to_owned() };
        return answer(look, Tone::Changed, &format!("Interrupted: {done}"), &problems(&sum), time);
    }
    if sum.made == 0 && sum.failed == 0 && sum.skipped > 0 {
        let sum = Summary { skipped: 0, ..sum };
        let lead = match common_skip(record) {
            Some(reason) => format!("Nothing was done: {reason}"),
            None => "Nothing was done".to_owned(),
        };
        return answer(look, Tone::Changed, &lead, &problems(&sum), None);
    }
    if sum.failed > 0 {
        let failed = format!("Failed on {}", some_hosts(record, sum.failed));
        let mut rest = became(record, &sum);
        rest.extend(problems(&Summary { failed: 0, ..sum }));
        return answer(look, Tone::Bad, &failed, &rest, time);
    }
    if sum.made == 0 {
        return no_changes(record, &sum, look);
    }
    answer(look, Tone::Good, &made(), &problems(&sum), time)
}

/// What was made all the same, where something failed.
fn became(record: &Record, sum: &Summary) -> Vec<String> {
    let mut parts = Vec::new();
    let hosts = record.hosts.values().filter(|host| host.done() > 0).count();
    if hosts > 0 {
        parts.push(format!("{} made on {}", counted(sum.made - sum.stays, "change"), counted(hosts, "host")));
    }
    match (sum.stays, hosts) {
        (0, _) => {}
        // what is half done says it
        _ if sum.open > 0 => {}
        (stays, 0) => parts.push(format!("{} not put back", counted(stays, "change"))),
        (stays, _) => parts.push(format!("{stays} not put back")),
    }
    if sum.open > 0 {
        parts.push(format!("{} may be half done", counted(sum.open, "host")));
    }
    if parts.is_empty() {
        parts.push("no changes made".to_owned());
    }
    parts
}

/// `1 of 12 checks failed on 1 of 3 hosts (2.1 s)`: how a verify ended.
pub fn verified(record: &Record, look: &Look) -> String {
    let sum = record.summary();
    let total = sum.checks_passed + sum.checks_failed;
    let with = |wanted: fn(&crate::report::record::HostRecord) -> bool| {
        some_hosts(record, record.hosts.values().filter(|host| wanted(host)).count())
    };
    let (tone, lead) = match (sum.checks_failed, total) {
        (0, 0) => (Tone::Strong, "No checks were made".to_owned()),
        (0, 1) => (Tone::Good, format!("1 check passed on {}", with(|host| !host.checks.is_empty()))),
        (0, _) => (Tone::Good, format!("All {total} checks passed on {}", with(|host| !host.checks.is_empty()))),
        (failed, _) => {
            let checks = counted(total, "check");
            (Tone::Bad, format!("{failed} of {checks} failed on {}", with(|host| host.passed() < host.checks.len())))
        }
    };
    // Hosts on which only checks failed are counted in the lead.
    let failed = record.hosts.values().filter(|host| host.failed() && host.passed() == host.checks.len()).count();
    answer(look, tone, &lead, &problems(&Summary { failed, ..sum }), Some(record.millis))
}

/// `loki/flush is done on 2 hosts (0.4 s)`: how a run of an action ended.
pub fn acted(record: &Record, look: &Look) -> String {
    let sum = record.summary();
    let all = || record.hosts.values().flat_map(|host| &host.actions);
    let mut names: Vec<&str> = all().map(|result| result.action.as_str()).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    let well = record.hosts.values().filter(|host| matches!(host.outcome, Some(Outcome::Acted { .. }))).count();
    let (tone, lead) = match (names.as_slice(), sum.failed) {
        ([], _) => (Tone::Strong, "Nothing was done".to_owned()),
        (names, 0) => (Tone::Good, format!("{} is done on {}", names.join(" and "), some_hosts(record, well))),
        (names, failed) => (Tone::Bad, format!("{} failed on {}", names.join(" and "), some_hosts(record, failed))),
    };
    let failed = if names.is_empty() { sum.failed } else { 0 };
    answer(look, tone, &lead, &problems(&Summary { failed, ..sum }), Some(record.millis))
}

/// The question before an apply.
pub fn question(record: &Record) -> String {
    let sum = record.summary();
    let changes = if sum.planned == 1 { "this change".to_owned() } else { format!("these {} changes", sum.planned) };
    let with_changes = || record.hosts.iter().filter(|(_, host)| host.planned() > 0);
    let hosts = match (sum.hosts_with_changes, with_changes().next()) {
        (1, Some((name, _))) => name.clone(),
        (count, _) => counted(count, "host"),
    };
    let removed = removed(record);
    let removing = if removed.is_empty() { String::new() } else { format!(", and remove {}", removed.join(", ")) };
    format!("Apply {changes} to {hosts}{removing}? [y/N] ")
}

/// The roles that go as a whole, each with its hosts.
fn removed(record: &Record) -> Vec<String> {
    let mut hosts_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, host) in &record.hosts {
        let roles = host.plan.iter().flat_map(|plan| &plan.roles).filter(|role| role.play == ORPHANED);
        roles.for_each(|role| hosts_of.entry(&role.role).or_default().push(name));
    }
    let of = |(role, hosts): (&str, Vec<&str>)| match hosts.as_slice() {
        [host] => format!("{role} of {host}"),
        hosts => format!("{role} of {}", counted(hosts.len(), "host")),
    };
    hosts_of.into_iter().map(of).collect()
}

/// The reason for which all skipped hosts were skipped, if it is one.
pub fn common_skip(record: &Record) -> Option<&str> {
    let mut reasons = record.hosts.values().filter_map(|host| match &host.outcome {
        Some(Outcome::Skipped { reason, .. }) => Some(reason.as_str()),
        _ => None,
    });
    let first = reasons.next()?;
    reasons.all(|reason| reason == first).then_some(first)
}

fn no_changes(record: &Record, sum: &Summary, look: &Look) -> String {
    let well = sum.hosts - sum.failed - sum.unreachable - sum.skipped;
    let problems = problems(sum);
    let time = record.exit.map(|_| record.millis);
    if well == sum.hosts {
        let declared = match record.hosts.keys().next() {
            Some(host) if sum.hosts == 1 => format!("{host} is as declared"),
            _ => format!("{} are as declared", counted(sum.hosts, "host")),
        };
        return answer(look, Tone::Good, &format!("No changes: {declared}"), &problems, time);
    }
    match (well, problems.split_first()) {
        (0, Some((first, rest))) => {
            // "2 failed" alone would not say of what.
            let lead = first.replacen(' ', if first.starts_with("1 ") { " host " } else { " hosts " }, 1);
            answer(look, Tone::Bad, &lead, rest, time)
        }
        _ => answer(look, Tone::Strong, &format!("No changes on {}", some_hosts(record, well)), &problems, time),
    }
}

/// `2 of 5 hosts`, `5 hosts`, or the name of the only one.
fn some_hosts(record: &Record, count: usize) -> String {
    let all = record.hosts.len();
    match record.hosts.keys().next() {
        Some(host) if all == 1 => host.clone(),
        _ if count == all => counted(all, "host"),
        _ => format!("{count} of {}", counted(all, "host")),
    }
}

fn problems(sum: &Summary) -> Vec<String> {
    let mut problems = Vec::new();
    if sum.failed > 0 {
        problems.push(format!("{} failed", sum.failed));
    }
    if sum.unreachable > 0 {
        problems.push(format!("{} unreachable", sum.unreachable));
    }
    if sum.skipped > 0 {
        problems.push(format!("{} skipped", sum.skipped));
    }
    problems
}

fn answer(look: &Look, tone: Tone, lead: &str, rest: &[String], millis: Option<u64>) -> String {
    let mut line = look.paint(tone, lead);
    for (number, problem) in rest.iter().enumerate() {
        line.push_str(if number == 0 { "; " } else { ", " });
        let bad = problem.contains("failed") || problem.contains("unreachable");
        line.push_str(&look.paint(if bad { Tone::Bad } else { Tone::Plain }, problem));
    }
    if let Some(millis) = millis {
        line.push(' ');
        line.push_str(&look.paint(Tone::Faint, &format!("({})", duration(millis))));
    }
    line.push('\n');
    line
}
