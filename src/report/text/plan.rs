//! The plans of a run: each once, with the hosts that it is for.

use super::words::{clean, columns, counted, hosts, padded, size};
use super::{Look, Tone};
use crate::engine::event::{HostPlan, ShownChange, ShownDetail, ShownRole};
use crate::plan::change::Action;
use crate::report::diff::{self, Kind};
use crate::report::record::Record;
use crate::report::shorten;
use indexmap::IndexMap;

/// Lines of a new file that are shown unless everything is wanted.
const NEW_FILE: usize = 40;
/// Lines of a diff that are shown unless everything is wanted.
const DIFF: usize = 200;
/// Where the details of a change begin.
const DETAIL: usize = 6;

/// All plans that have changes or notes; hosts with the same plan share one.
pub fn plans(record: &Record, look: &Look) -> String {
    let mut groups: IndexMap<String, (&HostPlan, Vec<&str>)> = IndexMap::new();
    for (name, host) in &record.hosts {
        let Some(plan) = host.plan.as_ref().filter(|plan| plan.count() > 0 || !plan.notes.is_empty()) else { continue };
        // The serialised plan is the one complete notion of "the same" that there is.
        let key = serde_json::to_string(plan).unwrap_or_else(|_| name.clone());
        groups.entry(key).or_insert_with(|| (plan, Vec::new())).1.push(name);
    }
    let mut page = Page { look, out: String::new() };
    for (plan, names) in groups.values() {
        page.out.push('\n');
        page.line(0, &hosts(names, look));
        for role in &plan.roles {
            page.role(plan, role);
        }
        for note in &plan.notes {
            page.sentence(2, "note: ", note);
        }
    }
    page.out
}

