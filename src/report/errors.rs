//! What is wrong in the input, for programs: each error with its place.

use crate::source::{Diagnostics, Span};
use serde::Serialize;

/// An error. Places count from 1, columns in characters; what has no place in a file has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What is wrong, in one line.
    pub message: String,
    /// The file, or what else was read, as it is shown.
    pub file: Option<String>,
    /// The line in it.
    pub line: Option<usize>,
    /// The column in it.
    pub column: Option<usize>,
    /// What was expected there.
    pub label: Option<String>,
    /// Further places that explain it.
    pub also: Vec<Place>,
    /// What to do about it.
    pub hints: Vec<String>,
}

/// A place that explains an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line in it.
    pub line: usize,
    /// The column in it.
    pub column: usize,
    /// What is there.
    pub label: Option<String>,
}

impl Place {
    fn of((span, label): &(Span, String)) -> Self {
        let (line, column) = span.position();
        let label = Some(label.clone()).filter(|label| !label.is_empty());
        Self { file: span.file.name().to_owned(), line, column, label }
    }
}

impl Told {
    /// An error that is no more than a sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The errors in the order in which they are shown, each once.
    pub fn all(errors: &Diagnostics) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for error in errors.sorted() {
            let also = error.secondary.iter().map(Place::of).collect();
            let told = Self { also, hints: error.hints.clone(), ..Self::new(error.message.trim_end()) };
            let told = match error.primary.as_ref().map(Place::of) {
                Some(Place { file, line, column, label }) => {
                    Self { file: Some(file), line: Some(line), column: Some(column), label, ..told }
                }
                None => told,
            };
            if !all.contains(&told) {
                all.push(told);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Diagnostic, SourceFile};

    #[test]
    fn errors_in_order_each_once_with_their_places() {
        let file = SourceFile::named("hosts.yml", "größe: 1\nport: x\n");
        let port = || {
            Diagnostic::at(&Span::new(&file, 17, 18), "`port` is no number")
                .label("expected a number")
                .also(&Span::new(&file, 0, 4), "")
                .hint("write 80")
        };
        let mut errors = Diagnostics::from(port());
        errors.push(port());
        errors.push(Diagnostic::new("no hosts"));
        let told = serde_json::to_string(&Told::all(&errors)).unwrap_or_default();
        insta::assert_snapshot!(told, @r#"[{"message":"no hosts","file":null,"line":null,"column":null,"label":null,"also":[],"hints":[]},{"message":"`port` is no number","file":"hosts.yml","line":2,"column":7,"label":"expected a number","also":[{"file":"hosts.yml","line":1,"column":1,"label":null}],"hints":["write 80"]}]"#);
    }
}
