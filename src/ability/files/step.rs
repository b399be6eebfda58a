//! Files of a step: staged beside their targets, tried, and only then swapped.

use super::operation::{Body, FileOperation, Validation, attributes};
use super::script::with_argument;
use crate::ability::program::Program;
use crate::host::{quote, quote_words};
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

/// Stages all sets, validates each, and only then swaps.
pub fn write_sets<'a>(operations: impl Iterator<Item = (usize, &'a FileOperation)>, program: &mut Program<'_>) {
    let mut sets: Vec<Set<'_>> = Vec::new();
    for (change, operation) in operations {
        if let FileOperation::Write { folder, bodies, removed, declared, validation, .. } = operation {
            let (folder, validation) = (folder.as_deref(), validation.as_ref());
            // what is tried in the same folder in the same way may refer to each other, and is tried together
            let same = |set: &&mut Set<'_>| folder.is_some() && (set.folder, set.validation) == (folder, validation);
            let bodies: Vec<_> = bodies.iter().map(|body| (body, program.number())).collect();
            let removed: Vec<_> = removed.iter().map(|path| (path.as_str(), program.number())).collect();
            match sets.iter_mut().find(same) {
                Some(set) => {
                    set.bodies.extend(bodies);
                    set.removed.extend(removed);
                    set.declared.extend(declared);
                }
                None => {
                    let declared = declared.iter().collect();
                    sets.push(Set { change, folder, bodies, removed, declared, validation });
                }
            }
        }
    }
    if sets.is_empty() {
        return;
    }
    let stand = |path: &str, program: &mut Program<'_>| program.line(&format!("stand {}", quote(folder_of(path))));
    for set in &sets {
        for (body, number) in &set.bodies {
            stand(&body.path, program);
            program.must(set.change, &format!("beside {number} {}", quote(&body.path)));
            let fill = format!("fill {number} {} {}", quote(&body.path), attributes(&body.attributes));
            program.must(set.change, &format!("{} | {fill}", content(&body.content)));
        }
    }
    program.line("leave");
    let made = sets.iter().flat_map(|set| &set.bodies);
    let made: HashMap<&str, &str> = made.map(|(body, number)| (body.path.as_str(), number.as_str())).collect();
    for set in &sets {
        validate(set, &made, program);
    }
    for set in &sets {
        for (body, number) in &set.bodies {
            stand(&body.path, program);
            program.must(set.change, &format!("keep {number} {}", quote(&body.path)));
        }
    }
    let made = sets.iter().flat_map(|set| &set.bodies);
    let made: String = made.map(|(body, number)| format!(" {number} {}", quote(&body.path))).collect();
    if !made.is_empty() {
        program.line(&format!("secure{made} || return 1"));
    }
    let mut folders: Vec<&str> = Vec::new();
    for set in &sets {
        for (body, number) in &set.bodies {
            stand(&body.path, program);
            program.must(set.change, &format!("swap {number} {}", quote(&body.path)));
            folders.push(folder_of(&body.path));
        }
        for (path, number) in &set.removed {
            program.must(set.change, &format!("discard {number} {}", quote(path)));
            folders.push(folder_of(path));
        }
    }
    program.line("leave");
    folders.sort_unstable();
    folders.dedup();
    if !folders.is_empty() {
        program.line(&format!("flush {}", quote_words(folders)));
    }
}

fn validate(set: &Set<'_>, made: &HashMap<&str, &str>, program: &mut Program<'_>) {
    let Some(validation) = set.validation else { return };
    let (number, path, what, staged) = match (set.folder, set.bodies.first()) {
        (Some(folder), _) => {
            let number = program.number();
            let inner = |path: &str| quote(path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/'));
            let staged = set.bodies.iter().map(|(body, number)| format!(" {} {number}", inner(&body.path)));
            let gone = set.removed.iter().map(|(path, _)| format!(" {} -", inner(path)));
            // what another set of the step brings is seen as it will be
            let declared = set.declared.iter().map(|(path, sha256)| match made.get(path.as_str()) {
                Some(number) => format!(" {} {number}", inner(path)),
                None => format!(" {} ={sha256}", inner(path)),
            });
            let names: String = staged.chain(gone).chain(declared).collect();
            program.must(set.change, &format!("view {number} {}{names}", quote(folder)));
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
            program.must(set.change, &format!("reachable {number} {path} {what}"));
            let names = set
                .bodies
                .iter()
                .filter_map(|(body, _)| body.path.strip_prefix(set.folder.unwrap_or_default())?.strip_prefix('/'));
            let names = quote_words(names.map(|name| name.split(".d/").next().unwrap_or(name)));
            let scope = if *user { "user" } else { "system" };
            program.must(set.change, &format!("generate {scope} {staged} {names}"));
            return;
        }
    };
    if let [shell, option, text] = command.as_slice()
        && (shell.as_str(), option.as_str()) == ("sh", "-c")
        && text.contains("%s")
    {
        program.must(set.change, &format!("reachable {number} {path} {what}"));
        program.must(set.change, &format!("try sh -c {} sh {staged}", quote(&with_argument(text))));
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
        program.must(set.change, &format!("reachable {number} {path} {what}"));
        program.must(set.change, &format!("try {}", words.join(" ")));
    } else {
        program.must(set.change, &format!("validate {number} {path} {what} {}", quote_words(command)));
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
