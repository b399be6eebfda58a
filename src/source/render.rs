//! Errors as text: the line, a caret, what was expected, a hint.

use super::{Diagnostic, SourceFile, Span};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

/// Where longer source lines are cut around the caret.
const WIDTH: usize = 120;

/// The errors in their order, each once, with an empty line between them and no newline at the end.
pub(super) fn render(diagnostics: &[&Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let mut seen = HashSet::new();
    let paragraphs = diagnostics.iter().map(|diagnostic| paragraph(&renderer, diagnostic));
    paragraphs.filter(|paragraph| seen.insert(paragraph.clone())).collect::<Vec<_>>().join("\n\n")
}

fn paragraph(renderer: &Renderer, diagnostic: &Diagnostic) -> String {
    // What a user wrote may end up in a message: no control sequence of it may reach the terminal.
    let clean = |text: &str| text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
    let message = clean(diagnostic.message.trim_end());
    let mut group = Group::with_title(Level::ERROR.primary_title(message));
    for (file, marks) in files(diagnostic) {
        let text = file.text();
        let start = marks.iter().map(|mark| mark.range.start).min().unwrap_or(0);
        let end = marks.iter().map(|mark| mark.range.end).max().unwrap_or(0);
        let window = line_start(text, start)..line_end(text, end);
        let number = text[..window.start].bytes().filter(|&byte| byte == b'\n').count() + 1;
        let snippet = Snippet::source(&text[window.clone()]).line_start(number).path(file.name());
        let annotations = marks.into_iter().map(|mark| {
            let label = Some(clean(mark.label)).filter(|label| !label.is_empty());
            mark.kind.span(mark.range.start - window.start..mark.range.end - window.start).label(label)
        });
        group = group.element(snippet.annotations(annotations));
    }
    let hints = diagnostic.hints.iter().map(|hint| Level::HELP.message(clean(hint)));
    let text = if diagnostic.primary.is_some() {
        renderer.render(&[group.elements(hints)])
    } else {
        let hints = diagnostic.hints.iter().map(|hint| Group::with_title(Level::HELP.secondary_title(clean(hint))));
        // One by one: groups of one report are joined by a gutter, which without a line of source leads nowhere.
        let texts = std::iter::once(group).chain(hints).map(|group| renderer.render(&[group]));
        texts.collect::<Vec<_>>().join("\n")
    };
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A range to underline.
struct Mark<'d> {
    range: Range<usize>,
    kind: AnnotationKind,
    label: &'d str,
}

/// The marks by file; the primary's file comes first.
fn files(diagnostic: &Diagnostic) -> Vec<(&Arc<SourceFile>, Vec<Mark<'_>>)> {
    let primary = diagnostic.primary.iter().map(|place| (place, AnnotationKind::Primary));
    let secondary = diagnostic.secondary.iter().map(|place| (place, AnnotationKind::Context));
    let mut files: Vec<(&Arc<SourceFile>, Vec<Mark<'_>>)> = Vec::new();
    for ((span, label), kind) in primary.chain(secondary) {
        let mark = Mark { range: visible(span), kind, label };
        match files.iter_mut().find(|(file, _)| file.name() == span.file.name() && file.text() == span.file.text()) {
            Some((_, marks)) => marks.push(mark),
            None => files.push((&span.file, vec![mark])),
        }
    }
    files
}

/// What of a span is shown: its first line. The end of a file is shown behind its last line.
fn visible(span: &Span) -> Range<usize> {
    let text = span.file.text();
    let mut start = floor(text, span.start);
    if start == text.len() {
        start = text.trim_end_matches(['\n', '\r']).len();
    }
    let end = floor(text, span.end).clamp(start, line_end(text, start));
    start..end
}

/// The character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if end > at && text[..end].ends_with('\r') { end - 1 } else { end }
}
