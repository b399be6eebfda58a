//! Takes the secrets out of an event, once, before any consumer sees it; and shortens what hosts have said, which can only
//! be done then.

use super::diff::{CONTEXT, compare};
use super::shorten;
use crate::engine::event::{
    ActionResult, CheckResult, Event, Failure, HostPlan, Outcome, Phase, ShownChange, ShownDetail,
};
use crate::secret::{Secrets, Taint};
use similar::{ChangeTag, DiffTag};
use std::collections::HashSet;

/// What stands in place of a line that is hidden. Two texts, so that a diff of them still shows a change.
const OLD: &str = "(a line with a secret: before)";
const NEW: &str = "(a line with a secret: after)";

/// The event without secrets. Names of hosts and signals stay: they are the keys by which everything else is found.
pub fn event(event: Event, secrets: &Secrets) -> Event {
    match event {
        Event::Phase { host, phase } => Event::Phase { host, phase: self::phase(phase, secrets) },
        Event::Planned { host, plan } => Event::Planned { host, plan: self::plan(plan, secrets) },
        Event::Checked { host, result: CheckResult { check, passed, seen, newest, millis } } => {
            let seen = shorten::text(&secrets.redact(&seen));
            let result = CheckResult { check: secrets.redact_own(&check), passed, seen, newest, millis };
            Event::Checked { host, result }
        }
        Event::Acted { host, result: ActionResult { action, status, output, millis } } => {
            Event::Acted { host, result: ActionResult { action, status, output: secrets.redact(&output), millis } }
        }
        Event::Failed { host, failure } => Event::Failed { host, failure: self::failure(failure, secrets) },
        Event::Note { host, text } => Event::Note { host, text: shorten::text(&secrets.redact(&text)) },
        Event::HostDone { host, outcome, exchanges, millis } => {
            let outcome = match outcome {
                Outcome::Unreachable { reason } => {
                    Outcome::Unreachable { reason: shorten::text(&secrets.redact(&reason)) }
                }
                Outcome::Skipped { changes, reason } => {
                    Outcome::Skipped { changes, reason: shorten::text(&secrets.redact_own(&reason)) }
                }
                other => other,
            };
            Event::HostDone { host, outcome, exchanges, millis }
        }
        Event::Pulled { host, image, bytes, millis } => {
            Event::Pulled { host, image: secrets.redact(&image), bytes, millis }
        }
        // Nothing in these comes from a value: names of hosts, roles and steps, and numbers.
        event @ (Event::Started { .. } | Event::StepDone { .. } | Event::RoleDone { .. } | Event::Finished { .. }) => {
            event
        }
    }
}

fn phase(phase: Phase, secrets: &Secrets) -> Phase {
    match phase {
        Phase::Pulling { image } => Phase::Pulling { image: secrets.redact(&image) },
        Phase::Checking { role, check } => Phase::Checking { role, check: secrets.redact_own(&check) },
        other => other,
    }
}

fn plan(mut plan: HostPlan, secrets: &Secrets) -> HostPlan {
    strings(&mut plan.notes, secrets);
    for change in plan.roles.iter_mut().flat_map(|role| &mut role.steps).flat_map(|step| &mut step.changes) {
        self::change(change, secrets);
    }
    plan
}

fn change(change: &mut ShownChange, secrets: &Secrets) {
    change.resource = secrets.redact_own(&change.resource);
    for detail in &mut change.details {
        match detail {
            ShownDetail::Text { path, old, new, hidden, secrets: taint } => {
                *path = secrets.redact_own(path);
                if *hidden {
                    *old = old.take().map(|_| String::new());
                    *new = new.take().map(|_| String::new());
                } else {
                    (*old, *new) = text(old.take(), new.take(), taint, secrets);
                }
            }
            ShownDetail::Value { what, old, new } => {
                *what = secrets.redact_own(what);
                *old = old.take().map(|value| secrets.redact(&value));
                *new = new.take().map(|value| secrets.redact(&value));
            }
            ShownDetail::Note { text } => *text = secrets.redact_own(text),
        }
    }
}

fn failure(mut failure: Failure, secrets: &Secrets) -> Failure {
    failure.place = secrets.redact_own(&failure.place);
    failure.message = shorten::text(&secrets.redact(&failure.message));
    failure.command = failure.command.map(|command| shorten::text(&secrets.redact(&command)));
    // Redacted as one text first, for a secret of several lines.
    if !failure.output.is_empty() {
        failure.output =
            shorten::text(&secrets.redact(&failure.output.join("\n"))).split('\n').map(str::to_owned).collect();
    }
    strings(&mut failure.restored, secrets);
    // what services say is among it
    failure.left.iter_mut().for_each(|text| *text = secrets.redact(text));
    failure
}

fn strings(list: &mut [String], secrets: &Secrets) {
    for text in list {
        *text = secrets.redact_own(text);
    }
}

