//! Actions: what one does to a running service by hand.

use crate::resource::action::{ACTION, Action};
use crate::schema::Arguments;
use crate::source::{Diagnostics, Span};
use crate::template::{RenderError, Scope};
use crate::yaml::{Entry, Node};

/// One action of a role, kept as written until it is carried out.
#[derive(Debug, Clone)]
pub struct ActionSpec {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// What it is for.
    pub help: Option<String>,
    /// All that it says, not rendered yet.
    args: Node,
}

impl ActionSpec {
    /// Reads one of a role's `actions`.
    pub(super) fn read(entry: &Entry) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::called(&entry.value, &ACTION, &format!("action `{}`", entry.key))?;
        let help = fields.string("help");
        fields.required("command");
        for key in ACTION.names() {
            fields.get(key);
        }
        fields.finish()?;
        Ok(Self { name: entry.key.clone(), span: entry.key_span.clone(), help, args: entry.value.clone() })
    }

    /// The action on one host.
    pub fn render(&self, scope: &Scope) -> Result<Action, RenderError> {
        Ok(Action::parse(&scope.render(&self.args)?)?)
    }
}
