//! Takes the secrets out of an event, once, before any consumer sees it; and shortens what hosts have said, which can only
//! be done then.

use super::diff::{CONTEXT, compare};
use super::shorten;
use crate::engine::event::{CheckResult, Event, Failure, HostPlan, Outcome, Phase};
use crate::plan::change::{Change, Detail};
use crate::secret::{Secrets, Taint};
use similar::{ChangeTag, DiffTag};
use std::collections::HashSet;

/// Replaces the secrets in a text by a mark, and leaves a text without secrets as it is.
pub type Redactor = dyn Fn(&str) -> String + Send;

/// What stands in place of a line that is hidden. Two texts, so that a diff of them still shows a change.
const OLD: &str = "(a line with a secret: before)";
const NEW: &str = "(a line with a secret: after)";

/// The event without secrets. Names of hosts and signals stay: they are the keys by which everything else is found.
pub fn event(event: Event, redact: &Redactor) -> Event {
    match event {
        Event::Phase { host, phase } => Event::Phase { host, phase: self::phase(phase, redact) },
        Event::Planned { host, plan } => Event::Planned { host, plan: self::plan(plan, redact) },
        Event::Checked { host, result: CheckResult { check, passed, seen, newest, millis } } => {
            let seen = shorten::text(&redact(&seen));
            let result = CheckResult { check: redact(&check), passed, seen, newest, millis };
            Event::Checked { host, result }
        }
        Event::Failed { host, failure } => Event::Failed { host, failure: self::failure(failure, redact) },
        Event::Note { host, text } => Event::Note { host, text: shorten::text(&redact(&text)) },
        Event::HostDone { host, outcome, exchanges, millis } => {
            let outcome = match outcome {
                Outcome::Unreachable { reason } => Outcome::Unreachable { reason: shorten::text(&redact(&reason)) },
                Outcome::Skipped { reason } => Outcome::Skipped { reason: shorten::text(&redact(&reason)) },
                other => other,
            };
            Event::HostDone { host, outcome, exchanges, millis }
        }
        Event::Pulled { host, image, bytes, millis } => Event::Pulled { host, image: redact(&image), bytes, millis },
        // Nothing in these comes from a value: names of hosts, roles and steps, and numbers.
        event @ (Event::Started { .. } | Event::StepDone { .. } | Event::Finished { .. }) => event,
    }
}

fn phase(phase: Phase, redact: &Redactor) -> Phase {
    match phase {
        Phase::Pulling { image } => Phase::Pulling { image: redact(&image) },
        Phase::Checking { role, check } => Phase::Checking { role, check: redact(&check) },
        other => other,
    }
}

fn plan(mut plan: HostPlan, redact: &Redactor) -> HostPlan {
    strings(&mut plan.notes, redact);
    for change in plan.roles.iter_mut().flat_map(|role| &mut role.steps).flat_map(|step| &mut step.changes) {
        self::change(change, redact);
    }
    plan
}

fn change(change: &mut Change, redact: &Redactor) {
    change.resource = redact(&change.resource);
    // These hold whole files, and nobody who reads a report needs them.
    change.operations.clear();
    for detail in &mut change.details {
        match detail {
            Detail::Text { path, old, new, hidden, secrets } => {
                *path = redact(path);
                if *hidden {
                    *old = old.take().map(|_| String::new());
                    *new = new.take().map(|_| String::new());
                } else {
                    (*old, *new) = text(old.take(), new.take(), secrets, redact);
                }
            }
            Detail::Value { what, old, new } => {
                *what = redact(what);
                *old = old.take().map(|value| redact(&value));
                *new = new.take().map(|value| redact(&value));
            }
            Detail::Note { text } => *text = redact(text),
        }
    }
}

fn failure(mut failure: Failure, redact: &Redactor) -> Failure {
    failure.place = redact(&failure.place);
    failure.message = shorten::text(&redact(&failure.message));
    failure.command = failure.command.map(|command| shorten::text(&redact(&command)));
    // Redacted as one text first, for a secret of several lines.
    if !failure.output.is_empty() {
        failure.output = shorten::text(&redact(&failure.output.join("\n"))).split('\n').map(str::to_owned).collect();
    }
    strings(&mut failure.put_back, redact);
    strings(&mut failure.left, redact);
    failure
}

fn strings(list: &mut [String], redact: &Redactor) {
    for text in list {
        *text = redact(text);
    }
}

