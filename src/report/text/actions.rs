//! What actions said, once for all hosts on which they came to the same.

use super::words::{clean, hosts};
use super::{Look, Tone};
use crate::engine::event::ActionResult;
use crate::report::record::Record;
use indexmap::IndexMap;

/// Host by host; what failed comes last.
pub fn actions(record: &Record, look: &Look) -> String {
    let mut groups: IndexMap<(&str, Option<i32>, &str), Vec<&str>> = IndexMap::new();
    for (name, host) in &record.hosts {
        for ActionResult { action, status, output, .. } in &host.actions {
            groups.entry((action, *status, output)).or_default().push(name);
        }
    }
    let (well, failed): (Vec<_>, Vec<_>) = groups.into_iter().partition(|((_, status, _), _)| *status == Some(0));
    let silent = |output: &str| output.trim().is_empty();
    let shown = well.iter().filter(|((_, _, output), _)| !look.quiet && !silent(output)).chain(&failed);
    shown.map(|((action, status, output), names)| block(action, *status, output, names, look)).collect()
}

fn block(action: &str, status: Option<i32>, output: &str, names: &[&str], look: &Look) -> String {
    let mut text = format!("\n{}\n", hosts(names, look));
    let how = match status {
        Some(0) => None,
        Some(status) => Some(format!("exit status {status}")),
        None => Some("it did not come to an end in time".to_owned()),
    };
    if let Some(how) = how {
        text.push_str(&format!("  {} {action}: {how}\n", look.paint(Tone::Bad, "failed")));
    }
    // what a program says is cut nowhere: it may be a configuration that goes into a file
    for line in output.trim_end().lines() {
        text.push_str(format!("  {}", clean(line)).trim_end());
        text.push('\n');
    }
    text
}
