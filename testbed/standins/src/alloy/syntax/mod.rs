//! Alloy's configuration syntax: text to tree, tree to text, and messages that point into the text.

mod diagnostic;
mod format;
mod lex;
mod parse;
#[cfg(test)]
mod tests;
mod tree;

pub use diagnostic::{Diagnostic, Source};
pub use format::format;
pub use lex::unquoted;
pub use parse::parse;
pub use tree::{Attribute, Block, Expr, Field, Kind, Statement, Tree};
