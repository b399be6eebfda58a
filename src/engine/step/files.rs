//! Files of a step: staged beside their targets, tried, and only then swapped.

use super::script::with_argument;
use super::writer::{Writer, attributes};
use crate::host::{quote, quote_words};
use crate::plan::operation::{Body, Operation, Validation};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;

/// A set of files between staging and swap.
struct Set<'a> {
    change: usize,
    folder: Option<&'a str>,
    /// Each with the number of the folder beside its path in which it is made.
    bodies: Vec<(&'a Body, String)>,
    removed: Vec<(&'a str, String)>,
    declared: Vec<&'a (String, String)>,
    validation: Option<&'a Validation>,
}

impl<'a> Writer<'a> {
    /// Stages all sets, validates each, and only then swaps.
    pub(super) fn files(&mut self, operations: &[(usize, &'a Operation)]) {
        let mut sets: Vec<Set<'_>> = Vec::new();
        for (change, operation) in operations {
            if let Operation::WriteFiles { folder, bodies, removed, declared, validation, .. } = operation {
                let (folder, validation) = (folder.as_deref(), validation.as_ref());
                // what is tried in the same folder in the same way may refer to each other, and is tried together
                let same =
                    |set: &&mut Set<'_>| folder.is_some() && (set.folder, set.validation) == (folder, validation);
                let bodies: Vec<_> = bodies.iter().map(|body| (body, self.number())).collect();
                let removed: Vec<_> = removed.iter().map(|path| (path.as_str(), self.number())).collect();
                match sets.iter_mut().find(same) {
                    Some(set) => {
                        set.bodies.extend(bodies);
                        set.removed.extend(removed);
                        set.declared.extend(declared);
                    }
                    None => {
                        let declared = declared.iter().collect();
                        sets.push(Set { change: *change, folder, bodies, removed, declared, validation });
                    }
                }
            }
        }
        for set in &sets {
            for (body, number) in &set.bodies {
                self.must(set.change, &format!("beside {number} {}", quote(&body.path)));
                let fill = format!("fill {number} {} {}", quote(&body.path), attributes(&body.attributes));
                self.must(set.change, &format!("{} | {fill}", content(&body.content)));
            }
        }
        let made = sets.iter().flat_map(|set| &set.bodies);
        let made: HashMap<&str, &str> = made.map(|(body, number)| (body.path.as_str(), number.as_str())).collect();
        for set in &sets {
            self.validate(set, &made);
        }
        for set in &sets {
            for (body, number) in &set.bodies {
                self.must(set.change, &format!("keep {number} {}", quote(&body.path)));
            }
        }
        let made = sets.iter().flat_map(|set| &set.bodies);
        let made: String = made.map(|(body, number)| format!(" {number} {}", quote(&body.path))).collect();
        if !made.is_empty() {
            self.line(&format!("secure{made} || return 1"));
        }
        let mut folders: Vec<&str> = Vec::new();
        for set in &sets {
            for (body, number) in &set.bodies {
                self.must(set.change, &format!("swap {number} {}", quote(&body.path)));
                folders.push(folder_of(&body.path));
            }
            for (path, number) in &set.removed {
                self.must(set.change, &format!("discard {number} {}", quote(path)));
                folders.push(folder_of(path));
            }
        }
        folders.sort_unstable();
        folders.dedup();
        if !folders.is_empty() {
            self.line(&format!("flush {}", quote_words(folders)));
        }
    }

    fn validate(&mut self, set: &Set<'_>, made: &HashMap<&str, &str>) {
        let Some(validation) = set.validation else { return };
        let (number, path, what, staged) = match (set.folder, set.bodies.first()) {
            (Some(folder), _) => {
                let number = self.number();
                let inner = |path: &str| quote(path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/'));
                let staged = set.bodies.iter().map(|(body, number)| format!(" {} {number}", inner(&body.path)));
                let gone = set.removed.iter().map(|(path, _)| format!(" {} -", inner(path)));
                // what another set of the step brings is seen as it will be
                let declared = set.declared.iter().map(|(path, sha256)| match made.get(path.as_str()) {
                    Some(number) => format!(" {} {number}", inner(path)),
                    None => format!(" {} ={sha256}", inner(path)),
                });
                let names: String = staged.chain(gone).chain(declared).collect();
                let extent = match validation {
                    Validation::Command(_) => "ours",
                    Validation::Generator { .. } => "all",
                };
                self.must(set.change, &format!("view {number} {} {extent}{names}", quote(folder)));
                (number, "\"$P\"".to_owned(), "view", "\"$D\"".to_owned())
            }
            (None, Some((body, number))) => {
                let staged = format!("{}/.solti-{number}/new", folder_of(&body.path).trim_end_matches('/'));
                (number.clone(), quote(&body.path), "new", quote(&staged))
            }
            (None, None) => return,
        };
        let command = match validation {
            Validation::Command(command) => command,
            Validation::Generator { user } => {
                let names = set
                    .bodies
                    .iter()
                    .filter_map(|(body, _)| body.path.strip_prefix(set.folder.unwrap_or_default())?.strip_prefix('/'));
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
            self.must(set.change, &format!("reachable {number} {path} {what}"));
            self.must(set.change, &format!("try sh -c {} sh {staged}", quote(&with_argument(text))));
        } else if command.iter().any(|word| word.contains("%s")) {
            // a word is quoted around what stands for `%s`
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
            // where it was made, the program may be run by somebody else
            self.must(set.change, &format!("reachable {number} {path} {what}"));
            self.must(set.change, &format!("try {}", words.join(" ")));
        } else {
            self.must(set.change, &format!("validate {number} {path} {what} {}", quote_words(command)));
        }
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder })
}

/// The part of a line that writes exactly these bytes.
fn content(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => format!("printf '%s' {}", quote(text)),
        _ => format!("printf '%s' {} | base64 -d", STANDARD.encode(bytes)),
    }
}
