//! YAML as a tree with positions, read by Ansible's scalar rules.

mod entries;
mod fields;
mod node;
mod parse;
mod read;
mod repair;
mod scalar;
mod syntax;
#[cfg(test)]
mod tests;
mod within;

pub use fields::Fields;
pub use parse::parse;
pub use read::truth;

use crate::source::Span;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place: of a scalar all of it (quotes included), of a collection its first line.
    pub span: Span,
    /// Where a number or truth value is written down, which may be where the variable is set that it comes from;
    /// nothing for what was worked out.
    pub written: Option<Span>,
}

/// What a node can be. Numbers and words are read as Ansible (YAML 1.1) reads them: `0644` is 420, `yes` is true.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`, `~` or nothing
    Null,
    /// `true`, `yes`, `on`, ...
    Bool(bool),
    /// A whole number
    Integer(i64),
    /// A number with a fraction
    Float(f64),
    /// Text; `!unsafe` text is never rendered as a template
    String {
        /// The text, escapes resolved.
        text: String,
        /// Whether it carried the tag `!unsafe`.
        verbatim: bool,
    },
    /// A `!vault` scalar, still encrypted
    Vault(String),
    /// A list
    Sequence(Vec<Node>),
    /// A mapping; keys are unique, in the order written
    Mapping(Vec<Entry>),
}

/// One key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}
