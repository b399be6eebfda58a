//! What is asked about podman.

use super::PodmanThing;
use crate::ability::memory::manifest::{Item, ItemKind};
use crate::ability::packages::OFFERS;
use crate::ability::scope;
use crate::host::facts::PODMAN_VERSION;
use crate::host::{quote, quote_words};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What is asked about podman: by scope, what it keeps beside images. Each of podman's answers is a process of its own, at some
/// 30 ms, and none of its commands gives two of them: so it is asked only for what is not known without it.
#[derive(Debug, Clone, Default)]
pub struct Questions(BTreeMap<Option<String>, BTreeMap<PodmanThing, Unless>>);

/// Without what the question is needed: all of these words in the manifest. None where it is needed whatever that has.
type Unless = Option<BTreeSet<String>>;

impl Questions {
    /// Asks for podman's version and the images that are there, and for a user whether podman has what it needs.
    pub fn images(&mut self, user: Option<&str>) {
        self.0.entry(user.map(str::to_owned)).or_default();
    }

    /// Asks podman for its volumes or networks.
    pub fn things(&mut self, user: Option<&str>, what: PodmanThing) {
        self.0.entry(user.map(str::to_owned)).or_default().insert(what, None);
    }

    /// Asks for one of them where the manifest does not have it: if it does, that says what was there before.
    pub fn unless_remembered(&mut self, item: &Item) {
        let what = match item.kind {
            ItemKind::Volume => PodmanThing::Volume,
            ItemKind::Network => PodmanThing::Network,
            _ => return,
        };
        let things = self.0.entry(scope::split(&item.name).0.map(str::to_owned)).or_default();
        if let Some(words) = things.entry(what).or_insert_with(|| Some(BTreeSet::new())) {
            words.insert(item.words());
        }
    }

    /// Adds the questions to a program.
    pub fn write(&self, program: &mut String) {
        if self.0.is_empty() {
            return;
        }
        // where this run is to install it, the version on offer says what it will be able to do
        let _ = writeln!(
            program,
            "{PODMAN_VERSION}{OFFERS}if command -v podman >/dev/null; then say podman \"$(podman_version)\"; else offers podman; fi"
        );
        for (user, things) in &self.0 {
            let user_word = user.as_deref().map_or("-".to_owned(), quote);
            let images = "image ls --no-trunc --format '{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}'".to_owned();
            let mut lists = vec![("image", images, String::new())];
            for (what, unless) in things {
                let known = unless.as_ref().map(|words| format!("remembers {} || ", quote_words(words)));
                let list = format!("{} ls --format '{{{{.Name}}}}'", what.word());
                lists.push((what.word(), list, known.unwrap_or_default()));
            }
            match user {
                None => {
                    program.push_str("if command -v podman >/dev/null; then who=-\n");
                    for (word, list, known) in lists {
                        let _ = writeln!(program, "{known}podman {list} 2>/dev/null | {}", each(word));
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
                    for (word, list, known) in lists {
                        let _ = writeln!(program, "{known}answers {word} \"$who \" {user_word} podman {list}");
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
