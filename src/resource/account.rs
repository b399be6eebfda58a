//! What the account tools take, see useradd(8) and groupadd(8): said where it is written, not when they refuse it.

use super::arguments::{account_name, account_number, path};
use crate::schema::Shape;
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::{Node, Value};

/// What numbers of accounts there are.
pub const NUMBER: Shape = Shape::Number { least: 0, most: 4_294_967_294 };

/// How long a name may be where it is shortest, which is on Debian.
const LONGEST: usize = 32;

/// A name for an account that may have to be made.
pub fn new_name(node: &Node) -> Result<String, Diagnostics> {
    let text = node.string()?;
    if text.contains(['\\', '@']) {
        let error = Diagnostic::at(&node.span, format!("`{text}` is no name of a user or group of the host itself"));
        return Err(error.hint("accounts of a directory service are made there, and need no declaration here").into());
    }
    let name = account_name(node)?;
    let wrong = |why: String| Diagnostic::at(&node.span, format!("`{name}` is no name of a user or group")).label(why);
    if name.len() > LONGEST {
        return Err(wrong(format!("{} characters, and {LONGEST} is the most", name.len())).into());
    }
    if name.chars().all(|c| c.is_ascii_digit()) {
        return Err(wrong("it would be taken for a number".to_owned()).into());
    }
    Ok(name)
}

/// The number of an account called `name`.
pub fn number(node: &Node, name: Option<&str>) -> Result<u32, Diagnostics> {
    let number = account_number(node)?;
    if number == 0 && name.is_some_and(|name| name != "root") {
        return Err(Diagnostic::at(&node.span, "0 is root's, on every host").into());
    }
    Ok(number)
}

/// A group by its name or number. One that is there already may have a name that groupadd would not take.
pub fn group(node: &Node) -> Result<String, Diagnostics> {
    let name = node.string()?;
    if name.is_empty() || name.starts_with('-') || name.contains([':', ',']) || name.contains(char::is_control) {
        return Err(Diagnostic::at(&node.span, format!("`{name}` is no name or number of a group")).into());
    }
    Ok(name)
}

/// Groups: a list, or a text with commas between their names.
pub fn groups(node: &Node) -> Result<Vec<String>, Diagnostics> {
    if let Value::Sequence(items) = &node.value {
        let mut errors = Diagnostics::new();
        let names = items.iter().filter_map(|item| errors.collect(group(item))).collect();
        return errors.or(names);
    }
    let text = node.string()?;
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| group(&Node::text(name, node.span.clone()))).collect()
}

/// A path that is a field of passwd(5).
pub fn home(node: &Node) -> Result<String, Diagnostics> {
    let home = path(node)?;
    if home.contains(':') {
        return Err(in_field(node, &home));
    }
    Ok(home)
}

/// A login shell; without one, it is the system's.
pub fn shell(node: &Node) -> Result<String, Diagnostics> {
    if node.string()?.is_empty() { Ok(String::new()) } else { home(node) }
}

/// What is said of a user.
pub fn comment(node: &Node) -> Result<String, Diagnostics> {
    let comment = node.string()?;
    if comment.contains(|c: char| c == ':' || c.is_control()) {
        return Err(in_field(node, &comment));
    }
    Ok(comment)
}

fn in_field(node: &Node, text: &str) -> Diagnostics {
    let what = if text.contains(':') { "a colon" } else { "a line end or another control character" };
    Diagnostic::at(&node.span, format!("{what} cannot be in a field of /etc/passwd")).into()
}
