//! The lines of a unified diff.

use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// Lines around a change that are shown with it.
pub const CONTEXT: usize = 3;

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `@@ -1,4 +1,5 @@`
    Hunk,
    /// The same before and after.
    Same,
    /// Only there before.
    Removed,
    /// Only there afterwards.
    Added,
    /// `\ No newline at end of file`
    Remark,
}

/// One line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
    /// The text, without mark and line end.
    pub text: String,
    /// Where it begins to differ from its counterpart, in characters: what must be seen of a line too long to show.
    pub differs_at: usize,
}

impl Line {
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), differs_at: 0 }
    }

    /// The mark in front of it.
    pub fn mark(&self) -> &'static str {
        match self.kind {
            Kind::Hunk | Kind::Remark => "",
            Kind::Same => " ",
            Kind::Removed => "-",
            Kind::Added => "+",
        }
    }
}

/// The diff of two texts; a text that is not there before or afterwards is all added or all removed, without a hunk line.
pub fn lines(old: Option<&str>, new: Option<&str>) -> Vec<Line> {
    match (old, new) {
        (Some(old), Some(new)) => unified(old, new),
        (None, Some(new)) => whole(Kind::Added, new),
        (Some(old), None) => whole(Kind::Removed, old),
        (None, None) => Vec::new(),
    }
}

const NO_NEWLINE: &str = "\\ No newline at end of file";

fn whole(kind: Kind, text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = text.lines().map(|line| Line::new(kind, line)).collect();
    if !text.is_empty() && !text.ends_with('\n') {
        lines.push(Line::new(Kind::Remark, NO_NEWLINE));
    }
    lines
}

/// How `old` and `new` are compared, here and where secrets are hidden: the same hunks in both places.
pub(super) fn compare<'a>(old: &'a str, new: &'a str) -> TextDiff<'a, 'a, str> {
    // A pair of huge unrelated files must not hold up the run: past the limit the diff is only less neat.
    TextDiff::configure().timeout(Duration::from_millis(500)).diff_lines(old, new)
}

fn unified(old: &str, new: &str) -> Vec<Line> {
    let diff = compare(old, new);
    let mut lines = Vec::new();
    for hunk in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let (old_range, new_range) =
            (first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end);
        lines.push(Line::new(Kind::Hunk, format!("@@ -{} +{} @@", range(&old_range), range(&new_range))));
        for op in &hunk {
            let from = lines.len();
            for change in diff.iter_changes(op) {
                let kind = match change.tag() {
                    ChangeTag::Equal => Kind::Same,
                    ChangeTag::Delete => Kind::Removed,
                    ChangeTag::Insert => Kind::Added,
                };
                let text = change.value();
                lines.push(Line::new(kind, text.strip_suffix('\n').unwrap_or(text)));
                if change.missing_newline() {
                    lines.push(Line::new(Kind::Remark, NO_NEWLINE));
                }
            }
            pair(&mut lines[from..]);
        }
    }
    lines
}

/// `line,count` as diff(1) writes it: the count is left out when it is one, and an empty range names the line before.
fn range(range: &std::ops::Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

/// Marks where the n-th removed and the n-th added line of one change begin to differ.
fn pair(lines: &mut [Line]) {
    let of = |kind: Kind, lines: &[Line]| -> Vec<usize> {
        lines.iter().enumerate().filter(|(_, line)| line.kind == kind).map(|(at, _)| at).collect()
    };
    let (removed, added) = (of(Kind::Removed, lines), of(Kind::Added, lines));
    for (old, new) in removed.into_iter().zip(added) {
        let common = lines[old].text.chars().zip(lines[new].text.chars()).take_while(|(a, b)| a == b).count();
        lines[old].differs_at = common;
        lines[new].differs_at = common;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(old: Option<&str>, new: Option<&str>) -> String {
        lines(old, new).iter().map(|line| format!("{}{}\n", line.mark(), line.text)).collect()
    }

    #[test]
    fn three_lines_of_context() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        insta::assert_snapshot!(show(Some(old), Some(&old.replace("e\n", "E\ne2\n"))), @"
        @@ -2,7 +2,8 @@
         b
         c
         d
        -e
        +E
        +e2
         f
         g
         h
        ");
    }

    #[test]
    fn a_missing_newline_is_said() {
        insta::assert_snapshot!(show(Some("a\nb"), Some("a\nb\n")), @r"
        @@ -1,2 +1,2 @@
         a
        -b
        \ No newline at end of file
        +b
        ");
        insta::assert_snapshot!(show(None, Some("a")), @r"
        +a
        \ No newline at end of file
        ");
    }

    #[test]
    fn an_empty_file_gets_content() {
        insta::assert_snapshot!(show(Some(""), Some("a\n")), @"
        @@ -0,0 +1 @@
        +a
        ");
        assert_eq!(show(Some("a\n"), Some("a\n")), "");
    }
}
