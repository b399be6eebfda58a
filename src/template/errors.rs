//! What went wrong in a template, as an error that points at its place.

use super::context::{Context, Failure};
use super::filters::Mandatory;
use super::literals::{Inserted, Prepared};
use super::path;
use super::{FACTS, filters, functions, is_fact, tests};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean};
use crate::yaml::Node;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Templates that were included, by their names, and how to get back to places in them.
pub(super) type Included = HashMap<String, (Arc<SourceFile>, Inserted)>;

/// Where a template's text stands.
pub(super) enum Place<'p> {
    /// In a YAML text, from this byte of what the engine saw of it on.
    Node(&'p Node, usize, &'p Prepared<'p>),
    /// Somewhere in a YAML text that is an expression.
    Whole(&'p Node),
    /// In a file of its own, or one that it includes.
    Files { root: (&'p Arc<SourceFile>, &'p Inserted), loaded: &'p Included },
}

impl Place<'_> {
    fn span(&self, error: &Error) -> Span {
        match self {
            Self::Node(node, offset, prepared) => match error.range() {
                Some(range) => node.span_within(prepared.original(range.start + offset..range.end + offset)),
                None if *offset > 0 => node.span_within(prepared.original(inside(&prepared.text, *offset))),
                None => node.span.clone(),
            },
            Self::Whole(node) => node.span.clone(),
            Self::Files { root, loaded } => {
                let included = error.name().and_then(|name| loaded.get(name));
                let (file, inserted) = included.map_or(*root, |(file, inserted)| (file, inserted));
                match (error.range(), error.line()) {
                    (Some(range), _) => within(file, inserted.original(range)),
                    (None, Some(line)) => line_span(file, line),
                    (None, None) => Span::new(file, 0, 0),
                }
            }
        }
    }
}

/// The expression in a text that is `{{ … }}` and nothing else.
fn inside(text: &str, offset: usize) -> Range<usize> {
    let inner = text.get(offset..text.len().saturating_sub(2)).unwrap_or_default();
    let start = offset + inner.len() - inner.trim_start().len();
    start..start + inner.trim().len()
}

/// Where a name stands in an expression, if it is there by itself.
fn word(text: &str, name: &str) -> Option<Range<usize>> {
    let quoted = |at: usize| ['\'', '"'].iter().any(|quote| text[..at].matches(*quote).count() % 2 == 1);
    words(text, name).find(|range| !quoted(range.start))
}

/// Where a name stands that is no part of another.
fn words<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let found = text.match_indices(name).map(|(at, _)| at..at + name.len());
    found.filter(move |range| {
        let before = text[..range.start].chars().next_back();
        !before.is_some_and(|c| part(c) || c == '.') && !text[range.end..].starts_with(part)
    })
}

/// The place of a name in an expression that is more than a path to a value. Of `x | f` the engine only marks `f`.
fn narrowed(span: Span, name: &str) -> Span {
    let text = span.file.text();
    let (before, marked) = (text.get(..span.start), text.get(span.start..span.end));
    let (before, marked) = (before.unwrap_or_default(), marked.unwrap_or_default());
    let at = |range: Range<usize>, start| Span::new(&span.file, start + range.start, start + range.end);
    if words(marked, name).next().is_some() {
        let is_path = !marked.contains(|c: char| c.is_whitespace() || "|(,~+*/%{".contains(c));
        let range = word(marked, name).filter(|_| !is_path);
        return range.map_or_else(|| span.clone(), |range| at(range, span.start));
    }
    let line = before.rfind('\n').unwrap_or_default();
    let open = before.rfind("{{").max(before.rfind("{%")).filter(|open| !before[*open..].contains("}}"));
    let begin = open.unwrap_or(line);
    words(&before[begin..], name).last().map_or_else(|| span.clone(), |range| at(range, begin))
}

/// A range of a file; the engine's may reach beyond the end.
fn within(file: &Arc<SourceFile>, range: Range<usize>) -> Span {
    let text = file.text();
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let end = boundary(range.end);
    Span::new(file, boundary(range.start).min(end), end)
}

fn line_span(file: &Arc<SourceFile>, line: usize) -> Span {
    let mut start = 0;
    for (number, text) in file.text().split_inclusive('\n').enumerate() {
        if number + 1 == line {
            return Span::new(file, start, start + text.trim_end().len());
        }
        start += text.len();
    }
    Span::new(file, start, start)
}

impl Context {
    /// The engine's error as ours.
    pub fn failure(self: &Arc<Self>, error: &Error, place: &Place<'_>) -> Failure {
        let (error, cause) = innermost(error);
        let partial = undefined_name(error).filter(|name| path::is_partial(name));
        let written = partial.and_then(|name| path::whole(&place.span(error), name));
        let span = match (place, undefined_name(error)) {
            _ if written.is_some() || partial.is_some() => written.clone().unwrap_or_else(|| place.span(error)),
            (Place::Whole(node), Some(name)) => node
                .as_str()
                .and_then(|text| word(text, name))
                .map_or_else(|| node.span.clone(), |range| node.span_within(range)),
            (_, Some(name)) => narrowed(place.span(error), name),
            _ => place.span(error),
        };
        match cause {
            Some(Failure::NeedsFacts) => Failure::NeedsFacts,
            Some(Failure::Invalid(errors)) => Failure::Invalid(used_here(errors, &span)),
            Some(Failure::Undefined(errors)) => Failure::Undefined(used_here(errors, &span)),
            None if error.kind() == ErrorKind::UndefinedError || undefined_name(error).is_some() => {
                let name = if partial.is_some() {
                    written.as_ref().and_then(|span| span.file.text().get(span.start..span.end))
                } else {
                    undefined_name(error)
                };
                let found = self.undefined(error, name, &span);
                // nothing may go on without it
                if is_mandatory(error) { Failure::Invalid(found) } else { Failure::Undefined(found) }
            }
            None => Failure::Invalid(describe(error, &span).into()),
        }
    }