struct Page<'a> {
    look: &'a Look,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// A sentence in as many lines as it takes, the further ones under the first one's text.
    fn sentence(&mut self, indent: usize, lead: &str, text: &str) {
        let text_indent = indent + lead.len();
        for (number, line) in self.look.wrap(&clean(text), text_indent).iter().enumerate() {
            match number {
                0 => self.line(indent, &format!("{lead}{line}")),
                _ => self.line(text_indent, line),
            }
        }
    }

    fn role(&mut self, plan: &HostPlan, role: &ShownRole) {
        // The same role in two plays is told apart by the play.
        let twice = plan.roles.iter().filter(|other| other.role == role.role).count() > 1;
        for step in &role.steps {
            let mut heading = format!("{}/{}", role.role, step.step);
            if twice {
                heading.push_str(&format!(" (play {})", clean(&role.play)));
            }
            self.line(2, &heading);
            for change in &step.changes {
                self.change(&role.role, &step.step, change);
            }
        }
    }

    fn change(&mut self, role: &str, step: &str, change: &ShownChange) {
        let (kind, name) = kind_and_name(role, step, &change.resource);
        let tone = match change.action.mark() {
            '+' => Tone::Good,
            '-' => Tone::Bad,
            _ => Tone::Changed,
        };
        let mut text = format!("{kind} {}", clean(name));
        match change.action {
            // The mark says it already.
            Action::Create | Action::Update | Action::Remove => {}
            action => text.push_str(&format!(": {}", action.word())),
        }
        let notes: Vec<&str> = change.details.iter().filter_map(note).collect();
        let mark = self.look.paint(tone, &change.action.mark().to_string());
        match notes.as_slice() {
            [one] if self.look.fits(4 + 2 + columns(&text) + 3 + columns(one)) => {
                let reason = self.look.paint(Tone::Faint, &format!("({})", clean(one)));
                self.line(4, &format!("{mark} {text} {reason}"));
            }
            several => {
                self.line(4, &format!("{mark} {text}"));
                several.iter().for_each(|note| self.sentence(DETAIL, "", note));
            }
        }
        self.values(&change.details, change.action == Action::Create || change.action == Action::Install);
        for detail in &change.details {
            if let ShownDetail::Text { path, old, new, hidden, .. } = detail {
                self.file(name, path, old.as_deref(), new.as_deref(), *hidden);
            }
        }
    }

    /// Old and new values, aligned. Of something new only the new ones are said.
    fn values(&mut self, details: &[ShownDetail], fresh: bool) {
        let width = details.iter().filter_map(value).map(|(what, ..)| columns(what)).max().unwrap_or(0);
        for (what, old, new) in details.iter().filter_map(value) {
            let what = self.look.paint(Tone::Faint, &padded(&clean(what), width));
            let (old, new) = (old.map(clean), new.map(clean));
            match (old, new) {
                (None, Some(new)) if fresh => self.line(DETAIL, &format!("{what}  {new}")),
                (old, new) => {
                    let old = old.unwrap_or("(none)".into());
                    let new = new.unwrap_or("(none)".into());
                    if self.look.fits(DETAIL + width + 2 + columns(&old) + 4 + columns(&new)) {
                        self.line(DETAIL, &format!("{what}  {old} -> {new}"));
                    } else {
                        self.line(DETAIL, &format!("{what}  {old}"));
                        self.line(DETAIL + width.saturating_sub(1), &format!("-> {new}"));
                    }
                }
            }
        }
    }

    fn file(&mut self, resource: &str, path: &str, old: Option<&str>, new: Option<&str>, hidden: bool) {
        let short = path.strip_prefix(resource).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
        let state = match (old, new) {
            (None, _) => " (new)",
            (_, None) => " (goes)",
            _ => "",
        };
        // A resource that is this one file has said its path and what happens.
        let heading = if path == resource { String::new() } else { format!("{}{state}", clean(short)) };
        let remark = if hidden {
            Some("a secret; its content is not shown".to_owned())
        } else if [old, new].into_iter().flatten().any(|text| text.contains('\0')) {
            let sizes: Vec<String> = [old, new].into_iter().flatten().map(|text| size(text.len())).collect();
            Some(format!("binary, {}", sizes.join(" -> ")))
        } else if new.is_none() && self.look.verbose == 0 {
            Some(counted(old.map_or(0, |text| text.lines().count()), "line"))
        } else if new == Some("") && old.is_none() {
            Some("empty".to_owned())
        } else {
            None
        };
        match remark {
            Some(remark) if heading.is_empty() => self.line(DETAIL, &self.look.paint(Tone::Faint, &remark)),
            Some(remark) => {
                self.line(DETAIL, &format!("{heading}{}", self.look.paint(Tone::Faint, &format!(": {remark}"))));
            }
            None => {
                if !heading.is_empty() {
                    self.line(DETAIL, &heading);
                }
                self.diff(&diff::lines(old, new), if old.is_some() && new.is_some() { DIFF } else { NEW_FILE });
            }
        }
    }

    fn diff(&mut self, lines: &[diff::Line], limit: usize) {
        // One line more than the limit is shown rather than counted.
        let shown = if self.look.verbose > 0 || lines.len() <= limit + 1 { lines.len() } else { limit };
        for line in &lines[..shown] {
            let tone = match line.kind {
                Kind::Hunk => Tone::Place,
                Kind::Same => Tone::Plain,
                Kind::Removed => Tone::Bad,
                Kind::Added => Tone::Good,
                Kind::Remark => Tone::Faint,
            };
            let text = format!("{}{}", line.mark(), self.visible(line));
            self.line(DETAIL, &self.look.paint(tone, text.trim_end_matches(' ')));
        }
        if shown < lines.len() {
            let more = format!("… {} (-v shows all)", counted(lines.len() - shown, "more line"));
            self.line(DETAIL, &self.look.paint(Tone::Faint, &more));
        }
    }

    /// The text of a line; where it is too long, the part with the difference.
    fn visible(&self, line: &diff::Line) -> String {
        const BEFORE: usize = 20;
        // Trailing spaces matter in the lines that change.
        let text = clean(&line.text);
        if self.look.verbose == 0 && self.look.width.is_none() {
            return shorten::around(&text, line.differs_at).into_owned();
        }
        if self.look.verbose > 0 || self.look.fits(DETAIL + 1 + columns(&text)) {
            return text.into_owned();
        }
        let room = self.look.width.unwrap_or(usize::MAX).saturating_sub(DETAIL + 1).max(10);
        if line.differs_at > room.saturating_sub(BEFORE) {
            let rest: String = text.chars().skip(line.differs_at.saturating_sub(BEFORE)).collect();
            return self.look.cut(&format!("…{rest}"), DETAIL + 1);
        }
        self.look.cut(&text, DETAIL + 1)
    }
}

fn note(detail: &ShownDetail) -> Option<&str> {
    match detail {
        ShownDetail::Note { text } => Some(text),
        _ => None,
    }
}

fn value(detail: &ShownDetail) -> Option<(&str, Option<&str>, Option<&str>)> {
    match detail {
        ShownDetail::Value { what, old, new } => Some((what, old.as_deref(), new.as_deref())),
        _ => None,
    }
}

/// The parts of a public id that its place in the plan does not say already.
fn kind_and_name<'a>(role: &str, step: &str, id: &'a str) -> (&'a str, &'a str) {
    let rest = id.strip_prefix(role).and_then(|rest| rest.strip_prefix('/')).unwrap_or(id);
    let rest = rest.strip_prefix(step).and_then(|rest| rest.strip_prefix('/')).unwrap_or(rest);
    rest.split_once(':').unwrap_or(("", rest))
}
