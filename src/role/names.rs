//! Names of variables that should be options.

use super::Role;
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::yaml::Entry;
use std::collections::HashMap;
use std::sync::Arc;

/// Checks that what is given at a role's place are options of it.
///
/// # Errors
/// Every unknown name, and every option given twice.
pub fn check_assignments(role: &Role, vars: &[Entry]) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut given: HashMap<&str, &Entry> = HashMap::new();
    for entry in vars {
        let Some(option) = role.option(&entry.key) else {
            let message = format!("role `{}` has no option `{}`", role.name, entry.key);
            let error = Diagnostic::at(&entry.key_span, message);
            errors.push(match role.nearest_option(&entry.key) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("`solti role show {}` lists them", role.name)),
            });
            continue;
        };
        if let Some(other) = given.insert(&option.name, entry) {
            let message = format!("option `{}` is given twice", option.name);
            errors.push(Diagnostic::at(&entry.key_span, message).also(&other.key_span, "first here"));
        }
    }
    errors.or(())
}

/// Checks that no variable of an inventory is nearly an option of a role that is used; names and their places come in.
///
/// # Errors
/// Every mistaken name.
pub fn check_inventory_names<'v>(
    roles: &[Arc<Role>],
    variables: impl IntoIterator<Item = (&'v str, &'v Span)>,
) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    for (name, span) in variables {
        if roles.iter().any(|role| role.option(name).is_some()) {
            continue;
        }
        let mistaken = roles.iter().find_map(|role| slip(role, name).map(|option| (role, option)));
        if let Some((role, option)) = mistaken {
            errors.push(
                Diagnostic::at(span, format!("`{name}` is nearly an option of role `{}`", role.name))
                    .hint(format!("did you mean `{option}`?")),
            );
        }
    }
    errors.or(())
}

/// The option that `name` is a slip of the hand away from. Stricter than "did you mean", for `name` may be meant:
/// `loki_grpc_port` is not `loki_http_port`.
fn slip<'r>(role: &'r Role, name: &str) -> Option<&'r str> {
    let aliases = role.options.values().flat_map(|option| option.aliases.iter());
    let names = role.options.keys().chain(aliases).map(String::as_str);
    let close = |option: &&str| {
        let allowed = if option.len() < 8 { 1 } else { 2 };
        // a difference in digits tells two things apart, not a slip: `server1`, `server2`
        let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        strsim::damerau_levenshtein(option, name) <= allowed && letters(option) != letters(name)
    };
    names.filter(close).min_by_key(|option| strsim::damerau_levenshtein(option, name))
}