/// Both sides of a file, without secrets: a hunk that touches a line with a secret hides all its changed lines, because
/// the other side may hold the secret's former value, which no registry knows. `taint` is what in the new one was made of secrets.
fn text(
    old: Option<String>,
    new: Option<String>,
    taint: &Taint,
    redact: &Redactor,
) -> (Option<String>, Option<String>) {
    let (Some(old), Some(new)) = (&old, &new) else {
        return (old.map(|text| redact(&text)), new.map(|text| redact(&taint.masked(&text))));
    };
    let (mut old_secret, mut new_secret) = (Secret::lines(old, redact), Secret::lines(new, redact));
    // of what was there it is only known what its names say
    old_secret.add(old, &Taint::of(old, None, &Secrets::new()));
    new_secret.add(new, taint);
    if old_secret.lines.is_empty() && new_secret.lines.is_empty() {
        return (Some(old.clone()), Some(new.clone()));
    }
    let diff = compare(old, new);
    let mut hide_old = HashSet::new();
    let mut hide_new = HashSet::new();
    for hunk in diff.grouped_ops(CONTEXT) {
        let changed = || hunk.iter().filter(|op| op.tag() != DiffTag::Equal);
        let touched = changed().any(|op| {
            op.old_range().any(|line| old_secret.lines.contains(&line))
                || op.new_range().any(|line| new_secret.lines.contains(&line))
        });
        for op in changed() {
            for line in op.old_range() {
                // The setting may have moved to another hunk; its beginning gives it away.
                let former =
                    |line: &&str| new_secret.beginnings.iter().any(|start| line.trim_start().starts_with(start));
                if touched || diff.old_slice(line).as_ref().is_some_and(former) {
                    hide_old.insert(line);
                }
            }
            if touched {
                hide_new.extend(op.new_range());
            }
        }
    }
    let mut sides = (String::new(), String::new());
    for change in diff.iter_all_changes() {
        let hidden_old = change.old_index().is_some_and(|line| hide_old.contains(&line));
        let hidden_new = change.new_index().is_some_and(|line| hide_new.contains(&line));
        let end = if change.missing_newline() { "" } else { "\n" };
        // a line that stays is shown alike on both sides
        let shown = match change.new_index() {
            Some(line) => taint.masked_line(line, change.value()),
            None => change.value().to_owned(),
        };
        if change.tag() != ChangeTag::Insert {
            sides.0 += &if hidden_old { format!("{OLD}{end}") } else { shown.clone() };
        }
        if change.tag() != ChangeTag::Delete {
            sides.1 += &if hidden_new { format!("{NEW}{end}") } else { shown };
        }
    }
    (Some(redact(&sides.0)), Some(redact(&sides.1)))
}

/// Where the secrets of a text are.
#[derive(Default)]
struct Secret {
    /// The lines that hold one, or a part of one, counted from 0.
    lines: HashSet<usize>,
    /// What stands before a secret in its line: `password: `.
    beginnings: Vec<String>,
}

impl Secret {
    /// What was made of secrets, too.
    fn add(&mut self, text: &str, taint: &Taint) {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for number in taint.lines() {
            if let Some(line) = lines.get(number)
                && self.lines.insert(number)
            {
                self.begins(line, &taint.masked_line(number, line));
            }
        }
    }

    /// Notes what stands before the secret in a line.
    fn begins(&mut self, line: &str, without: &str) {
        let same = line.chars().zip(without.chars()).take_while(|(a, b)| a == b);
        let start: String = same.map(|(char, _)| char).collect();
        if start.trim().chars().count() >= 3 {
            self.beginnings.push(start.trim_start().to_owned());
        }
    }

