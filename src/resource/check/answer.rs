//! What an answer must be like, and how expressions see it.

use super::{first_line, reason};
use crate::schema::{Argument, Arguments, Shape};
use crate::source::{SourceFile, Span};
use crate::template::{Layer, Rank, RenderError, Scope, Value};
use crate::yaml::Node;
use serde::{Deserialize, Serialize};

pub(super) const CONTAINS: Argument = Argument::new("contains", Shape::Text, "text that must be in the answer");
pub(super) const THAT: Argument = Argument::new("that", Shape::Expression, "an expression that must be true");
pub(super) const SHOW: Argument =
    Argument::new("show", Shape::Expression, "an expression: what to show of the answer where `that` is not true");

/// What an answer must be like, beside its status.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Demand {
    /// A text in it.
    pub(super) contains: Option<String>,
    /// An expression over `body`, `json` and `status`.
    pub(super) that: Option<String>,
    /// What to show of an answer for which `that` does not hold; an expression too.
    show: Option<String>,
}

impl Demand {
    pub(super) fn read(fields: &mut Arguments<'_>) -> Self {
        // any answer has the empty text in it
        let contains = fields.filled("contains");
        let [that, show] = ["that", "show"].map(|key| fields.filled(key));
        Self { contains, that, show }
    }

    /// That a text is in it.
    pub(super) fn of(text: &str) -> Self {
        Self { contains: Some(text.to_owned()), ..Self::default() }
    }

    /// What is wrong with an answer, if anything.
    pub(super) fn refuses(&self, answer: &AnswerView<'_>) -> Option<String> {
        if let Some(text) = &self.contains
            && !answer.body.contains(text)
        {
            return Some(match first_line(answer.body) {
                "" if answer.body.trim().is_empty() => format!("`{text}` is not in the answer, which is empty"),
                line => format!("`{text}` is not in the answer: {line}"),
            });
        }
        let expression = self.that.as_ref()?;
        match answer.scope.evaluate(&node(expression)) {
            Ok(true) => None,
            Ok(false) => {
                let seen = self.shown(answer).unwrap_or_else(|| first_line(answer.body).to_owned());
                Some(format!("not so: {expression}; seen: {seen}"))
            }
            Err(error) => Some(format!("{expression}: {}", reason(error))),
        }
    }

    /// What `show` comes to.
    pub(super) fn shown(&self, answer: &AnswerView<'_>) -> Option<String> {
        let show = self.show.as_ref()?;
        Some(match answer.scope.render(&node(&format!("{{{{ {show} }}}}"))) {
            Ok(value) => value.to_json().to_string(),
            Err(error) => reason(error),
        })
    }
}

/// What was answered, as expressions see it.
pub(super) struct AnswerView<'a> {
    body: &'a str,
    scope: Scope,
}

impl<'a> AnswerView<'a> {
    pub(super) fn new(body: &'a str, status: i32) -> Self {
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or(serde_json::Value::Null);
        let pairs = [
            ("body", Value::from(body)),
            ("json", Value::from(minijinja::value::Serde(&json))),
            ("status", Value::from(status)),
        ];
        let layer = Layer::values(Rank::Local, pairs.map(|(name, value)| (name.to_owned(), value)));
        Self { body, scope: Scope::new(vec![layer]) }
    }

    /// What an expression comes to; nothing if that is undefined.
    pub(super) fn value(&self, expression: &str) -> Result<Option<Value>, RenderError> {
        self.scope.expression(&node(expression))
    }
}

/// An expression that has no place in a file any more.
fn node(text: &str) -> Node {
    Node::text(text, Span::new(&SourceFile::named("that", text), 0, text.len()))
}