    /// What is to be said of something undefined, as far as its name is known.
    fn undefined(self: &Arc<Self>, error: &Error, name: Option<&str>, span: &Span) -> Diagnostics {
        let Some(name) = name else {
            let detail = error.detail().filter(|_| undefined_name(error).is_none());
            return Diagnostic::at(span, detail.unwrap_or("something here is undefined")).into();
        };
        let root = name.split(['.', '[']).next().unwrap_or(name);
        if let Some(why) = self.why_undefined(root) {
            return used_here(&why, span);
        }
        let label = if is_mandatory(error) { "it is mandatory" } else { "" };
        let error = Diagnostic::at(span, format!("`{name}` is undefined")).label(label);
        if is_fact(root) {
            return error.hint("not every host has this fact").into();
        }
        let hint = if root == name {
            let mut names = self.scope.names();
            names.extend(FACTS.iter().map(|fact| format!("ansible_{fact}")));
            // among names of one or two letters everything is near
            did_you_mean(name, names.iter().map(String::as_str).filter(|near| near.len() > 2 && *near != name))
                .map(str::to_owned)
        } else {
            self.nearest_attribute(name)
        };
        error.maybe_hint(hint.map(|near| format!("did you mean `{near}`?"))).into()
    }

    /// For `a.b.c`, the key of `a.b` that is nearest to `c`.
    fn nearest_attribute(self: &Arc<Self>, name: &str) -> Option<String> {
        let (parent, key) = name.rsplit_once('.')?;
        let root = Value::from_dyn_object(Arc::clone(self));
        let parent_value = parent.split('.').try_fold(root, |value, key| value.get_attr(key)).ok()?;
        if parent_value.kind() != ValueKind::Map {
            return None;
        }
        let keys: Vec<String> = parent_value.try_iter().ok()?.map(|key| key.to_string()).collect();
        did_you_mean(key, keys.iter().map(String::as_str)).map(|near| format!("{parent}.{near}"))
    }
}

/// The name in "`x` is undefined", or in "… (`x` is undefined)", which are the engine's words.
fn undefined_name(error: &Error) -> Option<&str> {
    let detail = error.detail()?;
    let named = detail.strip_prefix('`').or_else(|| Some(detail.rsplit_once(" (`")?.1))?;
    let (name, after) = named.split_once('`')?;
    after.starts_with(" is undefined").then_some(name)
}

/// The engine's error at the very place, and what a variable failed with, if that is the reason.
fn innermost(error: &Error) -> (&Error, Option<&Failure>) {
    let mut innermost = error;
    let mut current: &dyn std::error::Error = error;
    while let Some(source) = current.source() {
        if let Some(failure) = source.downcast_ref::<Failure>() {
            return (innermost, Some(failure));
        }
        if let Some(error) = source.downcast_ref::<Error>()
            && error.line().is_some()
        {
            innermost = error;
        }
        current = source;
    }
    (innermost, None)
}

/// Whether it is about what `mandatory` was asked for.
fn is_mandatory(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<Mandatory>())
}

/// The errors of a variable, shown with the place that needs it.
fn used_here(errors: &Diagnostics, span: &Span) -> Diagnostics {
    let mut shown = Diagnostics::new();
    for error in errors.iter() {
        let places = error.primary.iter().chain(&error.secondary);
        let mut shown_already = places.filter(|(place, _)| Arc::ptr_eq(&place.file, &span.file));
        let near = shown_already.any(|(place, _)| place.start <= span.start && span.end <= place.end);
        shown.push(if near { error.clone() } else { error.clone().also(span, "used here") });
    }
    shown
}

fn describe(error: &Error, span: &Span) -> Diagnostic {
    let detail = error.detail().unwrap_or_default();
    // "filter foo is unknown", "foo is unknown"
    let unknown = detail.split_whitespace().rev().nth(2).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownFilter => unknown_name(span, "filter", unknown, &filters::names(), filters::UNBUILT),
        ErrorKind::UnknownTest => unknown_name(span, "test", unknown, &tests::names(), tests::UNBUILT),
        ErrorKind::UnknownFunction => unknown_name(span, "function", unknown, functions::NAMES, functions::UNBUILT),
        ErrorKind::SyntaxError => Diagnostic::at(span, "syntax error in a template").label(detail),
        ErrorKind::TemplateNotFound => Diagnostic::at(span, detail),
        kind if detail.is_empty() => Diagnostic::at(span, kind.to_string()),
        _ => Diagnostic::at(span, detail),
    }
}

fn unknown_name(span: &Span, what: &str, name: &str, known: &[&str], unbuilt: &[&str]) -> Diagnostic {
    let short = name.rsplit('.').next().unwrap_or(name);
    if unbuilt.contains(&short) {
        return Diagnostic::at(span, format!("the {what} `{name}` is not built yet"));
    }
    let near = did_you_mean(short, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    Diagnostic::at(span, format!("unknown {what} `{name}`")).maybe_hint(near)
}
