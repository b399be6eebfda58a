//! The part that asks what is at paths.

use super::{Content, Probe};
use crate::host::{quote, quote_words};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Goes to folders on a way that others may change; shared with the programs of steps.
pub(in crate::plan) const WAY: &str = include_str!("way.sh");

/// What the questions are made of.
pub(in crate::plan) const FUNCTIONS: &str = include_str!("paths.sh");

/// Files up to this size are fetched for a diff where they differ; of larger ones only the sizes are shown.
const CONTENT_LIMIT: usize = 256 * 1024;

impl Probe {
    pub(super) fn write_paths(&self, program: &mut String) {
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
