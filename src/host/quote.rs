//! Quoting for the shell: the one place that does it.

use std::borrow::Cow;

/// `text` as one word of a POSIX shell program: plain words stay as they are, anything else is put
/// in single quotes. A NUL byte, which no word can hold, is left out.
pub fn quote(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,@%+".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    let text: Cow<'_, str> = if text.contains('\0') { text.replace('\0', "").into() } else { text.into() };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for (at, piece) in text.split('\'').enumerate() {
        if at > 0 {
            quoted.push_str("'\\''");
        }
        quoted.push_str(piece);
    }
    quoted.push('\'');
    quoted
}

/// A command as it is written in a shell program, and as users read it.
pub fn quote_words<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    words.into_iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::quote;
    use proptest::prelude::*;
    use std::process::Command;

    #[test]
    fn plain_words_stay_readable() {
        assert_eq!(quote("/etc/loki/config.yml"), "/etc/loki/config.yml");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("~root"), "'~root'");
        assert_eq!(quote("a=b"), "'a=b'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("a\0b"), "'ab'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn a_shell_reads_back_what_was_quoted(text in "[^\0]{0,40}") {
            let program = format!("printf %s {}", quote(&text));
            let output = Command::new("sh").args(["-c", &program]).output()?;
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }
}