    fn lines(text: &str, redact: &Redactor) -> Self {
        let mut found = Self::default();
        let redacted = redact(text);
        if redacted == text {
            return found;
        }
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let without = redact(line);
            if without != line {
                found.lines.insert(number);
                found.begins(line, &without);
            }
        }
        // A secret of several lines shows only in the whole text: what redaction took out of it.
        let diff = compare(text, &redacted);
        for op in diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal) {
            found.lines.extend(op.old_range());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::change::Action;
    use crate::secret::Secrets;

    fn hide(text: &str) -> String {
        text.replace("s3cret", "****").replace("BEGIN\nabc\nEND\n", "****\n")
    }

    fn sides(old: &str, new: &str) -> String {
        let (old, new) = text(Some(old.to_owned()), Some(new.to_owned()), &Taint::default(), &hide);
        format!("{}---\n{}", old.unwrap_or_default(), new.unwrap_or_default())
    }

    #[test]
    fn a_new_secret_hides_what_was_there_before() {
        insta::assert_snapshot!(sides("user: a\npassword: former\nport: 1\n", "user: a\npassword: s3cret\nport: 1\n"), @"
        user: a
        (a line with a secret: before)
        port: 1
        ---
        user: a
        (a line with a secret: after)
        port: 1
        ");
    }

    #[test]
    fn what_is_long_is_shortened_once_the_secrets_are_out() {
        // both places at which it is cut are within a secret
        let secrets = "s3cret".repeat(100_000);
        let said = Failure {
            place: "role/step".into(),
            message: format!("it said {secrets}"),
            command: None,
            status: None,
            output: vec!["first".into(), format!("{secrets} and why")],
            put_back: Vec::new(),
            left: Vec::new(),
            stays: 0,
            open: false,
        };
        let shown = failure(said, &hide);
        assert!(shown.message.starts_with("it said ****") && shown.message.len() < 2000, "{}", shown.message);
        assert_eq!((shown.output.len(), shown.output[0].as_str()), (2, "first"));
        assert!(shown.output[1].ends_with("**** and why") && shown.output[1].len() < 2000, "{}", shown.output[1]);
        assert!(
            shown.output[1].contains("characters left out") && !shown.output[1].contains("s3"),
            "{}",
            shown.output[1]
        );
    }

    #[test]
    fn what_was_made_of_a_secret_is_hidden_where_it_changes_and_where_it_stays() {
        let (old, new) = ("pin: 12\nhash: old\nport: 1\n", "pin: 12\nhash: new\nport: 1\n");
        let taint = Taint::of(new, Some("pin: 34\nhash: xyz\nport: 1\n"), &Secrets::new());
        let (old, new) = text(Some(old.to_owned()), Some(new.to_owned()), &taint, &hide);
        assert_eq!(old.as_deref(), Some("pin: ********\n(a line with a secret: before)\nport: 1\n"));
        assert_eq!(new.as_deref(), Some("pin: ********\n(a line with a secret: after)\nport: 1\n"));
    }

    #[test]
    fn a_password_that_goes_is_hidden_by_its_name() {
        for (old, new) in [
            ("user: a\npassword: former\nport: 1\n", "user: a\nport: 1\n"),
            ("url = http://a:former@b/\nport = 1\n", "port = 2\n"),
            ("port = 1\nApiKey = \"former\"\n", "port = 2\n"),
        ] {
            let secrets = Secrets::new();
            let redact = move |text: &str| secrets.redact(text);
            let shown = text(Some(old.into()), Some(new.into()), &Taint::default(), &redact).0.unwrap();
            assert!(!shown.contains("former"), "{shown}");
        }
    }

    #[test]
    fn a_secret_that_moves_far_hides_its_former_value() {
        let far: String = (0..20).map(|n| format!("line {n}\n")).collect();
        let shown = sides(&format!("password: former\n{far}"), &format!("{far}password: s3cret\n"));
        assert!(!shown.contains("former") && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_secret_of_several_lines() {
        let shown = sides("a\nBEGIN\nold\nEND\nb\n", "a\nBEGIN\nabc\nEND\nb\n");
        assert!(!shown.contains("abc") && !shown.contains("old"), "{shown}");
    }

    #[test]
    fn untouched_lines_and_hunks_stay() {
        let shown = sides("password: s3cret\n1\n2\n3\n4\n5\nport: 1\n", "password: s3cret\n1\n2\n3\n4\n5\nport: 2\n");
        insta::assert_snapshot!(shown, @"
        password: ****
        1
        2
        3
        4
        5
        port: 1
        ---
        password: ****
        1
        2
        3
        4
        5
        port: 2
        ");
        assert_eq!(sides("a\n", "b\n"), "a\n---\nb\n");
    }

    #[test]
    fn hidden_files_and_operations_are_emptied() {
        let mut change = Change {
            resource: "loki/config/file:/etc/s3cret".to_owned(),
            action: Action::Update,
            details: vec![Detail::Text {
                path: "/etc/key".to_owned(),
                old: Some("anything".to_owned()),
                new: None,
                hidden: true,
                secrets: Taint::default(),
            }],
            operations: vec![crate::plan::operation::Operation::DaemonReload { user: None }],
        };
        super::change(&mut change, &hide);
        assert_eq!(change.resource, "loki/config/file:/etc/****");
        assert!(change.operations.is_empty());
        let Detail::Text { old, new, .. } = &change.details[0] else { unreachable!() };
        assert_eq!((old.as_deref(), new.as_deref()), (Some(""), None));
    }
}
