//! Arguments that several kinds share: paths, permissions, commands.

use super::Files;
use crate::ability::files::{Attributes, Validation};
use crate::ability::scope;
use crate::schema::{Argument, Arguments, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::template::{self, RenderError};
use crate::yaml::{Node, Value};

/// Who something belongs to.
pub const OWNER: Argument = Argument::new(
    "owner",
    Shape::Text,
    "the user that it belongs to; not said: left as it is, and root of what is new",
);
/// Whose group it has.
pub const GROUP: Argument = Argument::new(
    "group",
    Shape::Text,
    "the group that it belongs to; not said: left as it is, and root of what is new",
);
/// Its permissions.
pub const MODE: Argument = Argument::new(
    "mode",
    Shape::Mode,
    "its permissions; not said: left as they are, and of what is new 0644, of a folder 0755",
);
/// What tries a file.
pub const VALIDATE: Argument = Argument::new(
    "validate",
    Shape::Command,
    "a command that tries the new file before it goes live; `%s` in it stands for the staged file, in a text as one \
     word, however that quotes it. Without `%s` the command sees the new file at its final path, and the live one \
     stays untouched. In a folder that another user than root can exchange, that user runs it",
);
/// A template of the role.
pub const TEMPLATE: Argument = Argument::new(
    "template",
    Shape::Text,
    "a template in `templates/`; the project's `templates/ROLE/HOST/` and `templates/ROLE/` win over the role's own",
)
.unseen();
/// What a file holds.
pub const CONTENT: Argument = Argument::new("content", Shape::Text, "what it holds").unseen();
/// A file of the role.
pub const SRC: Argument =
    Argument::new("src", Shape::Text, "a file in `files/` of the role (for a play: beside the playbook)").unseen();
/// The name of a drop-in.
pub const DROP_IN: Argument = Argument::new("drop_in", Shape::Text, "the name of a drop-in").lasts();
/// Whose systemd it is about.
pub const USER: Argument = Argument::new("user", Shape::Text, "whose it is; default: the system's").lasts();
/// Whether a file is shown.
pub const SECRET: Argument = Argument::new(
    "secret",
    Shape::Flag,
    "`true`: the content is never shown, only that it differs. The values of secret options are hidden without it",
)
.default("false")
.unseen();

/// An absolute path on the host, without a slash at its end.
pub fn path(node: &Node) -> Result<String, Diagnostics> {
    let text = node.string()?;
    let wrong = |message: &str| Err(Diagnostic::at(&node.span, message.to_owned()).label(format!("`{text}`")).into());
    if !text.starts_with('/') {
        return wrong("a path on a host must be absolute");
    }
    // line-based tools on the host cannot tell such names from their own output
    if text.chars().any(|c| c.is_control() || c == '\\') {
        let error = Diagnostic::at(&node.span, "a path on a host must not have control characters or backslashes");
        return Err(error.into());
    }
    if text.split('/').any(|part| part == ".." || part == ".") {
        return wrong("a path on a host must not have `.` or `..` in it");
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    Ok(format!("/{}", parts.join("/")))
}

/// Permission bits: `"0640"`, or `0640` as YAML reads it.
pub(super) fn mode(node: &Node) -> Result<u32, Diagnostics> {
    let hint = "write the mode as octal text: mode: \"0640\"";
    let wrong = || Diagnostic::at(&node.span, "this is no file mode").hint(hint);
    let bits = match &node.value {
        Value::Integer(number) => {
            let bits = u32::try_from(*number).map_err(|_| wrong())?;
            // 640 without the leading zero is the decimal number, which is never meant; of a value that was worked out
            // only the number is known, and few such numbers are permissions
            if node.written_text().map_or(bits > 0o777, |written| !written.starts_with('0')) {
                return Err(wrong().label("read as a decimal number").into());
            }
            bits
        }
        Value::String { text, .. } => {
            let digits = text.strip_prefix("0o").unwrap_or(text);
            match u32::from_str_radix(digits, 8) {
                Ok(bits) if !digits.starts_with('+') => bits,
                _ => return Err(wrong().label("not octal digits").into()),
            }
        }
        _ => return Err(wrong().into()),
    };
    if bits > 0o7777 { Err(wrong().label("beyond 7777").into()) } else { Ok(bits) }
}

/// `owner`, `group` and `mode`.
pub fn attributes(fields: &mut Arguments<'_>) -> Attributes {
    let (owner, group) = (account(fields, "owner"), account(fields, "group"));
    Attributes { owner, group, mode: permissions(fields, "mode") }
}

/// A user or group that something is to belong to, under the name given.
pub fn account(fields: &mut Arguments<'_>, key: &'static str) -> Option<String> {
    let name = fields.get(key);
    fields.read(name, owner_name)
}

/// Permission bits under the name given.
pub fn permissions(fields: &mut Arguments<'_>, key: &'static str) -> Option<u32> {
    let bits = fields.get(key);
    fields.read(bits, mode)
}

/// Whom a path can belong to; directories of a company have other characters in their names than account tools take.
fn owner_name(node: &Node) -> Result<String, Diagnostics> {
    let name = node.string()?;
    if name.is_empty() || name.starts_with('-') || name.chars().any(|c| c.is_control() || c == ':') {
        return Err(Diagnostic::at(&node.span, format!("`{name}` is no name or number of a user or group")).into());
    }
    Ok(name)
}

/// A command: a list is run as it is, a text by `sh -c`.
pub fn command(node: &Node) -> Result<Vec<String>, Diagnostics> {
    let words = match &node.value {
        Value::Sequence(items) if !items.is_empty() => node.strings()?,
        Value::Sequence(_) => return Err(Diagnostic::at(&node.span, "the command is empty").into()),
        _ => vec!["sh".to_owned(), "-c".to_owned(), node.string()?],
    };
    words.iter().try_for_each(|word| without_null(word, node))?;
    Ok(words)
}

/// No argument and no variable of a program can have a null character in it.
fn without_null(text: &str, node: &Node) -> Result<(), Diagnostics> {
    if text.contains('\0') {
        return Err(Diagnostic::at(&node.span, "there is a null character in it, which no program can be given").into());
    }
    Ok(())
}

/// Takes what a role brings; what is wrong with it is noted beside all else that is.
///
/// # Errors
/// When it needs facts that are not known yet.
pub fn brought<T>(fields: &mut Arguments<'_>, found: Result<T, RenderError>) -> Result<Option<T>, RenderError> {
    match found {
        Err(RenderError::Invalid(errors)) => {
            fields.error(errors);
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// `template`, `content` or `src`: what a file of `what` holds.
///
/// # Errors
/// When it needs facts that are not known yet.
pub fn body(fields: &mut Arguments<'_>, files: &dyn Files, what: &str) -> Result<Option<Vec<u8>>, RenderError> {
    match (fields.get("template"), fields.get("content"), fields.get("src")) {
        (Some(template), None, None) => Ok(brought(fields, files.template(template))?.map(String::into_bytes)),
        (None, Some(content), None) => Ok(fields.read(Some(content), Node::string).map(String::into_bytes)),
        (None, None, Some(src)) => brought(fields, files.file(src)),
        _ => {
            let message = format!("{what} needs one of `template`, `content` and `src`");
            let error = Diagnostic::at(fields.span(), message);
            fields.error(error);
            Ok(None)
        }
    }
}

/// `validate`: what tries a file before it goes live.
pub fn validation(fields: &mut Arguments<'_>) -> Option<Validation> {
    let node = fields.get("validate");
    fields.read(node, command).map(Validation::Command)
}

/// `environment`: names and values.
pub fn environment(node: &Node) -> Result<Vec<(String, String)>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut pairs = Vec::new();
    for entry in node.mapping()? {
        let name = &entry.key;
        if name.starts_with(|c: char| c.is_ascii_digit())
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            errors.push(Diagnostic::at(&entry.key_span, format!("`{name}` is no name of an environment variable")));
        }
        let value = entry.value.string().and_then(|value| without_null(&value, &entry.value).map(|()| value));
        if let Some(value) = errors.collect(value) {
            pairs.push((entry.key.clone(), value));
        }
    }
    errors.or(pairs)
}

/// How a length of time is written: see [`duration`].
pub fn milliseconds(node: &Node) -> Result<u64, Diagnostics> {
    let wrong = || Diagnostic::at(&node.span, "this is no length of time").hint(DURATION_HINT);
    Ok(duration(&node.string()?).ok_or_else(wrong)?)
}

/// What a length of time looks like.
pub const DURATION_HINT: &str = "write it as 500ms, 30s, 5m, 1h or 2d";

/// The milliseconds of a length of time: `90` (seconds), `90s`, `500ms`, `5m`, `1h30m`, `1.5d`, `5 min`.
pub fn duration(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.chars().all(|c| c.is_ascii_digit()) {
        return text.parse::<u64>().ok()?.checked_mul(1000);
    }
    // blanks may part a number from its unit, and a length from the next, but not a number from itself
    let mut parts = text.split_whitespace().peekable();
    let mut joined = String::new();
    while let Some(part) = parts.next() {
        if part.ends_with(|c: char| c.is_ascii_digit())
            && parts.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()))
        {
            return None;
        }
        joined.push_str(part);
    }
    template::milliseconds(&joined.replace("min", "m"))
}

/// The name of a user or group, as the account tools take it.
pub fn account_name(node: &Node) -> Result<String, Diagnostics> {
    plain_name(node, "a user or group")
}

/// A name that can be part of a file's name, and is no option of a program; `what` says whose it is.
pub fn plain_name(node: &Node, what: &str) -> Result<String, Diagnostics> {
    let name = node.string()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.starts_with(['-', '.']) || name.is_empty() || !name.chars().all(plain) {
        let error = Diagnostic::at(&node.span, format!("`{name}` is no name of {what}"));
        return Err(error.label("letters, digits, `_`, `-` and `.`").into());
    }
    Ok(name)
}

/// The number of a user or group.
pub fn account_number(node: &Node) -> Result<u32, Diagnostics> {
    let number = node.integer()?;
    let wrong = || Diagnostic::at(&node.span, "a number of a user or group is between 0 and 4294967294");
    u32::try_from(number).ok().filter(|number| *number != u32::MAX).ok_or_else(|| wrong().into())
}

/// A unit's full name; without a suffix it is a service.
pub fn unit_name(node: &Node) -> Result<String, Diagnostics> {
    const SUFFIXES: [&str; 11] =
        ["service", "socket", "timer", "path", "target", "mount", "automount", "swap", "slice", "scope", "device"];
    let name = node.string()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | ':' | '\\');
    let has_suffix = name.rsplit_once('.').is_some_and(|(_, suffix)| SUFFIXES.contains(&suffix));
    let full = if has_suffix { name.clone() } else { format!("{name}.service") };
    // those of the root; for any other one, systemctl would take it for an option
    let is_root = matches!(name.as_str(), "-.slice" | "-.mount");
    if name.is_empty() || name.starts_with(['-', '.', '@']) && !is_root || !name.chars().all(plain) || full.len() > 255
    {
        return Err(Diagnostic::at(&node.span, format!("`{name}` is no name of a systemd unit")).into());
    }
    Ok(full)
}

/// The full name of a unit that can run, which a template cannot.
pub fn running_unit(node: &Node) -> Result<String, Diagnostics> {
    let name = unit_name(node)?;
    if scope::is_template(&name) {
        let instance = name.replace("@.", "@one.");
        let error = Diagnostic::at(&node.span, format!("{name} is a template, of which only instances can run"));
        return Err(error.hint(format!("name one, such as {}", instance.trim_end_matches(".service"))).into());
    }
    Ok(name)
}
