//! A step as a program for the host's shell: everything that it needs travels inside it, and what it replaces is
//! noted first. The functions that it calls are in `step.sh`.

use super::event::StepPlan;
use crate::host::{quote, quote_words};
use crate::plan::operation::{Attributes, Body, Expectation, Operation, Validation, Verb};
use crate::plan::probe::{PLACE, command_line};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The functions that steps are made of; sent once per shell, before the first step.
pub(super) const FUNCTIONS: &str = include_str!("step.sh");

/// The start of every `apply` on a host: the functions, the lock, and putting back what an earlier run left open.
/// `who` is shown to others who find the host locked.
pub fn opening(who: &str) -> String {
    format!("{FUNCTIONS}\n{PLACE}\nlock {} && recover\n", quote(who))
}

/// Begins a role's transaction; all its steps are put back together until it is committed. How its services ran is
/// noted now: a reboot before they are started anew would start them with what is put back afterwards.
pub fn begin(transaction: &str, steps: &[StepPlan]) -> String {
    let operations = steps.iter().flat_map(|step| &step.changes).flat_map(|change| &change.operations);
    let units: BTreeSet<&str> = operations
        .filter_map(|operation| match operation {
            Operation::Service { unit, .. } | Operation::Enable { unit, .. } => Some(unit.as_str()),
            _ => None,
        })
        .collect();
    let units: String = units.into_iter().map(|unit| format!(" {}", quote(unit))).collect();
    format!("begin {}{units}\n", quote(transaction))
}

/// The program of one step in the open transaction; what it stages is called after `name`. It says `step done`, or `failed ...` after which everything in the
/// transaction has been put back.
pub fn program(step: &StepPlan, name: &str) -> String {
    let mut writer = Writer { text: String::new(), name, staged: 0 };
    writer.text.push_str("step() {\n");
    if step.in_order {
        writer.in_order(step);
    } else {
        writer.in_phases(step);
    }
    writer.text.push_str("}\nunwatch\nif ready && step; then watch; say step done; else put_back; fi\n");
    writer.text
}

/// Asks checks or waits while a transaction is open, without its own clock running out.
pub fn while_open(program: &str) -> String {
    format!("unwatch\n{program}watch\n")
}

/// Ends the open transaction for good; `manifest` is the host's new one.
pub fn commit(manifest: &str) -> String {
    format!("unwatch\nif commit {}; then say step committed; else put_back; fi\n", quote(manifest))
}

/// Undoes the open transaction.
pub const PUT_BACK: &str = "unwatch\nput_back\n";

struct Writer<'a> {
    text: String,
    name: &'a str,
    staged: usize,
}

/// A set of files between staging and swap.
struct Set<'a> {
    change: usize,
    folder: Option<&'a str>,
    bodies: &'a [Body],
    removed: &'a [String],
    validation: Option<&'a Validation>,
    /// The variable that holds the staged folder, or the staged file of each body.
    variables: Vec<String>,
}

