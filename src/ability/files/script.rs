//! `%s` in a shell text: the staged file, as one word whatever its path is.

/// How a place in a shell text is quoted.
#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    None,
    Single,
    Double,
    Backticks,
}

/// The text with its first argument in place of each `%s`.
pub(super) fn with_argument(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut within = vec![Quotes::None];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let now = within.last().copied().unwrap_or(Quotes::None);
        let taken = match (now, c) {
            (_, '%') if rest.starts_with("%s") => {
                out.push_str(match now {
                    Quotes::None | Quotes::Backticks => "\"$1\"",
                    Quotes::Double => "${1}",
                    Quotes::Single => "'\"$1\"'",
                });
                rest = &rest[2..];
                continue;
            }
            (Quotes::Single, '\'') | (Quotes::Double, '"') | (Quotes::Backticks, '`') => {
                within.pop();
                1
            }
            (Quotes::Single, _) => c.len_utf8(),
            (_, '\\') => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (Quotes::None | Quotes::Backticks, '\'') => {
                within.push(Quotes::Single);
                1
            }
            (Quotes::None | Quotes::Backticks, '"') => {
                within.push(Quotes::Double);
                1
            }
            (Quotes::None | Quotes::Double, '`') => {
                within.push(Quotes::Backticks);
                1
            }
            // what a command in parentheses says is quoted anew
            (_, '$') if rest.starts_with("$(") => {
                within.push(Quotes::None);
                2
            }
            (Quotes::None, '(') => {
                within.push(Quotes::None);
                1
            }
            (Quotes::None, ')') if within.len() > 1 => {
                within.pop();
                1
            }
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::with_argument;
    use proptest::prelude::*;
    use std::process::Command;

    #[test]
    fn it_is_one_word_however_the_text_quotes_it() {
        assert_eq!(with_argument("visudo -cf %s"), r#"visudo -cf "$1""#);
        assert_eq!(with_argument(r#"a "x %s" 'y %s' \"%s"#), r#"a "x ${1}" 'y '"$1"'' \""$1""#);
        assert_eq!(with_argument(r#"a "$(b %s "%s")" (c %s)"#), r#"a "$(b "$1" "${1}")" (c "$1")"#);
        assert_eq!(with_argument("no file, 50%"), "no file, 50%");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_shell_sees_the_path(path in "/[a b'\"$`\\\\*();&|\n]{0,12}") {
            for text in ["p %s", "p \"%s\"", "p '%s'", "p \"$(p %s)\"", "p \"$(p \"%s\")\"", "p \"`p %s`\"", "x=%s; p \"$x\"", "(p %s)"] {
                let script = format!("p() {{ printf '%s.' \"$1\"; }}; {}", with_argument(text));
                let said = Command::new("sh").args(["-c", &script, "sh", &path]).output().unwrap();
                let said = String::from_utf8_lossy(&said.stdout).into_owned();
                prop_assert_eq!(said.trim_end_matches('.'), path.as_str(), "{}", script);
            }
        }
    }
}
