//! Actions: what one does to a running service by hand.

use crate::source::Span;
use crate::yaml::Node;

/// One action of a role, kept as written until it is run.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// What it is for.
    pub help: Option<String>,
    /// A list (argv) or a string (`sh -c`), not rendered yet.
    pub command: Node,
    /// Everything else it says.
    pub arguments: Node,
}