impl<'a> Writer<'a> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A line after which the step ends if it fails; `at` says which change it is for.
    fn must(&mut self, change: usize, line: &str) {
        let _ = writeln!(self.text, "at={change}; {line} || return 1");
    }

    fn number(&mut self) -> String {
        self.staged += 1;
        format!("{}-{}", self.name, self.staged)
    }

    /// What is taken away is taken away in the order given.
    fn in_order(&mut self, step: &'a StepPlan) {
        let all = step.changes.iter().enumerate();
        let all: Vec<_> =
            all.flat_map(|(at, change)| change.operations.iter().map(move |operation| (at, operation))).collect();
        for (at, operation) in &all {
            if let Operation::Expect { path, expectation } = operation {
                self.expect(*at, path, expectation);
            }
        }
        let mut reread = false;
        for (at, operation) in all {
            match operation {
                Operation::Expect { .. } => {}
                Operation::DaemonReload => reread = true,
                other => self.make(at, other),
            }
        }
        if reread {
            self.line("reread || return 1");
        }
    }

    /// What is declared together is made in phases, whatever order it was declared in.
    fn in_phases(&mut self, step: &'a StepPlan) {
        let all = step.changes.iter().enumerate();
        let all: Vec<_> =
            all.flat_map(|(at, change)| change.operations.iter().map(move |operation| (at, operation))).collect();
        let each = |wanted: fn(&Operation) -> bool| {
            all.iter().copied().filter(move |(_, operation)| wanted(operation)).collect::<Vec<_>>()
        };
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
        for (at, operation) in each(|operation| matches!(operation, Operation::Account { .. })) {
            self.make(at, operation);
        }
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
        if let Some((at, _)) = each(|operation| *operation == Operation::DaemonReload).first() {
            self.must(*at, "reread");
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
            Operation::Uninstall { packages } => self.must(at, &format!("uninstall {}", quote_words(packages))),
            Operation::Account { command } => self.must(at, &format!("account {}", quote_words(command))),
            Operation::MakeDirectory { path, attributes } => {
                self.must(at, &format!("folder {}", placed(path, attributes)))
            }
            Operation::SetAttributes { path, attributes } => {
                self.must(at, &format!("attributes {}", placed(path, attributes)))
            }
            Operation::Link { path, target } => {
                let number = self.number();
                self.must(at, &format!("link {number} {} {}", quote(path), quote(target)));
            }
            Operation::Remove { path } => {
                let number = self.number();
                self.must(at, &format!("discard {number} {}", quote(path)));
            }
            Operation::RemoveEmptyDirectory { path } => self.must(at, &format!("discard_empty {}", quote(path))),
            Operation::Restore { path, original } => {
                let number = self.number();
                self.must(at, &format!("restore_original {number} {} {original}", quote(path)));
            }
            Operation::KeepOriginal { path, original } => {
                self.must(at, &format!("keep_original {} {original}", quote(path)))
            }
            Operation::Enable { unit, enabled } => {
                self.must(at, &format!("{} {}", if *enabled { "enable" } else { "disable" }, quote(unit)));
            }
            Operation::Service { unit, verb, .. } => self.must(at, &format!("service {} {}", verb.word(), quote(unit))),
            Operation::DaemonReload => self.must(at, "reread"),
            Operation::Command { command, chdir, environment, stdin, user, unless } => {
                let line = |command: &[String]| command_line(command, chdir.as_deref(), environment, user.as_deref());
                let mut run = String::new();
                if let Some(unless) = unless {
                    let _ = write!(run, "{} </dev/null >/dev/null 2>&1 || ", line(unless));
                }
                let body = quote(stdin.as_deref().unwrap_or_default());
                let (shown, command) = (quote_words(command), line(command));
                let _ = write!(
                    run,
                    "{{ printf '%s' {body} >\"$T/in\"; {command} <\"$T/in\" >\"$T/out\" 2>&1 8>&-; status=$?; rm -f \"$T/in\"; \
                     if [ $status -eq 0 ]; then say stays {}; else failed $status {} ''; false; fi; }}",
                    quote(&format!("what `{shown}` did")),
                    quote(&shown)
                );
                self.must(at, &run);
            }
            Operation::WriteFiles { .. } | Operation::Expect { .. } => {}
        }
    }

    /// Stages all sets, validates each, and only then swaps.
    fn files(&mut self, operations: &[(usize, &'a Operation)]) {
        let mut sets = Vec::new();
        for (change, operation) in operations {
            if let Operation::WriteFiles { folder, bodies, removed, validation, .. } = operation {
                let mut set = Set {
                    change: *change,
                    folder: folder.as_deref(),
                    bodies,
                    removed,
                    validation: validation.as_ref(),
                    variables: Vec::new(),
                };
                self.stage(&mut set);
                sets.push(set);
            }
        }
        for set in &sets {
            self.validate(set);
        }
        let mut staged = String::new();
        for set in &sets {
            for (at, body) in set.bodies.iter().enumerate() {
                let _ = write!(staged, " {}", set.staged(at, body));
            }
        }
        if !staged.is_empty() {
            self.line(&format!("flush{staged}"));
        }
        for set in &sets {
            for path in set.bodies.iter().map(|body| &body.path).chain(set.removed) {
                self.must(set.change, &format!("keep {}", quote(path)));
            }
        }
        if !sets.is_empty() {
            self.line("flush \"$T\" \"$T/undo\"");
        }
        let mut folders: Vec<&str> = Vec::new();
        for set in &sets {
            for (at, body) in set.bodies.iter().enumerate() {
                self.must(set.change, &format!("swap {} {}", set.staged(at, body), quote(&body.path)));
                folders.push(body.path.rsplit_once('/').map_or("/", |(folder, _)| folder));
            }
            for path in set.removed {
                self.must(set.change, &format!("logged rm -f -- {}", quote(path)));
            }
        }
        folders.sort_unstable();
        folders.dedup();
        if !folders.is_empty() {
            let folders: Vec<String> =
                folders.into_iter().map(|folder| quote(if folder.is_empty() { "/" } else { folder })).collect();
            self.line(&format!("flush {}", folders.join(" ")));
        }
    }

    fn stage(&mut self, set: &mut Set<'a>) {
        if let Some(folder) = set.folder {
            let number = self.number();
            let variable = format!("D{}", self.staged);
            self.must(set.change, &format!("stage_folder {number} {} && {variable}=$D", quote(folder)));
            set.variables.push(variable.clone());
            for path in set.removed {
                if let Some(inner) = path.strip_prefix(folder) {
                    self.must(set.change, &format!("rm -f -- \"${variable}\"{}", quote(inner)));
                }
            }
        }
        for (at, body) in set.bodies.iter().enumerate() {
            if set.folder.is_none() {
                let number = self.number();
                let variable = format!("F{}", self.staged);
                self.must(set.change, &format!("stage_file {number} {} && {variable}=$F", quote(&body.path)));
                set.variables.push(variable);
            }
            let staged = set.staged(at, body);
            // the staged folder holds links to the live files: writing through one would change what is live
            let fresh = if set.folder.is_some() { format!("rm -f -- {staged} && ") } else { String::new() };
            let full = quote(&format!("cannot write {}", body.path));
            self.must(
                set.change,
                &format!(
                    "{{ {fresh}{} >{staged}; }} 2>\"$T/out\" || {{ failed 1 '' {full}; false; }}",
                    content(&body.content)
                ),
            );
            self.must(set.change, &format!("owned {staged} {}", attributes(&body.attributes)));
        }
    }

    fn validate(&mut self, set: &Set<'_>) {
        let Some(validation) = set.validation else { return };
        let (staged, target) = match (set.folder, set.bodies.first()) {
            (Some(folder), _) => (format!("\"${}\"", set.variables.first().map_or("D", String::as_str)), folder),
            (None, Some(body)) => (set.staged(0, body), body.path.as_str()),
            (None, None) => return,
        };
        if validation.command.iter().any(|word| word.contains("%s")) {
            // a word is quoted around the variable that stands for `%s`
            let words: Vec<String> = validation
                .command
                .iter()
                .map(|word| match word.split("%s").collect::<Vec<_>>().as_slice() {
                    [whole] => quote(whole),
                    parts => {
                        let parts = parts.iter().map(|part| if part.is_empty() { String::new() } else { quote(part) });
                        parts.collect::<Vec<_>>().join(&staged)
                    }
                })
                .collect();
            self.must(set.change, &format!("try {}", words.join(" ")));
        } else {
            self.must(set.change, &format!("validate {staged} {} {}", quote(target), quote_words(&validation.command)));
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

impl Set<'_> {
    /// Where a body is staged, as a word of the program.
    fn staged(&self, at: usize, body: &Body) -> String {
        match self.folder {
            Some(folder) => {
                let inner = body.path.strip_prefix(folder).unwrap_or(&body.path);
                format!("\"${}\"{}", self.variables.first().map_or("D", String::as_str), quote(inner))
            }
            None => format!("\"${}\"", self.variables.get(at).map_or("F", String::as_str)),
        }
    }
}

/// The part of a line that writes exactly these bytes.
fn content(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => format!("printf '%s' {}", quote(text)),
        _ => format!("printf '%s' {} | base64 -d", STANDARD.encode(bytes)),
    }
}

/// `MODE OWNER GROUP`, with `-` for what stays.
fn attributes(attributes: &Attributes) -> String {
    let word = |word: &Option<String>| word.as_deref().map_or("-".to_owned(), quote);
    let mode = attributes.mode.map_or("-".to_owned(), |mode| format!("{mode:04o}"));
    format!("{mode} {} {}", word(&attributes.owner), word(&attributes.group))
}

fn placed(path: &str, wanted: &Attributes) -> String {
    format!("{} {}", quote(path), attributes(wanted))
}
