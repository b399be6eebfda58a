//! What is asked about podman.

use super::PodmanThing;
use crate::ability::packages::OFFERS;
use crate::host::quote;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What is asked about podman: by scope, what it keeps beside images.
#[derive(Debug, Clone, Default)]
pub struct Questions(BTreeMap<Option<String>, BTreeSet<PodmanThing>>);

impl Questions {
    /// Asks podman for its version and the images that are there, and for a user whether podman has what it needs.
    pub fn images(&mut self, user: Option<&str>) {
        self.0.entry(user.map(str::to_owned)).or_default();
    }

    /// Asks podman for its volumes or networks.
    pub fn things(&mut self, user: Option<&str>, what: PodmanThing) {
        self.0.entry(user.map(str::to_owned)).or_default().insert(what);
    }

    /// Adds the questions to a program.
    pub fn write(&self, program: &mut String) {
        if self.0.is_empty() {
            return;
        }
        // where this run is to install it, the version on offer says what it will be able to do
        let _ = writeln!(
            program,
            "{OFFERS}if command -v podman >/dev/null; then say podman \"$(podman --version)\"; else offers podman; fi"
        );
        for (user, things) in &self.0 {
            let user_word = user.as_deref().map_or("-".to_owned(), quote);
            let mut lists = vec![(
                "image",
                "image ls --no-trunc --format '{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}'".to_owned(),
            )];
            for what in things {
                lists.push((what.word(), format!("{} ls --format '{{{{.Name}}}}'", what.word())));
            }
            match user {
                None => {
                    program.push_str("if command -v podman >/dev/null; then who=-\n");
                    for (word, list) in lists {
                        let _ = writeln!(program, "podman {list} 2>/dev/null | {}", each(word));
                    }
                }
                Some(_) => {
                    let _ = writeln!(
                        program,
                        "id=$(id -u -- {user_word} 2>/dev/null)
own=; for file in /etc/subuid /etc/subgid; do while IFS=: read -r name rest || [ -n \"$name\" ]; do \
                         case $name in {user_word} | ${{id:-{user_word}}}) own=$own+; break ;; esac; done <\"$file\"; done 2>/dev/null
[ \"$own\" != ++ ] || say subordinate {user_word}
if command -v podman >/dev/null && [ -S \"/run/user/$id/bus\" ]; then who={user_word}"
                    );
                    for (word, list) in lists {
                        let _ = writeln!(program, "asked {user_word} podman {list} 2>/dev/null | {}", each(word));
                    }
                }
            }
            program.push_str("fi\n");
        }
    }
}

/// Says each line of what is of this kind in the scope of `$who`. The word by which our lines are known stays in the shell: the
/// arguments of programs can be read by everybody.
fn each(word: &str) -> String {
    format!("while IFS= read -r line; do say {word} \"$who $line\"; done")
}
