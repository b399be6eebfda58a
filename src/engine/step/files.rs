//! Files of a step: staged beside their targets, tried, and only then swapped.

use super::script::with_argument;
use super::writer::{Writer, attributes};
use crate::host::{quote, quote_words};
use crate::plan::operation::{Body, Operation, Validation};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// A set of files between staging and swap.
struct Set<'a> {
    change: usize,
    folder: Option<&'a str>,
    bodies: Vec<&'a Body>,
    removed: Vec<&'a String>,
    validation: Option<&'a Validation>,
    /// The variable that holds the staged folder, or the staged file of each body.
    variables: Vec<String>,
}

impl<'a> Writer<'a> {
    /// Stages all sets, validates each, and only then swaps.
    pub(super) fn files(&mut self, operations: &[(usize, &'a Operation)]) {
        let mut sets: Vec<Set<'_>> = Vec::new();
        for (change, operation) in operations {
            if let Operation::WriteFiles { folder, bodies, removed, validation, .. } = operation {
                let (folder, validation) = (folder.as_deref(), validation.as_ref());
                // what is tried in the same folder in the same way may refer to each other, and is tried together
                let same =
                    |set: &&mut Set<'_>| folder.is_some() && (set.folder, set.validation) == (folder, validation);
                match sets.iter_mut().find(same) {
                    Some(set) => {
                        set.bodies.extend(bodies);
                        set.removed.extend(removed);
                    }
                    None => sets.push(Set {
                        change: *change,
                        folder,
                        bodies: bodies.iter().collect(),
                        removed: removed.iter().collect(),
                        validation,
                        variables: Vec::new(),
                    }),
                }
            }
        }
        for set in &mut sets {
            self.stage(set);
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
            for path in set.bodies.iter().map(|body| &body.path).chain(set.removed.iter().copied()) {
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
            for path in &set.removed {
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
            for path in &set.removed {
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
        let command = match validation {
            Validation::Command(command) => command,
            Validation::Generator { user } => {
                let names = set.bodies.iter().filter_map(|body| body.path.strip_prefix(target)?.strip_prefix('/'));
                let names = quote_words(names.map(|name| name.split(".d/").next().unwrap_or(name)));
                let scope = if *user { "user" } else { "system" };
                self.must(set.change, &format!("generate {scope} {staged} {names}"));
                return;
            }
        };
        if let [shell, option, text] = command.as_slice()
            && (shell.as_str(), option.as_str()) == ("sh", "-c")
            && text.contains("%s")
        {
            self.must(set.change, &format!("try sh -c {} sh {staged}", quote(&with_argument(text))));
        } else if command.iter().any(|word| word.contains("%s")) {
            // a word is quoted around the variable that stands for `%s`
            let words: Vec<String> = command
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
            self.must(set.change, &format!("validate {staged} {} {}", quote(target), quote_words(command)));
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