/// Both sides of a file, without secrets. Of the new side it is known which lines have one: `taint` is what in it was made of
/// secrets. Of what was there a hunk that touches a secret hides all changed lines: among them may be the secret's former value,
/// which no registry knows.
fn text(
    old: Option<String>,
    new: Option<String>,
    taint: &Taint,
    secrets: &Secrets,
) -> (Option<String>, Option<String>) {
    let (Some(old), Some(new)) = (&old, &new) else {
        return (old.map(|text| secrets.redact(&text)), new.map(|text| secrets.redact(&taint.masked(&text))));
    };
    let (mut old_secret, mut new_secret) = (Secret::lines(old, secrets), Secret::lines(new, secrets));
    // of what was there it is only known what its names say
    old_secret.add(old, &Taint::of(old, None, &Secrets::new()));
    new_secret.add(new, taint);
    if old_secret.lines.is_empty() && new_secret.lines.is_empty() {
        return (Some(old.clone()), Some(new.clone()));
    }
    let diff = compare(old, new);
    let mut hide_old = HashSet::new();
    let mut changed_new = HashSet::new();
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
            changed_new.extend(op.new_range());
        }
    }
    let mut sides = (String::new(), String::new());
    for change in diff.iter_all_changes() {
        let hidden_old = change.old_index().is_some_and(|line| hide_old.contains(&line));
        let secret_new = |line: &usize| new_secret.lines.contains(line) && changed_new.contains(line);
        let hidden_new = change.new_index().as_ref().is_some_and(secret_new);
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
    (Some(secrets.redact(&sides.0)), Some(secrets.redact(&sides.1)))
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

    fn lines(text: &str, secrets: &Secrets) -> Self {
        let mut found = Self::default();
        let redacted = secrets.redact(text);
        if redacted == text {
            return found;
        }
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let without = secrets.redact(line);
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
    use crate::plan::change::{Action, Change, Detail};
    use crate::secret::Secrets;

    fn secrets() -> Secrets {
        let secrets = Secrets::new();
        ["s3cret", "BEGIN\nabc\nEND\n"].into_iter().for_each(|value| secrets.add(value));
        secrets
    }

    fn sides(old: &str, new: &str) -> String {
        let (old, new) = text(Some(old.to_owned()), Some(new.to_owned()), &Taint::default(), &secrets());
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
    fn only_new_lines_with_a_secret_are_hidden() {
        insta::assert_snapshot!(sides("user: a\npassword: former\nport: 1\n", "user: b\npassword: s3cret\nport: 2\n"), @"
        (a line with a secret: before)
        (a line with a secret: before)
        (a line with a secret: before)
        ---
        user: b
        (a line with a secret: after)
        port: 2
        ");
        // what was there had a secret, and what comes has none
        insta::assert_snapshot!(sides("a: 1\npassword: former\n", "a: 2\nfile: /etc/x\n"), @"
        (a line with a secret: before)
        (a line with a secret: before)
        ---
        a: 2
        file: /etc/x
        ");
    }

    #[test]
    fn what_is_long_is_shortened_once_the_secrets_are_out() {
        // both places at which it is cut are within a secret
        let long = "s3cret".repeat(100_000);
        let said = Failure {
            place: "role/step".into(),
            message: format!("it said {long}"),
            command: None,
            status: None,
            output: vec!["first".into(), format!("{long} and why")],
            restored: Vec::new(),
            left: Vec::new(),
            stays: 0,
            open: false,
        };
        let shown = failure(said, &secrets());
        assert!(shown.message.starts_with("it said ********") && shown.message.len() < 2000, "{}", shown.message);
        assert_eq!((shown.output.len(), shown.output[0].as_str()), (2, "first"));
        assert!(shown.output[1].ends_with("******** and why") && shown.output[1].len() < 2000, "{}", shown.output[1]);
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
        let (old, new) = text(Some(old.to_owned()), Some(new.to_owned()), &taint, &secrets());
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
            let shown = text(Some(old.into()), Some(new.into()), &Taint::default(), &Secrets::new()).0.unwrap();
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
        password: ********
        1
        2
        3
        4
        5
        port: 1
        ---
        password: ********
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
    fn what_solti_says_keeps_its_words() {
        let secrets = Secrets::new();
        ["grafana", "container", "target"].into_iter().for_each(|value| secrets.add(value));
        let value = |text: &str| Some(text.to_owned());
        let mut change = ShownChange {
            resource: "grafana/config/symlink:/etc/grafana".to_owned(),
            action: Action::Update,
            details: vec![
                ShownDetail::Value { what: "target".to_owned(), old: value("the container"), new: value("/srv") },
                ShownDetail::Note { text: "container web".to_owned() },
            ],
        };
        super::change(&mut change, &secrets);
        assert_eq!(change.resource, "grafana/config/symlink:/etc/grafana");
        let [ShownDetail::Value { what, old, .. }, ShownDetail::Note { text }] = &change.details[..] else {
            unreachable!()
        };
        assert_eq!((what.as_str(), old.as_deref(), text.as_str()), ("target", Some("the ********"), "container web"));
    }

    #[test]
    fn hidden_files_are_emptied_and_operations_left_out() {
        let planned = Change {
            resource: "loki/config/file:/etc/s3cret".to_owned(),
            action: Action::Update,
            details: vec![Detail::Text {
                path: "/etc/key".to_owned(),
                old: Some("anything".to_owned()),
                new: None,
                hidden: true,
                secrets: Taint::default(),
            }],
            operations: vec![crate::ability::Operation::Files(crate::ability::files::FileOperation::Remove {
                path: "/etc/unseen".to_owned(),
            })],
        };
        let mut change = ShownChange::from(&planned);
        super::change(&mut change, &secrets());
        assert_eq!(change.resource, "loki/config/file:/etc/********");
        assert!(!format!("{change:?}").contains("unseen"));
        let ShownDetail::Text { old, new, .. } = &change.details[0] else { unreachable!() };
        assert_eq!((old.as_deref(), new.as_deref()), (Some(""), None));
    }
}
