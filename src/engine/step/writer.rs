//! Writes the program of a step, phase by phase.

use super::pulls::Pull;
use crate::host::{quote, quote_words};
use crate::plan::operation::{Attributes, Expectation, Operation, Verb};
use crate::plan::probe::command_line;
use crate::plan::role_plan::StepPlan;
use crate::plan::scope;
use crate::resource::sha256;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A program as far as it is written.
pub struct Writer<'a> {
    /// The program.
    pub text: String,
    /// Known to nobody else.
    name: &'a str,
    staged: usize,
    /// Images that are fetched in this step; their numbers follow those of its changes.
    pulls: &'a [Pull<'a>],
    /// Packages that go in this step.
    going: Vec<String>,
}

impl<'a> Writer<'a> {
    /// Nothing yet; what is staged is called after `name`.
    pub fn new(name: &'a str, pulls: &'a [Pull<'a>]) -> Self {
        Self { text: String::new(), name, staged: 0, pulls, going: Vec::new() }
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A line after which the step ends if it fails; `at` says which change it is for.
    pub(super) fn must(&mut self, change: usize, line: &str) {
        let _ = writeln!(self.text, "at={change}; {line} || return 1");
    }

    /// A name for a folder of our own beside a path, which cannot be guessed from those that were seen before.
    pub(super) fn number(&mut self) -> String {
        self.staged += 1;
        sha256(format!("{} {}", self.name, self.staged).as_bytes())[..16].to_owned()
    }

    /// What is taken away is taken away in the order given.
    pub(super) fn in_order(&mut self, step: &'a StepPlan) {
        let all = step.changes.iter().enumerate();
        let all: Vec<_> =
            all.flat_map(|(at, change)| change.operations.iter().map(move |operation| (at, operation))).collect();
        for (at, operation) in &all {
            if let Operation::Expect { path, expectation } = operation {
                self.expect(*at, path, expectation);
            }
        }
        self.pull(step);
        self.going = all.iter().flat_map(|(_, operation)| going(operation)).cloned().collect();
        let mut reread = BTreeSet::new();
        for (at, operation) in all {
            match operation {
                Operation::Expect { .. } => {}
                Operation::DaemonReload { user } => drop(reread.insert(user)),
                // a volume goes when nothing is left that knows of it, and what starts anew does so with what is there now
                Operation::Discard { .. } | Operation::Service { verb: Verb::Restart, .. } => {
                    self.reread(std::mem::take(&mut reread));
                    self.make(at, operation);
                }
                other => self.make(at, other),
            }
        }
        self.reread(reread);
    }

    /// What is declared together is made in phases, whatever order it was declared in.
    pub(super) fn in_phases(&mut self, step: &'a StepPlan) {
        let all = step.changes.iter().enumerate();
        let all: Vec<_> =
            all.flat_map(|(at, change)| change.operations.iter().map(move |operation| (at, operation))).collect();
        let each = |wanted: fn(&Operation) -> bool| {
            all.iter().copied().filter(move |(_, operation)| wanted(operation)).collect::<Vec<_>>()
        };
        self.going = all.iter().flat_map(|(_, operation)| going(operation)).cloned().collect();
        for (at, operation) in &all {
            if let Operation::Expect { path, expectation } = operation {
                self.expect(*at, path, expectation);
            }
        }
        for (at, operation) in each(|operation| matches!(operation, Operation::KeepOriginal { .. })) {
            self.make(at, operation);
        }
        self.files(&each(|operation| matches!(operation, Operation::WriteFiles { early: true, .. })));
        for (at, operation) in each(|operation| matches!(operation, Operation::Install { .. })) {
            self.make(at, operation);
        }
        let mut accounts = each(|operation| matches!(operation, Operation::Account { .. }));
        accounts.sort_by_key(|(_, operation)| !is_group(operation));
        for (at, operation) in accounts {
            self.make(at, operation);
        }
        for (at, operation) in each(|operation| matches!(operation, Operation::Linger { .. })) {
            self.make(at, operation);
        }
        self.pull(step);
        for (at, operation) in
            each(|operation| matches!(operation, Operation::MakeDirectory { .. } | Operation::SetAttributes { .. }))
        {
            self.make(at, operation);
        }
        self.files(&each(|operation| matches!(operation, Operation::WriteFiles { early: false, .. })));
        let rest = |operation: &Operation| {
            matches!(
                operation,
                Operation::Link { .. }
                    | Operation::Remove { .. }
                    | Operation::RemoveEmptyDirectory { .. }
                    | Operation::Restore { .. }
            )
        };
        for (at, operation) in each(rest) {
            self.make(at, operation);
        }
        for (at, operation) in each(|operation| matches!(operation, Operation::Try { .. })) {
            self.make(at, operation);
        }
        let mut reread = BTreeSet::new();
        for (at, operation) in each(|operation| matches!(operation, Operation::DaemonReload { .. })) {
            if let Operation::DaemonReload { user } = operation
                && reread.insert(user)
            {
                self.make(at, operation);
            }
        }
        for (at, operation) in each(|operation| {
            matches!(operation, Operation::Enable { .. } | Operation::Service { .. } | Operation::Command { .. })
        }) {
            self.make(at, operation);
        }
        for (at, operation) in each(|operation| matches!(operation, Operation::Uninstall { .. })) {
            self.make(at, operation);
        }
        self.settle(&all);
    }

    fn pull(&mut self, step: &StepPlan) {
        for (number, pull) in self.pulls.iter().enumerate() {
            let user = pull.user.map_or("-".to_owned(), quote);
            self.must(step.changes.len() + number, &format!("pull {user} {}", quote(pull.image)));
        }
    }

    fn expect(&mut self, at: usize, path: &str, expectation: &Expectation) {
        let state = match expectation {
            Expectation::Absent => "absent".to_owned(),
            Expectation::File(sha256) => format!("file {sha256}"),
            Expectation::Directory => "directory".to_owned(),
            Expectation::Link(target) => format!("link {}", quote(target)),
            Expectation::Any => return,
        };
        self.must(at, &format!("expect {} {state}", quote(path)));
    }

    fn make(&mut self, at: usize, operation: &Operation) {
        match operation {
            Operation::Install { packages, refresh, recommends } => {
                let yes = |flag: &bool| if *flag { "yes" } else { "no" };
                self.must(at, &format!("install {} {} {}", yes(refresh), yes(recommends), quote_words(packages)));
            }
            Operation::Uninstall { packages } => {
                let going = quote(&self.going.join(" "));
                self.must(at, &format!("uninstall {going} {}", quote_words(packages)));
            }
            Operation::Account { command } => self.must(at, &format!("account {}", quote_words(command))),
            Operation::MakeDirectory { path, attributes: wanted } => {
                let number = self.number();
                self.must(at, &format!("folder {number} {} {}", quote(path), attributes(wanted)));
            }
            Operation::SetAttributes { path, attributes: wanted, uid } => {
                let (number, uid) = (self.number(), uid.map_or("-".to_owned(), |uid| uid.to_string()));
                self.must(at, &format!("attributes {number} {} {} {uid}", quote(path), attributes(wanted)));
            }
            Operation::Link { path, target } => {
                let number = self.number();
                self.must(at, &format!("link {number} {} {}", quote(path), quote(target)));
            }
            Operation::Remove { path } => {
                let number = self.number();
                self.must(at, &format!("discard {number} {}", quote(path)));
            }
            Operation::RemoveEmptyDirectory { path } => {
                let number = self.number();
                self.must(at, &format!("discard_empty {number} {}", quote(path)));
            }
            Operation::Restore { path, original } => {
                let number = self.number();
                self.must(at, &format!("restore_original {number} {} {original}", quote(path)));
            }
            Operation::KeepOriginal { path, original } => {
                let number = self.number();
                self.must(at, &format!("keep_original {number} {} {original}", quote(path)));
            }
            Operation::Enable { unit, enabled } => {
                self.must(at, &format!("{} {}", if *enabled { "enable" } else { "disable" }, quote(unit)));
            }
            Operation::Service { unit, verb, .. } => self.must(at, &format!("service {} {}", verb.word(), quote(unit))),
            Operation::DaemonReload { user } => {
                let user = user.as_deref().map(|user| format!(" {}", quote(user))).unwrap_or_default();
                self.must(at, &format!("reread{user}"));
            }
            Operation::Try { user, command } => {
                let user = user.as_deref().map_or("-".to_owned(), quote);
                self.must(at, &format!("try_as {user} {}", quote_words(command)));
            }
            Operation::Linger { user } => self.must(at, &format!("linger {}", quote(user))),
            Operation::Discard { what, name } => {
                let (user, name) = scope::split(name);
                let user = user.map_or("-".to_owned(), quote);
                self.must(at, &format!("discard_podman {} {user} {}", what.word(), quote(name)));
            }
            Operation::Command { command, chdir, environment, stdin, user, unless } => {
                let line = |command: &[String]| command_line(command, chdir.as_deref(), environment, user.as_deref());
                let mut run = String::new();
                let body = quote(stdin.as_deref().unwrap_or_default());
                if let Some(unless) = unless {
                    let _ = match stdin {
                        Some(_) => write!(run, "printf '%s' {body} | {{ {}; }} >/dev/null 2>&1 8>&- || ", line(unless)),
                        None => write!(run, "{} </dev/null >/dev/null 2>&1 || ", line(unless)),
                    };
                }
                let (shown, command) = (quote_words(command), line(command));
                let _ = write!(
                    run,
                    "{{ printf '%s' {body} >\"$T/in\"; {command} <\"$T/in\" >\"$T/out\" 2>&1 8>&-; status=$?; rm -f \"$T/in\"; \
                     if [ $status -eq 0 ]; then stays {}; else failed $status {} ''; false; fi; }}",
                    quote(&format!("what `{shown}` did")),
                    quote(&shown)
                );
                self.must(at, &run);
            }
            // files are written together, images are fetched before, and services are talked to afterwards
            Operation::WriteFiles { .. } | Operation::Expect { .. } | Operation::Pull { .. } | Operation::Api(_) => {}
        }
    }

    fn reread(&mut self, users: BTreeSet<&Option<String>>) {
        for user in users {
            let user = user.as_deref().map(|user| format!(" {}", quote(user))).unwrap_or_default();
            self.line(&format!("reread{user} || return 1"));
        }
    }

    /// Services that were started must stay up for as long as they say.
    fn settle(&mut self, all: &[(usize, &Operation)]) {
        let mut units = Vec::new();
        let mut longest = 0;
        let mut last = 0;
        for (at, operation) in all {
            if let Operation::Service { unit, verb: Verb::Start | Verb::Restart | Verb::Reload, settle } = operation {
                units.push(quote(&format!("{at}:{unit}")));
                longest = longest.max(*settle);
                last = *at;
            }
        }
        if !units.is_empty() {
            self.must(last, &format!("settle {} {}", longest / 100, units.join(" ")));
        }
    }
}

/// Users are in groups, so these come first.
fn is_group(operation: &Operation) -> bool {
    matches!(operation, Operation::Account { command } if command.first().is_some_and(|program| program.starts_with("group")))
}

/// The packages that an operation removes.
fn going(operation: &Operation) -> &[String] {
    match operation {
        Operation::Uninstall { packages } => packages,
        _ => &[],
    }
}

/// `MODE OWNER GROUP`, with `-` for what stays.
pub(super) fn attributes(attributes: &Attributes) -> String {
    let word = |word: &Option<String>| word.as_deref().map_or("-".to_owned(), quote);
    let mode = attributes.mode.map_or("-".to_owned(), |mode| format!("{mode:04o}"));
    format!("{mode} {} {}", word(&attributes.owner), word(&attributes.group))
}
