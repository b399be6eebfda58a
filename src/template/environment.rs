//! The template engine set up as Ansible sets up Jinja.

use super::context::is_omit;
use super::{filters, functions, tests};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};
use std::sync::OnceLock;

/// The environment that all templates share.
pub(super) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // without it, errors know only their line
        environment.set_debug(true);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                return Ok(());
            }
            if is_omit(value) {
                let message = "`omit` can only stand alone, as the whole value of an argument";
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
            escape_formatter(out, state, value)
        });
        // it would print every variable, secrets too
        environment.remove_global("debug");
        filters::add(&mut environment);
        tests::add(&mut environment);
        functions::add(&mut environment);
        environment
    })
}
