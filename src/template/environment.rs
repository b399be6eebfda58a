//! The template engine set up as Ansible sets up Jinja.

use super::context::is_omit;
use super::{filters, functions, gaps, operands, tests, undefined};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};
use std::sync::OnceLock;

/// The environment that all templates share.
pub(super) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        // without the engine's own filters and tests, which take what is undefined for empty
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // without it, errors know only their line
        environment.set_debug(true);
        environment.set_unknown_method_callback(undefined::method);
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                return Ok(());
            }
            if is_omit(value) {
                let message = "`omit` can only stand alone, as the whole value of an argument";
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
            // the engine has seen to a value that is undefined itself; `x if false` prints nothing
            if !value.is_undefined() {
                gaps::complete(value)?;
            }
            escape_formatter(out, state, value)
        });
        filters::add(&mut environment);
        tests::add(&mut environment);
        functions::add(&mut environment);
        environment.add_filter(operands::FILTER, gaps::defined);
        environment
    })
}
