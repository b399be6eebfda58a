//! A node as the type that is wanted, or an error that says what it is instead.

use super::{Entry, Node, Value};
use crate::source::{Diagnostic, Diagnostics};
use std::sync::Arc;

impl Node {
    /// What it is, in words for an error: "a list", "text", "a whole number".
    pub fn describe(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::String { .. } => "text",
            Value::Vault(_) => "a vault value",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    fn wrong<T>(&self, wanted: &str) -> Result<T, Diagnostics> {
        Err(Diagnostic::at(&self.span, format!("expected {wanted}, found {}", self.describe())).into())
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Text; numbers and truth values count as the text they print as, if they are written like that.
    ///
    /// # Errors
    /// When it is something else: `1.10` would be 1.1, `0644` 420 and `yes` true.
    pub fn string(&self) -> Result<String, Diagnostics> {
        let Some(printed) = self.printed() else { return self.wrong("text") };
        match self.read_otherwise() {
            Some(written) => {
                let number = if matches!(self.value, Value::Bool(_)) { "" } else { "the number " };
                Err(self.in_quotes(format!("`{written}` would be read as {number}{printed}")).into())
            }
            None => Ok(printed),
        }
    }

    /// What a scalar prints as.
    pub fn printed(&self) -> Option<String> {
        match &self.value {
            Value::String { text, .. } => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            // `1.0` stays that
            Value::Float(number) => Some(format!("{number:?}")),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// How a number or truth value is written that prints as something else.
    pub fn read_otherwise(&self) -> Option<&str> {
        self.written_text().filter(|written| self.printed().is_some_and(|printed| printed != *written))
    }

    /// How a number or truth value is written, where that is known.
    pub fn written_text(&self) -> Option<&str> {
        let written = self.written.as_ref()?;
        written.file.text().get(written.start..written.end)
    }

    /// An error about the way in which a number or truth value is written, where text is wanted.
    pub fn in_quotes(&self, message: String) -> Diagnostic {
        let written = self.written.as_ref().unwrap_or(&self.span);
        let error = Diagnostic::at(written, message).hint("put it in quotes");
        let is_here = Arc::ptr_eq(&written.file, &self.span.file) && written.start == self.span.start;
        if is_here { error } else { error.also(&self.span, "text is wanted here") }
    }

    /// Text that says something: empty text, as an unset variable gives, must not come to mean anything.
    ///
    /// # Errors
    /// When it is something else, or empty.
    pub fn filled(&self) -> Result<String, Diagnostics> {
        let text = self.string()?;
        if text.trim().is_empty() {
            return Err(Diagnostic::at(&self.span, "expected text, found empty text").into());
        }
        Ok(text)
    }

    /// A list of texts that say something; one text alone is a list of one.
    ///
    /// # Errors
    /// When any of it is no text, or empty.
    pub fn all_filled(&self) -> Result<Vec<String>, Diagnostics> {
        let items = match &self.value {
            Value::Sequence(items) => items.as_slice(),
            _ => std::slice::from_ref(self),
        };
        let mut errors = Diagnostics::new();
        let texts = items.iter().filter_map(|item| errors.collect(item.filled())).collect();
        errors.or(texts)
    }

    /// A truth value, also written as text (`"yes"`).
    ///
    /// # Errors
    /// When it is something else.
    pub fn boolean(&self) -> Result<bool, Diagnostics> {
        match &self.value {
            Value::Bool(truth) => Ok(*truth),
            Value::Integer(number @ (0 | 1)) => Ok(*number == 1),
            Value::String { text, .. } => truth(text).map_or_else(|| self.wrong("true or false"), Ok),
            _ => self.wrong("true or false"),
        }
    }

    /// A whole number, also written as text.
    ///
    /// # Errors
    /// When it is something else.
    pub fn integer(&self) -> Result<i64, Diagnostics> {
        match &self.value {
            Value::Integer(number) => Ok(*number),
            Value::String { text, .. } => text.trim().parse().or_else(|_| self.wrong("a whole number")),
            _ => self.wrong("a whole number"),
        }
    }

    /// A list of texts; one text alone is a list of one.
    ///
    /// # Errors
    /// When any of it is no text.
    pub fn strings(&self) -> Result<Vec<String>, Diagnostics> {
        let Value::Sequence(items) = &self.value else {
            return Ok(vec![self.string()?]);
        };
        let mut errors = Diagnostics::new();
        let texts = items.iter().filter_map(|item| errors.collect(item.string())).collect();
        errors.or(texts)
    }

    /// The items of a list.
    ///
    /// # Errors
    /// When it is something else.
    pub fn sequence(&self) -> Result<&[Node], Diagnostics> {
        match &self.value {
            Value::Sequence(items) => Ok(items),
            _ => self.wrong("a list"),
        }
    }

    /// The entries of a mapping.
    ///
    /// # Errors
    /// When it is something else.
    pub fn mapping(&self) -> Result<&[Entry], Diagnostics> {
        match &self.value {
            Value::Mapping(entries) => Ok(entries),
            _ => self.wrong("a mapping"),
        }
    }
}

/// What a text says that is written where true or false is wanted, in Ansible's words.
pub fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "f" | "0" => Some(false),
        _ => None,
    }
}
