//! Errors in what the user wrote, each with its place, the line, a caret and a hint.

use super::Span;
use std::fmt;

/// One error in an input, shown with the line that it is about.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// Where, and what to say under the caret (may be empty).
    pub primary: Option<(Span, String)>,
    /// Further places that explain it: "first defined here", "used here".
    pub secondary: Vec<(Span, String)>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn at(span: &Span, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            primary: Some((span.clone(), String::new())),
            secondary: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// An error that has no place in a text, such as a file that cannot be read.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), primary: None, secondary: Vec::new(), hints: Vec::new() }
    }

    /// Says under the caret what was expected.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some((_, text)) = &mut self.primary {
            *text = label.into();
        }
        self
    }

    /// Shows one more place.
    #[must_use]
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.secondary.push((span.clone(), label.into()));
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a hint if there is one.
    #[must_use]
    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}

/// All errors found in an input; as an error type it holds at least one.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Takes over all of `other`.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Takes the errors out of a result, leaving its value if it has one.
    pub fn collect<T>(&mut self, result: Result<T, Diagnostics>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(errors) => {
                self.extend(errors);
                None
            }
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors with what must not be seen hidden in all that they show: by `hide` in what they say, by `blank`, which keeps
    /// the length of a text, in the lines that they point at.
    #[must_use]
    pub fn hiding(self, hide: &dyn Fn(&str) -> String, blank: &dyn Fn(&str) -> String) -> Self {
        let span = |span: &Span| Span { file: span.file.blanked(blank), ..span.clone() };
        let all = self.0.into_iter().map(|error| Diagnostic {
            message: hide(&error.message),
            primary: error.primary.map(|(place, label)| (span(&place), hide(&label))),
            secondary: error.secondary.iter().map(|(place, label)| (span(place), hide(label))).collect(),
            hints: error.hints.iter().map(|hint| hide(hint)).collect(),
        });
        Self(all.collect())
    }

    /// The errors in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// The errors in the order in which they are shown: by file and place.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.0.iter().collect();
        sorted.sort_by_key(|error| {
            error.primary.as_ref().map(|(span, _)| (span.file.name().to_owned(), span.start, span.end))
        });
        sorted
    }

    /// `value` if there are no errors, else the errors.
    pub fn or<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The same without what `hide` replaces in what they say, and `redact` in the lines that are shown; carets stay where they
    /// are.
    #[must_use]
    pub fn without(&self, hide: &dyn Fn(&str) -> String, redact: &dyn Fn(&str) -> String) -> Self {
        let hidden = |(span, label): &(Span, String)| (span.without(redact), hide(label));
        let without = |error: &Diagnostic| Diagnostic {
            message: hide(&error.message),
            primary: error.primary.as_ref().map(hidden),
            secondary: error.secondary.iter().map(hidden).collect(),
            hints: error.hints.iter().map(|hint| hide(hint)).collect(),
        };
        Self(self.0.iter().map(without).collect())
    }

    /// The errors as text for a terminal (`color`) or a file: sorted by place, each once, one paragraph each, without
    /// a newline at the end.
    pub fn render(&self, color: bool) -> String {
        super::render::render(&self.sorted(), color)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
