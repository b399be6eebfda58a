//! Text to tokens.

use super::Diagnostic;

/// A token and the bytes it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub what: What,
    /// Its first byte.
    pub start: usize,
    /// Its last byte.
    pub end: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A name.
    Name(String),
    /// A string with its quotes.
    Text(String),
    /// A number, boolean or null.
    Literal(String),
    /// An operator or a bracket.
    Sign(&'static str),
    /// The end of a statement.
    Terminator,
    /// The end of the file.
    End,
}

impl What {
    /// The token's name in messages.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(_) => "IDENT",
            Self::Text(_) => "STRING",
            Self::Literal(text) => match text.as_str() {
                "true" | "false" => "BOOL",
                "null" => "null",
                text if text.contains(['.', 'e']) => "FLOAT",
                _ => "NUMBER",
            },
            Self::Sign(sign) => sign,
            Self::Terminator => "TERMINATOR",
            Self::End => "EOF",
        }
    }
}

const SIGNS: &[&str] = &[
    "||", "&&", "==", "!=", "<=", ">=", "{", "}", "(", ")", "[", "]", ",", ".", "=", "!", "<", ">", "+", "-", "*", "/",
    "%", "^",
];

/// Where a comment starts, and its text.
pub type Comment = (usize, String);

/// Reads all tokens, and the comments beside them.
pub fn lex(text: &str) -> Result<(Vec<Token>, Vec<Comment>), Diagnostic> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut comments = Vec::new();
    let mut at = 0;
    // Whether a line's end would end a statement here.
    let mut ends = false;
    while at < text.len() {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { break };
        let mut push = |what, length: usize| tokens.push(Token { what, start: at, end: at + length - 1 });
        let length;
        match c {
            '\n' => {
                if ends {
                    push(What::Terminator, 1);
                    ends = false;
                }
                length = 1;
            }
            ' ' | '\t' | '\r' => length = 1,
            '/' if rest.starts_with("//") => {
                length = rest.find('\n').unwrap_or(rest.len());
                comments.push((at, rest[..length].trim_end().to_owned()));
            }
            '/' if rest.starts_with("/*") => {
                let end = rest.find("*/").ok_or_else(|| Diagnostic::new(at, at, "block comment not terminated"))?;
                length = end + 2;
                comments.push((at, rest[..length].to_owned()));
            }
            '"' => {
                length = string(rest, at)?;
                push(What::Text(rest[..length].to_owned()), length);
                ends = true;
            }
            '`' => {
                let end =
                    rest[1..].find('`').ok_or_else(|| Diagnostic::new(at, at, "raw string literal not terminated"))?;
                length = end + 2;
                push(What::Text(rest[..length].to_owned()), length);
                ends = true;
            }
            '\'' => return Err(Diagnostic::new(at, at, "illegal single-quoted string; use double quotes")),
            c if c.is_ascii_digit() => {
                let number = |c: char| c.is_ascii_alphanumeric() || c == '.';
                length = rest.find(|c| !number(c)).unwrap_or(rest.len());
                push(What::Literal(rest[..length].to_owned()), length);
                ends = true;
            }
            c if c.is_alphabetic() || c == '_' => {
                length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let word = rest[..length].to_owned();
                let literal = ["true", "false", "null"].contains(&word.as_str());
                push(if literal { What::Literal(word) } else { What::Name(word) }, length);
                ends = true;
            }
            c => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| {
                    Diagnostic::new(at, at, format!("illegal character U+{:04X} '{c}'", u32::from(c)))
                })?;
                length = sign.len();
                push(What::Sign(sign), length);
                ends = ["}", ")", "]"].contains(sign);
            }
        }
        at += length;
    }
    if ends {
        tokens.push(Token { what: What::Terminator, start: text.len(), end: text.len() });
    }
    tokens.push(Token { what: What::End, start: text.len(), end: text.len() });
    Ok((tokens, comments))
}

/// The length of the string in double quotes that `rest` begins with.
fn string(rest: &str, at: usize) -> Result<usize, Diagnostic> {
    let mut chars = rest.char_indices().skip(1);
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Ok(index + 1),
            '\n' => break,
            '\\' => match chars.next() {
                Some((_, c)) if "abfnrtv\\\"xuU01234567".contains(c) => {}
                _ => return Err(Diagnostic::new(at + index, at + index, "unknown escape sequence")),
            },
            _ => {}
        }
    }
    Err(Diagnostic::new(at, at, "string literal not terminated"))
}

/// What a string token stands for.
pub fn unquoted(text: &str) -> String {
    if let Some(raw) = text.strip_prefix('`') {
        return raw.strip_suffix('`').unwrap_or(raw).replace('\r', "");
    }
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = chars.next().unwrap_or('\\');
        let digits = match escape {
            'x' => Some((2, 16)),
            'u' => Some((4, 16)),
            'U' => Some((8, 16)),
            '0'..='7' => Some((2, 8)),
            _ => None,
        };
        if let Some((count, radix)) = digits {
            let first = (radix == 8).then_some(escape);
            let code: String = first.into_iter().chain(chars.by_ref().take(count)).collect();
            let code = u32::from_str_radix(&code, radix).ok().and_then(char::from_u32);
            out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            continue;
        }
        out.push(match escape {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            c => c,
        });
    }
    out
}
