//! Templates as Ansible's users know them: the variables one host sees, rendered when they are asked for.

#[cfg(test)]
mod anything;
mod asked;
mod attributes;
mod context;
mod convert;
mod environment;
#[cfg(test)]
mod error_texts;
mod errors;
mod facts;
mod filters;
mod functions;
mod gaps;
mod hosts;
mod kinds;
mod layer;
mod literals;
mod operands;
mod path;
mod render;
mod rendering;
#[cfg(test)]
mod same_as_ansible;
mod scope;
#[cfg(test)]
mod secrets;
mod tests;
mod undefined;
#[cfg(test)]
mod undefined_as_ansible;
#[cfg(test)]
mod undefined_everywhere;
mod written;

pub use asked::asked_for;
pub use facts::{FACTS, is_fact};
pub use filters::{bytes, milliseconds};
pub use hosts::Hosts;
pub use layer::{Layer, Rank};
pub use minijinja::Value;
pub use rendering::Rendering;
pub use scope::{Scope, TemplateLoader};

use crate::source::{Diagnostic, Diagnostics};

/// Why something could not be rendered.
#[derive(Debug, Clone)]
pub enum RenderError {
    /// It is wrong.
    Invalid(Diagnostics),
    /// It asks for facts, which are not known yet.
    NeedsFacts,
}

impl From<Diagnostics> for RenderError {
    fn from(errors: Diagnostics) -> Self {
        Self::Invalid(errors)
    }
}

impl From<Diagnostic> for RenderError {
    fn from(error: Diagnostic) -> Self {
        Self::Invalid(error.into())
    }
}

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(errors) => errors.fmt(f),
            Self::NeedsFacts => f.write_str("facts are not known yet"),
        }
    }
}

impl std::error::Error for RenderError {}
