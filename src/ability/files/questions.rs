//! What is asked about paths.

use super::WAY;
use crate::host::{quote, quote_words};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What the questions are made of.
pub(in crate::ability) const FUNCTIONS: &str = include_str!("probe.sh");

/// Files up to this size are fetched for a diff where they differ; of larger ones only the sizes are shown.
const CONTENT_LIMIT: usize = 256 * 1024;

/// Names of what is below a folder are read up to so many bytes; where there are more, nothing is known of it.
const LIST_LIMIT: usize = 4 << 20;

/// What is wanted of a path beside its kind and attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    /// Nothing.
    No,
    /// Its digest.
    Digest,
    /// Its digest, and its content where the digest is not this one.
    Unless(String),
    /// Its digest and its content.
    Always,
}

/// What is asked about paths.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    paths: BTreeMap<String, Content>,
    links: BTreeSet<String>,
    below: BTreeSet<String>,
}

impl Questions {
    /// Asks what is at a path.
    pub fn path(&mut self, path: &str) {
        self.paths.entry(path.to_owned()).or_insert(Content::No);
    }

    /// Asks for the digest of a file.
    pub fn digest(&mut self, path: &str) {
        self.ask(path, Content::Digest);
    }

    /// Asks for a file's content, unless its digest is `sha256` already.
    pub fn content_unless(&mut self, path: &str, sha256: &str) {
        self.ask(path, Content::Unless(sha256.to_owned()));
    }

    /// Asks for a file's content, whatever it is.
    pub fn content(&mut self, path: &str) {
        self.ask(path, Content::Always);
    }

    fn ask(&mut self, path: &str, content: Content) {
        let asked = self.paths.entry(path.to_owned()).or_insert(Content::No);
        if content > *asked {
            *asked = content;
        }
    }

    /// Asks what a symbolic link points to.
    pub fn link(&mut self, path: &str) {
        self.path(path);
        self.links.insert(path.to_owned());
    }

    /// Asks what is in a folder and in those in it.
    pub fn below(&mut self, folder: &str) {
        self.path(folder);
        self.below.insert(folder.to_owned());
    }

    /// Adds the questions to a program.
    pub fn write(&self, program: &mut String) {
        if self.paths.is_empty() {
            return;
        }
        // a folder comes before what is in it
        let ways: BTreeSet<String> =
            self.paths.keys().flat_map(|path| folders(path)).map(|folder| format!("/{folder}")).collect();
        let words = quote_words(ways.iter().chain(self.paths.keys()));
        let _ = writeln!(program, "{WAY}{FUNCTIONS}paths {words}");
        let hashed = self.paths.iter().filter(|(_, content)| **content != Content::No);
        let hashed = quote_words(hashed.map(|(path, _)| path));
        if !hashed.is_empty() {
            let mut known = String::new();
            for (path, content) in &self.paths {
                match content {
                    Content::Unless(sha256) => {
                        let _ = write!(known, "{}) ;; ", quote(&format!("{sha256} {path}")));
                    }
                    Content::Digest => {
                        let _ = write!(known, "*{}) ;; ", quote(&format!(" {path}")));
                    }
                    Content::No | Content::Always => {}
                }
            }
            let _ = writeln!(
                program,
                "(set -- {hashed}; (digests theirs \"$@\"); digests ours \"$@\") | while IFS= read -r line; do \
                 case $line in 'sha256sum: '*) say unseen \"$line\"; continue ;; esac; sum=${{line%% *}} path=/${{line#*/}}; \
                 case $sum in \\\\*) sum=${{sum#?}}; path=$(printf '%b' \"$path\") ;; esac; say sum \"$sum $path\"; case \"$sum $path\" in {known}\
                 *) say content \"=$(content \"$path\" {CONTENT_LIMIT}) $path\" ;; esac; done"
            );
        }
        for folder in &self.below {
            let _ = writeln!(program, "below {} {LIST_LIMIT}", quote(folder));
        }
        if !self.links.is_empty() {
            let links: Vec<String> = self.links.iter().map(|path| quote(path)).collect();
            let _ = writeln!(program, "links {} {}", links.len(), links.join(" "));
        }
    }
}

/// The folders that lead to a path, from the top.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').skip(1).map(|(end, _)| &path[..end])
}
