//! Writes the program of a step, phase by phase.

use super::pulls::Pull;
use crate::ability::files::{self, FileOperation};
use crate::ability::program::Program;
use crate::ability::systemd::{self, UnitOperation, Verb};
use crate::ability::{Operation, StepPhase, podman};
use crate::plan::role_plan::StepPlan;
use std::collections::BTreeSet;

/// An operation, and the number of the change that it is for.
type Numbered<'a> = (usize, &'a Operation);

fn all(step: &StepPlan) -> Vec<Numbered<'_>> {
    let changes = step.changes.iter().enumerate();
    changes.flat_map(|(at, change)| change.operations.iter().map(move |operation| (at, operation))).collect()
}

fn going<'a>(all: &[Numbered<'a>]) -> Vec<&'a str> {
    let packages = all.iter().filter_map(|(_, operation)| match operation {
        Operation::Packages(operation) => Some(operation.removes()),
        _ => None,
    });
    packages.flatten().map(String::as_str).collect()
}

/// What is taken away is taken away in the order given.
pub(super) fn in_order<'a>(step: &'a StepPlan, pulls: &[Pull<'_>], program: &mut Program<'a>) {
    let all = all(step);
    program.going = going(&all);
    let (first, rest): (Vec<Numbered<'_>>, Vec<Numbered<'_>>) =
        all.into_iter().partition(|(_, operation)| operation.phase() == StepPhase::Expectations);
    first.into_iter().for_each(|(at, operation)| operation.write(at, program));
    fetch(step, pulls, program);
    let mut reread = BTreeSet::new();
    for (at, operation) in rest {
        match operation {
            Operation::Units(UnitOperation::DaemonReload { user }) => drop(reread.insert(user.as_deref())),
            other => {
                // a volume goes when nothing is left that knows of it, and what starts anew does so with what is there now
                let restarts = matches!(other, Operation::Units(UnitOperation::Service { verb: Verb::Restart, .. }));
                if restarts || other.phase() == StepPhase::Discarded {
                    systemd::reread_all(std::mem::take(&mut reread), program);
                }
                other.write(at, program);
            }
        }
    }
    systemd::reread_all(reread, program);
}

/// What is declared together is made in phases, whatever order it was declared in.
pub(super) fn in_phases<'a>(step: &'a StepPlan, pulls: &[Pull<'_>], program: &mut Program<'a>) {
    let mut all = all(step);
    program.going = going(&all);
    all.sort_by_key(|(_, operation)| (operation.phase(), turn(operation)));
    let (before, after) = all.split_at(all.partition_point(|(_, operation)| operation.phase() < StepPhase::Images));
    in_turn(before, program);
    fetch(step, pulls, program);
    let (made, after) = after.split_at(after.partition_point(|(_, operation)| operation.phase() < StepPhase::Reload));
    in_turn(made, program);
    let (reloads, after) =
        after.split_at(after.partition_point(|(_, operation)| operation.phase() == StepPhase::Reload));
    let reloads: Vec<_> = reloads.iter().filter_map(unit).collect();
    // what a command is to make first cannot be enabled before it
    let leading = after.iter().take_while(|one| unit(one).is_some()).count();
    let (first, rest): (Vec<_>, Vec<_>) = after.iter().enumerate().partition(|(place, one)| {
        *place < leading && unit(one).is_some_and(|(_, operation)| operation.enables_before(&reloads))
    });
    if !reloads.is_empty() {
        program.part(StepPhase::Reload.word());
        let enables: Vec<_> = first.iter().filter_map(|(_, one)| unit(one)).collect();
        systemd::write_reload(&enables, &reloads, program);
    }
    let rest: Vec<Numbered<'_>> = rest.into_iter().map(|(_, one)| *one).collect();
    in_turn(&rest, program);
    systemd::settle(all.iter().filter_map(unit), program);
}

/// Whoever can change a folder could exchange what is in it. So it is taken from somebody before what is in it is changed, and given
/// to somebody afterwards.
fn turn(operation: &Operation) -> (bool, isize) {
    let Operation::Files(FileOperation::SetAttributes { path, attributes, .. }) = operation else { return (false, 0) };
    let depth = path.matches('/').count().cast_signed();
    let owner = attributes.owner.as_deref().unwrap_or("root");
    let gives = !matches!(owner, "root" | "0") || attributes.mode.is_some_and(|mode| mode & 0o022 != 0);
    (gives, if gives { -depth } else { depth })
}

fn in_turn(all: &[Numbered<'_>], program: &mut Program<'_>) {
    for phase in all.chunk_by(|(_, one), (_, other)| one.phase() == other.phase()) {
        if let Some((_, first)) = phase.first() {
            program.part(first.phase().word());
        }
        files::write_sets(phase.iter().filter_map(file), program);
        for run in phase.chunk_by(|one, other| unit(one).is_some() && unit(other).is_some()) {
            let units: Vec<_> = run.iter().filter_map(unit).collect();
            systemd::write_run(&units, program);
            run.iter().filter(|one| unit(one).is_none()).for_each(|(at, operation)| operation.write(*at, program));
        }
    }
}

fn unit<'a>((at, operation): &Numbered<'a>) -> Option<(usize, &'a UnitOperation)> {
    match operation {
        Operation::Units(operation) => Some((*at, operation)),
        _ => None,
    }
}

fn file<'a>((at, operation): &Numbered<'a>) -> Option<(usize, &'a FileOperation)> {
    match operation {
        Operation::Files(operation) => Some((*at, operation)),
        _ => None,
    }
}

/// Images have numbers that follow those of the step's changes.
fn fetch(step: &StepPlan, pulls: &[Pull<'_>], program: &mut Program<'_>) {
    if !pulls.is_empty() {
        program.part(StepPhase::Images.word());
    }
    for (number, pull) in pulls.iter().enumerate() {
        podman::pull(step.changes.len() + number, pull.user, pull.image, program);
    }
}
