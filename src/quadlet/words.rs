//! Words in the values of unit files: split and quoted as in systemd.syntax(7).

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// What a backslash does while a value is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// It is a character as any other: lists of units and the like.
    Keep,
    /// It begins an escape as in C: command lines and assignments.
    C,
}

/// The words of a value; quotes hold words together and are taken off.
///
/// # Errors
/// What is wrong with the quoting.
pub fn split(text: &str, escapes: Escapes) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' if escapes == Escapes::C => word.get_or_insert_default().push(unescape(&mut rest)?),
            _ if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ' ' | '\t' | '\n' | '\r' if quote.is_none() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    if let Some(quote) = quote {
        return Err(format!("the quote {quote} is not closed"));
    }
    words.extend(word);
    Ok(words)
}

/// The character that an escape stands for; its backslash has been read.
fn unescape(rest: &mut Peekable<Chars<'_>>) -> Result<char, String> {
    let Some(c) = rest.next() else { return Err("there is nothing behind the last backslash".to_owned()) };
    let (code, length, radix) = match c {
        'a' => return Ok('\x07'),
        'b' => return Ok('\x08'),
        'f' => return Ok('\x0c'),
        'n' => return Ok('\n'),
        'r' => return Ok('\r'),
        't' => return Ok('\t'),
        'v' => return Ok('\x0b'),
        's' => return Ok(' '),
        '\\' | '"' | '\'' => return Ok(c),
        'x' => (String::new(), 2, 16),
        'u' => (String::new(), 4, 16),
        'U' => (String::new(), 8, 16),
        '0'..='7' => (c.to_string(), 3, 8),
        _ => return Err(format!("`\\{c}` is no escape")),
    };
    let mut code = code;
    while code.len() < length {
        match rest.next_if(|next| next.is_digit(radix)) {
            Some(digit) => code.push(digit),
            None => return Err(format!("`\\{c}` needs {length} digits")),
        }
    }
    let number = u32::from_str_radix(&code, radix).ok().filter(|&number| number != 0 && (radix == 16 || number < 256));
    number.and_then(char::from_u32).ok_or_else(|| format!("`\\{c}` stands for no character"))
}

/// A word as it is written in a command line: quoted where it must be.
pub fn quote(word: &str) -> String {
    let special = |c: char| c.is_ascii() && (c.is_ascii_control() || matches!(c, ' ' | '"' | '\'' | '\\'));
    // readers that trim take off blanks of other scripts too
    if !word.is_empty() && !word.contains(|c: char| special(c) || c.is_whitespace()) {
        return word.to_owned();
    }
    let mut quoted = String::from('"');
    for c in word.chars() {
        match c {
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            '\x0c' => quoted.push_str("\\f"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\'' => quoted.push('\''),
            ' ' => quoted.push(' '),
            _ if special(c) => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A command line of these words.
pub fn join<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}
