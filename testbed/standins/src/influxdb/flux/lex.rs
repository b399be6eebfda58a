//! Flux as words.

use jiff::Timestamp;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A name or a keyword.
    Name(String),
    /// `"text"`
    Text(String),
    /// `1`
    Integer(i64),
    /// `1.0`
    Float(f64),
    /// `1h30m`, in nanoseconds.
    Duration(i64),
    /// `2026-01-01T00:00:00Z`, in nanoseconds since 1970.
    Time(i64),
    /// `/expression/`
    Regex(String),
    /// A sign: `|>`, `==`, `(`.
    Sign(&'static str),
    /// After the last word.
    End,
}

/// Signs, those first that begin with others.
const SIGNS: &[&str] = &[
    "|>", "=>", "==", "!=", "=~", "!~", "<=", ">=", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "-",
    "+", "*", "/", "%", "^",
];

const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Cuts a query into words, each with the place where it begins: `line:column`.
///
/// # Errors
/// A character that begins no word, with its place.
pub fn words(text: &str) -> Result<Vec<(Token, String)>, String> {
    let mut found: Vec<(Token, String)> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(char::is_whitespace) {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let place = place(text, at);
        let expression = matches!(found.last(), Some((Token::Sign("=~" | "!~"), _))) && rest.starts_with('/');
        let (token, length) =
            if expression { regex(rest) } else { word(rest) }.map_err(|why| format!("error @{place}: {why}"))?;
        found.push((token, place));
        at += length;
    }
    found.push((Token::End, place(text, text.len())));
    Ok(found)
}

fn place(text: &str, at: usize) -> String {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = at - before.rfind('\n').map_or(0, |end| end + 1) + 1;
    format!("{line}:{column}")
}

fn word(rest: &str) -> Result<(Token, usize), String> {
    let first = rest.chars().next().unwrap_or_default();
    if first == '"' {
        return string(rest);
    }
    if first.is_alphabetic() || first == '_' {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return Ok((Token::Name(rest[..end].to_owned()), end));
    }
    if first.is_ascii_digit() {
        return number(rest);
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
    sign.map(|sign| (Token::Sign(sign), sign.len())).ok_or_else(|| format!("illegal character {first:?}"))
}

fn string(rest: &str) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(text), at + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, c @ ('"' | '\\' | '$'))) => text.push(c),
                _ => return Err("invalid escape sequence in string literal".to_owned()),
            },
            '$' if rest[at + 1..].starts_with('{') => {
                return Err("the stand-in does not know ${...} in text".to_owned());
            }
            c => text.push(c),
        }
    }
    Err("unterminated string literal".to_owned())
}

fn regex(rest: &str) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '/' => return Ok((Token::Regex(text), at + 1)),
            '\\' => match chars.next() {
                Some((_, '/')) => text.push('/'),
                Some((_, c)) => text.extend(['\\', c]),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err("unterminated regex literal".to_owned())
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let end = rest.find(|c: char| !c.is_alphanumeric() && !".:+-µ".contains(c)).unwrap_or(rest.len());
    let whole = &rest[..end];
    // A time has a date before it; what only looks like one is a subtraction.
    if whole.len() >= 10 && whole.as_bytes()[4] == b'-' && whole.as_bytes()[7] == b'-' {
        let text = if whole.len() == 10 { format!("{whole}T00:00:00Z") } else { whole.to_owned() };
        let time: Timestamp = text.parse().map_err(|_| format!("invalid time literal {whole}"))?;
        let time = i64::try_from(time.as_nanosecond()).map_err(|_| format!("invalid time literal {whole}"))?;
        return Ok((Token::Time(time), end));
    }
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut at = digits(rest);
    if rest[at..].starts_with('.') && digits(&rest[at + 1..]) > 0 {
        let end = at + 1 + digits(&rest[at + 1..]);
        return rest[..end].parse().map(|number| (Token::Float(number), end)).map_err(|_| "invalid float".to_owned());
    }
    let unit = |text: &str| text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    if unit(&rest[at..]) == 0 {
        let number = rest[..at].parse().map_err(|_| format!("invalid integer literal {:?}", &rest[..at]))?;
        return Ok((Token::Integer(number), at));
    }
    let (mut total, mut start) = (0i64, 0);
    loop {
        let end = at + unit(&rest[at..]);
        let name = &rest[at..end];
        let length = UNITS.iter().find(|(known, _)| *known == name).map(|(_, length)| *length);
        let length = length.ok_or_else(|| format!("the stand-in does not know the unit {name:?} of a duration"))?;
        let count: i64 = rest[start..at].parse().map_err(|_| "invalid duration".to_owned())?;
        total = count.checked_mul(length).and_then(|part| total.checked_add(part)).ok_or("invalid duration")?;
        start = end;
        at = end + digits(&rest[end..]);
        if at == start || unit(&rest[at..]) == 0 {
            return Ok((Token::Duration(total), start));
        }
    }
}
