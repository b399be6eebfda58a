//! Syntax errors in words that say what to do.

use crate::source::{Diagnostic, SourceFile, Span};
use granit_parser::{ErrorKind, ScanError};
use std::sync::Arc;

/// A tab where indentation counts.
pub(super) fn tab(span: &Span) -> Diagnostic {
    Diagnostic::at(span, "a tab in the indentation").label("YAML is indented with spaces only")
}

/// What the parser found at byte `at`, behind what it had `read` before, inside of the bracket at `open`.
pub(super) fn explain(
    file: &Arc<SourceFile>,
    error: &ScanError,
    at: usize,
    read: usize,
    open: Option<usize>,
) -> Diagnostic {
    let error = explain_alone(file, error, at, read);
    let at_bracket = |open: usize| error.primary.as_ref().is_some_and(|(span, _)| span.start == open);
    match open {
        Some(open) if !at_bracket(open) => error.also(&Span::new(file, open, open + 1), "inside of what begins here"),
        _ => error,
    }
}

fn explain_alone(file: &Arc<SourceFile>, error: &ScanError, at: usize, read: usize) -> Diagnostic {
    let text = file.text();
    let at = (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let here = Span::new(file, at, at + text[at..].chars().next().map_or(0, char::len_utf8));
    let say = |message: &str| Diagnostic::at(&here, message);
    let indentation = "the keys of one mapping, and the dashes of one list, must be indented alike";
    match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart => tab(&tab_near(file, at)),
        _ if text[at..].starts_with('\t') => tab(&tab_near(file, at)),
        ErrorKind::MappingValueNotAllowed => say("a colon that cannot begin a value")
            .label("unexpected `:`")
            .hint("put quotes around text that contains `: `")
            .hint(indentation),
        ErrorKind::ExpectedBlockMappingKey => say("expected `key: value`").label("not a key").hint(indentation),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            let word = text[at..].split(['\n', '\r']).next().unwrap_or_default().trim_end();
            Diagnostic::at(&Span::new(file, at, at + word.len()), "expected `key: value`").label("a colon is missing")
        }
        ErrorKind::ExpectedBlockSequenceEntry => say("expected a list item").hint(indentation),
        ErrorKind::BlockSequenceEntryNotAllowed => {
            say("a list cannot begin here").label("unexpected `-`").hint("begin the list on the next line")
        }
        ErrorKind::UnclosedFlowCollection { open } => say(&format!("this `{open}` is never closed")),
        ErrorKind::MisplacedFlowCollectionEnd => say("a closing bracket without an opening one"),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => say(&format!("`{open}` is closed by `{close}`")),
        ErrorKind::ExpectedFlowSequenceSeparator => say("expected `,` or `]`"),
        ErrorKind::ExpectedFlowMappingSeparator => say("expected `,` or `}`"),
        ErrorKind::UnclosedQuotedScalar => say("this quote is never closed"),
        ErrorKind::InvalidTrailingSingleQuotedScalar => say("text behind the closing quote")
            .hint("put the whole value in quotes; a single quote inside single quotes is written twice"),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            say("text behind the closing quote").hint("put the whole value in quotes; a quote inside is written `\\\"`")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => say("an unknown escape in this text")
            .hint("in double quotes `\\` begins an escape: write `\\\\`, or use single quotes"),
        ErrorKind::UnexpectedCharacter { character } => {
            say(&format!("unquoted text cannot begin with `{}`", character.escape_debug())).hint("put quotes around it")
        }
        ErrorKind::ExpectedNodeContent => say("expected a value"),
        ErrorKind::RecursionLimitExceeded => say("nested too deeply"),
        ErrorKind::InvalidColonPlacement => say("expected `,` or a closing bracket").label("unexpected `:`"),
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::DocumentIndicatorInQuotedScalar => {
            let quote = text.get(read..at).and_then(|unread| unread.find(['"', '\'']));
            let quote = quote.map_or(here.clone(), |quote| Span::new(file, read + quote, read + quote + 1));
            Diagnostic::at(&quote, "this quote is not closed")
                .hint("text in quotes ends with the same quote; its further lines are indented")
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => {
            say("wrong indentation").hint(indentation)
        }
        ErrorKind::InvalidBlockScalarIndent => say("wrong indentation").label("less than the text's first line"),
        // the parser names the tab, but points to the text before it
        _ if error.info().contains("found a tab") => {
            let next = text[at..].find('\t').map_or(at, |tab| at + tab);
            tab(&Span::new(file, next, (next + 1).min(text.len())))
        }
        _ => say(&format!("not YAML: {}", error.info())),
    }
}

/// The tab that an error at `at` is about: there, or before it on the same line.
fn tab_near(file: &Arc<SourceFile>, at: usize) -> Span {
    let text = file.text();
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let tab = if text[at..].starts_with('\t') { at } else { text[line..at].find('\t').map_or(at, |tab| line + tab) };
    Span::new(file, tab, (tab + 1).min(text.len()))
}
