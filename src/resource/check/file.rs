//! `file`: whether something is at a path, what it is, and what is in it.

use super::{REPLY_LIMIT, Reply, Verdict, WITHIN, say_reply};
use crate::ability::files::Attributes;
use crate::host::quote;
use crate::resource::arguments::{attributes, path};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, did_you_mean};
use serde::{Deserialize, Serialize};

/// `file`.
pub(super) static SCHEMA: Schema = Schema::new(
    "file",
    &[
        Argument::new("path", Shape::Path, "the path").required().identity(),
        Argument::new(
            "state",
            Shape::Choice(&["file", "directory", "link", "absent"]),
            "what must be there; `absent`: nothing, not even a link that leads nowhere. Default: `file`, or `link` \
             where there is a `target`",
        ),
        Argument::new("mode", Shape::Mode, "the permissions that it must have"),
        Argument::new("owner", Shape::Text, "the user that it must belong to, by name or number"),
        Argument::new("group", Shape::Text, "the group that it must belong to, by name or number"),
        Argument::new(
            "contains",
            Shape::Text,
            "text that must be in the file, within its first MiB; the file is never shown",
        ),
        Argument::new("target", Shape::Text, "where a link must lead, as it is written; `state` is then `link`"),
        WITHIN,
    ],
);

/// What is said of what is behind a link that leads to itself.
const LOOP: &str = "Too many levels of symbolic links";

/// A path, and what should be there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct File {
    path: String,
    state: State,
    attributes: Attributes,
    contains: Option<String>,
    target: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum State {
    File,
    Directory,
    Link,
    Absent,
}

impl State {
    const ALL: [(&'static str, Self); 4] =
        [("file", Self::File), ("directory", Self::Directory), ("link", Self::Link), ("absent", Self::Absent)];
}

impl File {
    pub(super) fn read(fields: &mut Arguments<'_>) -> Option<Self> {
        let node = fields.required("path");
        let path = fields.read(node, path);
        let state = fields.get("state");
        let state = fields.read(state, |node| {
            let word = node.string()?;
            let found = State::ALL.iter().find(|(name, _)| *name == word).map(|(_, state)| *state);
            found.ok_or_else(|| {
                let names = State::ALL.map(|(name, _)| name);
                let near = did_you_mean(&word, names).map(|near| format!("did you mean `{near}`?"));
                Diagnostic::at(&node.span, format!("`state` is one of {}, not `{word}`", names.join(", ")))
                    .hint(near.unwrap_or_else(|| "without it, a file must be there".to_owned()))
                    .into()
            })
        });
        let [mode, owner, group, contains, target] =
            ["mode", "owner", "group", "contains", "target"].map(|key| fields.entry(key));
        let state = state.unwrap_or(if target.is_some() { State::Link } else { State::File });
        let word = State::ALL.iter().find(|(_, known)| *known == state).map_or("", |(name, _)| name);
        let unfit = [
            (mode, !matches!(state, State::File | State::Directory)),
            (owner, state == State::Absent),
            (group, state == State::Absent),
            (contains, state != State::File),
            (target, state != State::Link),
        ];
        for (entry, unfit) in unfit {
            if let Some(entry) = entry.filter(|_| unfit) {
                let message = format!("`{}` means nothing with `state: {word}`", entry.key);
                fields.error(Diagnostic::at(&entry.key_span, message));
            }
        }
        let attributes = attributes(fields);
        let [contains, target] = ["contains", "target"].map(|key| fields.filled(key));
        path.map(|path| Self { path, state, attributes, contains, target })
    }

    pub(super) fn name(&self) -> &str {
        &self.path
    }

    /// The first line says what is there, in the words of stat(1); of a link, the second one says where it leads; of a
    /// file, what follows is in it.
    pub(super) fn program(&self) -> String {
        let path = quote(&self.path);
        let follow = if matches!(self.state, State::File | State::Directory) { "-L " } else { "" };
        let more = if self.state == State::Link {
            format!("[ $status != 0 ] || reply=\"$reply\n$(readlink -- {path})\"; ")
        } else if self.contains.is_some() {
            // a pipe would wait for somebody who writes
            format!(
                "if [ $status = 0 ] && [ -f {path} ] && [ -r {path} ]; then \
                 reply=\"$reply readable\n$(head -c {REPLY_LIMIT} -- {path} | tr -d '\\000')\"; fi; "
            )
        } else {
            String::new()
        };
        format!(
            "reply=$(LC_ALL=C stat {follow}-c '%f %u %g %U %G' -- {path} 2>&1); status=$?; {more}{}\n",
            say_reply("0")
        )
    }

    pub(super) fn judge(&self, reply: &Reply) -> Verdict {
        let Self { path, state, .. } = self;
        let (first, rest) = reply.body.split_once('\n').unwrap_or((&reply.body, ""));
        if reply.status != 0 {
            let absent =
                ["No such file or directory", "Not a directory", LOOP].iter().any(|reason| first.ends_with(reason));
            return match (absent, state) {
                (true, State::Absent) => Verdict::yes("nothing is there"),
                (true, _) => Verdict::no(format!("there is no {path}")),
                (false, _) => Verdict::no(first),
            };
        }
        let words: Vec<&str> = first.split(' ').collect();
        let [raw, uid, gid, owner, group, ref readable @ ..] = words[..] else {
            return Verdict::no(format!("stat says {first}"));
        };
        let Ok(raw) = u32::from_str_radix(raw, 16) else { return Verdict::no(format!("stat says {first}")) };
        let (found, kind) = match raw & 0o170_000 {
            0o100_000 => (Some(State::File), "a file"),
            0o040_000 => (Some(State::Directory), "a directory"),
            0o120_000 => (Some(State::Link), "a link"),
            _ => (None, "a device, a pipe or a socket"),
        };
        if found != Some(*state) {
            return Verdict::no(match state {
                State::Absent => format!("{kind} is there"),
                State::File => format!("{kind}, no file"),
                State::Directory => format!("{kind}, no directory"),
                State::Link => format!("{kind}, no link"),
            });
        }
        let mut wrong = Vec::new();
        let mode = raw & 0o7777;
        if let Some(wanted) = self.attributes.mode.filter(|wanted| *wanted != mode) {
            wrong.push(format!("mode {mode:04o} instead of {wanted:04o}"));
        }
        for (what, wanted, name, number) in
            [("owner", &self.attributes.owner, owner, uid), ("group", &self.attributes.group, group, gid)]
        {
            if let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != name && *wanted != number) {
                wrong.push(format!("{what} {name} instead of {wanted}"));
            }
        }
        if let Some(target) = self.target.as_deref().filter(|target| *target != rest) {
            wrong.push(format!("leads to {rest} instead of {target}"));
        }
        if let Some(text) = &self.contains {
            // the shell has taken off the ends of the last lines
            if readable.is_empty() {
                wrong.push("cannot be read".to_owned());
            } else if !format!("{rest}\n").contains(text.as_str()) {
                wrong.push(format!("`{text}` is not in it"));
            }
        }
        if !wrong.is_empty() {
            return Verdict::no(wrong.join(", "));
        }
        let mode = if *state == State::Link { format!("leads to {rest}") } else { format!("mode {mode:04o}") };
        Verdict::yes(format!("{kind}, {mode}, {owner}:{group}"))
    }
}
