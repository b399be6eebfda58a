//! Variables of the environment in a configuration, in the form that Compose has given them.

/// Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and their like; what is not set stays as it is written.
///
/// # Errors
/// What `${NAME:?message}` says of a variable that is not set.
pub fn expanded(text: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(more) = after.strip_prefix('$') {
            out.push('$');
            rest = more;
            continue;
        }
        if let Some(inner) = after.strip_prefix('{') {
            if let Some(end) = closing(inner) {
                match braced(&inner[..end], variable)? {
                    Some(value) => out.push_str(&value),
                    None => out.push_str(&format!("${{{}}}", &inner[..end])),
                }
                rest = &inner[end + 1..];
                continue;
            }
        } else {
            let name = name(after);
            if !name.is_empty() {
                match variable(name) {
                    Some(value) => out.push_str(&value),
                    None => out.push_str(&format!("${name}")),
                }
                rest = &after[name.len()..];
                continue;
            }
        }
        out.push('$');
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the brace closes that has been opened.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            '\n' => return None,
            _ => {}
        }
    }
    None
}

fn name(text: &str) -> &str {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return "";
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

fn braced(inner: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    let name = name(inner);
    let value = variable(name);
    let operator = &inner[name.len()..];
    if name.is_empty() {
        return Ok(None);
    }
    // With a colon, an empty variable is as good as none.
    let (operator, set) = match operator.strip_prefix(':') {
        Some(operator) => (operator, value.as_ref().is_some_and(|value| !value.is_empty())),
        None => (operator, value.is_some()),
    };
    match operator.split_at_checked(1) {
        None => Ok(value),
        Some(("-", _)) if set => Ok(value),
        Some(("-", default)) => expanded(default, variable).map(Some),
        Some(("+", other)) if set => expanded(other, variable).map(Some),
        Some(("+", _)) => Ok(Some(String::new())),
        Some(("?", _)) if set => Ok(value),
        Some(("?", why)) => Err(format!("required variable {name} is missing a value: {why}")),
        Some(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_stays() {
        let variable = |name: &str| match name {
            "SET" => Some("x".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let expanded = |text: &str| expanded(text, &variable);
        assert_eq!(expanded("$SET ${SET}/$NONE ${NONE} ${1} $$SET $").unwrap(), "x x/$NONE ${NONE} ${1} $SET $");
        assert_eq!(expanded("${NONE:-a} ${EMPTY:-b} ${EMPTY-c} ${SET:+d}").unwrap(), "a b  d");
        assert_eq!(expanded("${NONE:?gone}").unwrap_err(), "required variable NONE is missing a value: gone");
    }
}
