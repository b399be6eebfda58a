//! A step as a program for the host's shell: everything that it needs travels inside it, and what it replaces is
//! noted first. The functions that it calls are in the scripts beside this file.

mod pulls;
mod writer;

pub use pulls::{Pull, pulls};

use super::generation::Part;
use super::lasting;
use crate::ability::memory::manifest::Owned;
use crate::ability::program::Program;
use crate::ability::systemd::UnitOperation;
use crate::ability::{self, Operation, PLACE};
use crate::host::quote;
use crate::plan::role_plan::StepPlan;
use std::collections::BTreeSet;

/// The functions that steps are made of; sent once per shell, before the first step.
pub(super) fn functions() -> String {
    let own = concat!(
        include_str!("shell.sh"),
        include_str!("journal.sh"),
        include_str!("generations.sh"),
        include_str!("told.sh")
    );
    own.to_owned() + &ability::STEP.concat()
}

/// The start of every `apply` on a host: the functions, the lock, and putting back what an earlier run left open.
/// `who` is shown to others who find the host locked; shells that come `together` do not keep each other out.
pub fn opening(who: &str, together: &str) -> String {
    format!("{}\n{PLACE}\nlock {} {together} && recover\n", functions(), quote(who))
}

/// Begins a role's transaction; all its steps are put back together until it is committed. How its services ran is
/// noted now: a reboot before they are started anew would start them with what is put back afterwards. So is what may
/// stay whatever becomes of it. Once it is done it is kept as `part` of a generation, or not at all.
pub fn begin(transaction: &str, part: Option<&Part>, steps: &[StepPlan], lasting: &[Owned]) -> String {
    let operations = steps.iter().flat_map(|step| &step.changes).flat_map(|change| &change.operations);
    let units: BTreeSet<&str> = operations
        .filter_map(|operation| match operation {
            Operation::Units(UnitOperation::Service { unit, .. })
            | Operation::Units(UnitOperation::Enable { unit, .. }) => Some(unit.as_str()),
            _ => None,
        })
        .collect();
    let units: String = units.into_iter().map(|unit| format!(" {}", quote(unit))).collect();
    let things = lasting.iter().flat_map(|owned| owned.items.iter().map(move |item| (owned, item)));
    let things: String = things
        .filter_map(|(owned, item)| {
            let entry = serde_json::to_string(owned).ok()?;
            Some(format!(" {} {} {}", lasting::kind(item)?, quote(item.key().1), quote(&entry)))
        })
        .collect();
    let foresee = if things.is_empty() { String::new() } else { format!(" && foresee{things}") };
    let records = part.map(|part| format!("records {} {}\n", quote(&part.run), quote(&part.record)));
    format!("{}begin {}{units}{foresee}\n", records.unwrap_or_default(), quote(transaction))
}

/// The program of one step in the open transaction; what it stages is called after `name`. It says `step done`, or
/// `failed ...` after which everything in the transaction has been put back.
pub fn program<'a>(step: &'a StepPlan, name: &'a str, pulls: &[Pull<'_>]) -> String {
    let mut program = Program::new(name);
    program.text.push_str("step() {\n");
    if step.in_order {
        writer::in_order(step, pulls, &mut program);
    } else {
        writer::in_phases(step, pulls, &mut program);
    }
    if program.text.ends_with("{\n") {
        // all that it does is to talk to services; a function without commands is a syntax error
        program.text.push_str(":\n");
    }
    program.text.push_str("}\nif ready && step; then say step done; else untold; roll_back; fi\n");
    program.text
}

/// A program for a shell that holds the lock. While the host waits for the next one, a clock runs there.
pub fn held(program: &str) -> String {
    format!("unwatch\n{program}\nwatch\n")
}

/// What keeps that clock from running out.
pub const SIGN_OF_LIFE: &str = "unwatch\nwatch\n";

/// Ends the open transaction for good; `manifest` is the host's new one.
pub fn commit(manifest: &str) -> String {
    format!("commit {}\n", quote(manifest))
}

/// What has become of a transaction whose shell was lost; for another shell.
pub fn became(transaction: &str) -> String {
    format!("{}\n{PLACE}\nbecame {}\n", functions(), quote(transaction))
}

/// Starts services anew that run.
pub fn anew(units: &[&str]) -> String {
    let units: String = units.iter().map(|unit| format!(" {}", quote(unit))).collect();
    format!(
        "for unit in{units}; do if ctl \"$unit\" is-active -q; then act restart \"$unit\"; fi; done >/dev/null 2>&1\n"
    )
}

/// Undoes the open transaction.
pub const ROLL_BACK: &str = "roll_back\n";
