//! The checks of a run: host, check, verdict, and what was seen.

use super::words::{clean, columns, counted, padded};
use super::{Look, Tone};
use crate::engine::event::{CheckResult, Outcome};
use crate::report::record::{HostRecord, Record};

/// With more checks than this, a host on which all passed takes one line, unless everything is wanted.
const ROWS: usize = 40;

/// The checks by host; what failed comes last. That a signal is there is a row of the table of signals already.
pub fn checks(record: &Record, look: &Look) -> String {
    let told = |check: &CheckResult| check.passed && check.newest.is_some() && look.verbose == 0;
    let untold =
        |host: &HostRecord| -> Vec<CheckResult> { host.checks.iter().filter(|check| !told(check)).cloned().collect() };
    // a host that was not reached is told of with its reason
    let reached = |host: &HostRecord| !matches!(host.outcome, Some(Outcome::Unreachable { .. }));
    let hosts = record.hosts.iter().filter(|(_, host)| reached(host));
    let hosts = hosts.map(|(name, host)| (name, untold(host))).filter(|(_, checks)| !checks.is_empty());
    let (well, failed): (Vec<_>, Vec<_>) = hosts.partition(|(_, checks)| checks.iter().all(|check| check.passed));
    let total: usize = well.iter().chain(&failed).map(|(_, checks)| checks.len()).sum();
    let short = look.quiet || (total > ROWS && look.verbose == 0);
    let mut out = String::new();
    if short {
        let width = well.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
        if !look.quiet && !well.is_empty() {
            out.push('\n');
            for (name, checks) in &well {
                let count = counted(checks.len(), "check");
                out.push_str(&format!("{}  {}\n", padded(name, width), look.paint(Tone::Good, &format!("{count} ok"))));
            }
        }
    } else {
        well.iter().for_each(|(name, checks)| table(&mut out, name, checks, look));
    }
    for (name, mut checks) in failed {
        // Among many, only what failed.
        checks.retain(|check| !short || !check.passed);
        table(&mut out, name, &checks, look);
    }
    out
}

/// Those that failed, of all hosts; without those that are told of with what became of their role.
pub fn failed(record: &Record, look: &Look) -> String {
    let mut out = String::new();
    for (name, host) in &record.hosts {
        let rows: Vec<CheckResult> = host.unanswered().cloned().collect();
        if !rows.is_empty() {
            table(&mut out, name, &rows, look);
        }
    }
    out
}

fn table(out: &mut String, host: &str, checks: &[CheckResult], look: &Look) {
    const INDENT: usize = 2 + "failed".len() + 2;
    let width = checks.iter().map(|check| columns(&check.check)).max().unwrap_or(0);
    let side_by_side = checks.iter().all(|check| {
        !check.passed || (!check.seen.contains('\n') && look.fits(INDENT + width + 2 + columns(&check.seen)))
    });
    out.push_str(&format!("\n{}\n", look.paint(Tone::Strong, host)));
    for check in checks {
        let (word, tone) = if check.passed { ("ok", Tone::Good) } else { ("failed", Tone::Bad) };
        let name = clean(&check.check);
        out.push_str(&format!("  {}  ", look.paint(tone, &padded(word, "failed".len()))));
        let beside = look.fits(INDENT + width + 2 + columns(&check.seen)) && !check.seen.contains('\n');
        if beside && side_by_side {
            out.push_str(format!("{}  {}", padded(&name, width), clean(&check.seen)).trim_end());
            out.push('\n');
            continue;
        }
        out.push_str(&look.cut(&name, INDENT));
        out.push('\n');
        // what was seen of one that passed is worth no line of its own
        if check.passed && look.verbose == 0 {
            continue;
        }
        for line in check.seen.lines().flat_map(|line| look.wrap(&clean(line), INDENT + 2)) {
            out.push_str(format!("{}{line}", " ".repeat(INDENT + 2)).trim_end());
            out.push('\n');
        }
    }
}
