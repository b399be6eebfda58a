//! The house that `architecture.md` draws is the one that stands: its table of rooms is read, and the source is held against it.

use crate::{Result, code_in, page, root, section};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines that a file of the source may have.
const LINES: usize = 450;

/// The rooms, from the top of the house to its bottom.
fn rooms() -> Result<Vec<String>> {
    let page = page("architecture.md")?;
    let table = section(&page, "## The rooms of the house")?.lines().skip_while(|line| !line.starts_with("| "));
    let cells = table.take_while(|line| line.starts_with('|')).filter_map(|row| row.split('|').nth(1));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    Ok(names.map(|name| name.trim_end_matches('/').to_owned()).collect())
}

/// A file of the source: where it is, and the module that it is.
struct File {
    path: PathBuf,
    module: Vec<String>,
    /// Where others are named in it: the line, and the path in full.
    names: Vec<(usize, Vec<String>)>,
}

impl File {
    fn read(path: PathBuf) -> Result<Self> {
        let inside = path.strip_prefix(root().join("src"))?.with_extension("");
        let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        module.pop_if(|last| last == "mod");
        let text = fs::read_to_string(&path)?;
        let tokens: TokenStream = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
        let mut found = Vec::new();
        named(tokens, 0, &mut found);
        let names = found.into_iter().filter_map(|name| Some((name.line, name.resolved(&module)?))).collect();
        Ok(Self { path: path.strip_prefix(root())?.to_owned(), module, names })
    }

    /// The room that it is in; `main.rs` and `lib.rs` are in none.
    fn room(&self) -> Option<&str> {
        (self.path.components().count() > 2).then(|| self.module[0].as_str())
    }
}

/// A path as it is written.
struct Name {
    line: usize,
    parts: Vec<String>,
    /// How many modules around it are in the same file.
    inline: usize,
}

impl Name {
    /// The path from the crate's root, where it is written in this module.
    fn resolved(self, module: &[String]) -> Option<Vec<String>> {
        let above = self.parts.iter().take_while(|part| *part == "super").count();
        let (base, rest) = match self.parts[0].as_str() {
            "crate" | "solti" => (&[][..], 1),
            "self" => (module, 1),
            _ => (&module[..module.len().checked_sub(above.saturating_sub(self.inline))?], above),
        };
        Some(base.iter().chain(&self.parts[rest..]).cloned().collect())
    }
}

/// Collects the paths that begin at the crate or beside the module, in macros too.
fn named(tokens: TokenStream, inline: usize, found: &mut Vec<Name>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(_) if ["crate", "super", "self", "solti"].contains(&word(at).as_str()) => {
                at = branch(&tokens, at, &[], inline, found);
                continue;
            }
            TokenTree::Group(group) => {
                let is_module = at > 1 && word(at - 2) == "mod" && group.delimiter() == Delimiter::Brace;
                named(group.stream(), inline + usize::from(is_module), found);
            }
            _ => {}
        }
        at += 1;
    }
}

/// Reads one path, with what its braces open; where it ends.
fn branch(tokens: &[TokenTree], mut at: usize, before: &[String], inline: usize, found: &mut Vec<Name>) -> usize {
    let mut parts = before.to_vec();
    let line = tokens[at].span().start().line;
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) => parts.push(word.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                for one in inner.split(comma).filter(|one| !one.is_empty()) {
                    branch(one, 0, &parts, inline, found);
                }
                return at + 1;
            }
            _ => {}
        }
        if !(colon(at + 1) && colon(at + 2)) {
            break;
        }
        at += 3;
    }
    // a lone `self` or `super` names nothing
    if parts.len() > 1 {
        found.push(Name { line, parts, inline });
    }
    at + 1
}

fn files() -> Result<Vec<File>> {
    let mut paths = Vec::new();
    code_in(&root().join("src"), &mut paths)?;
    paths.sort();
    paths.into_iter().map(File::read).collect()
}

#[test]
fn imports_point_downwards() -> Result {
    let rooms = rooms()?;
    assert!(rooms.len() > 10, "{rooms:?}");
    let level = |room: &str| rooms.iter().position(|name| name == room);
    let (mut wrong, mut found) = (String::new(), BTreeSet::new());
    for file in files()? {
        let (Some(room), path) = (file.room(), file.path.display()) else { continue };
        let Some(here) = level(room) else {
            wrong += &format!("{path}: {room}/ is no room of docs/architecture.md\n");
            continue;
        };
        found.insert(here);
        for (line, name) in &file.names {
            if let Some(there) = level(&name[0]).filter(|there| *there < here) {
                wrong += &format!("{path}:{line}: {room}/ is below {}/, and imports from it\n", rooms[there]);
            }
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(found.len(), rooms.len(), "a room of docs/architecture.md has no files: {rooms:?}");
    Ok(())
}

#[test]
fn no_files_of_a_room_import_from_one_another_in_a_circle() -> Result {
    let files = files()?;
    let by_module: BTreeMap<&[String], &File> = files.iter().map(|file| (file.module.as_slice(), file)).collect();
    // to what is above it in its own folder, or below, every module is tied
    let is_tied = |a: &[String], b: &[String]| a.starts_with(b) || b.starts_with(a);
    let imports = |file: &File| -> BTreeSet<&[String]> {
        let modules = file.names.iter().filter_map(|(_, name)| {
            (1..=name.len()).rev().find_map(|length| by_module.get_key_value(&name[..length])).map(|(key, _)| *key)
        });
        modules.filter(|module| module[0] == file.module[0] && !is_tied(module, &file.module)).collect()
    };
    let reached = |file: &File| {
        let (mut reached, mut todo) = (BTreeSet::new(), imports(file));
        while let Some(module) = todo.pop_first() {
            if reached.insert(module) {
                todo.extend(imports(by_module[module]));
            }
        }
        reached
    };
    let is_round = |file: &&File| reached(file).contains(file.module.as_slice());
    let round = files.iter().filter(|file| file.room().is_some()).filter(is_round);
    let round: Vec<String> = round.map(|file| file.path.display().to_string()).collect();
    assert!(round.is_empty(), "import from one another in a circle: {round:?}");
    Ok(())
}

#[test]
fn no_file_is_too_long() -> Result {
    fn all(folder: &Path, found: &mut Vec<PathBuf>) -> Result {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                all(&path, found)?;
            } else if path.extension().is_some_and(|name| name == "rs" || name == "sh") {
                found.push(path);
            }
        }
        Ok(())
    }
    let (mut paths, mut long) = (Vec::new(), Vec::new());
    all(&root().join("src"), &mut paths)?;
    for path in paths {
        let (lines, path) = (fs::read_to_string(&path)?.lines().count(), path.strip_prefix(root())?.to_owned());
        if lines > LINES {
            long.push(format!("{} has {lines} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "more than {LINES} lines are no longer about one subject: {long:?}");
    Ok(())
}
