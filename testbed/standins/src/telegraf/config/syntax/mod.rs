//! TOML by the rules of the parser that Telegraf 1.39 and 1.40 are built with, `influxdata/toml`: older and stricter than
//! TOML 1.0 (no quotes in texts over several lines, no keys in single quotes), and with tables in lists that get lost.

mod grammar;
mod tables;

use grammar::{Reader, Section};
use tables::Builder;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A fraction.
    Float(f64),
    /// True or false.
    Flag(bool),
    /// A date or a time.
    Date,
    /// A list.
    List(Vec<Value>),
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// A value, and the line of its key.
    Value(Value, usize),
    /// A table.
    Table(Table),
    /// Tables with two brackets.
    Tables(Vec<Table>),
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Its keys in their order.
    pub fields: Vec<(String, Field)>,
    /// The line of its header.
    pub line: usize,
    /// Whether it has a header of its own.
    told: bool,
}

impl Table {
    /// What a key stands for.
    pub fn get(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|(known, _)| known == key).map(|(_, field)| field)
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|(known, _)| known == key).map(|(_, field)| field)
    }
}

/// Reads a text.
///
/// # Errors
/// The first thing that is wrong, in the parser's words.
pub fn parse(text: &str) -> Result<Table, String> {
    let text = without_comments(text);
    let mut reader = Reader::new(&text);
    let mut sections = vec![reader.section()];
    while reader.newline() {
        sections.push(reader.section());
    }
    if let Some(line) = reader.wrong() {
        return Err(format!("line {line}: invalid TOML syntax"));
    }
    let mut builder = Builder::default();
    for Section { header, entries } in sections {
        let place = |at: usize, why: String| format!("line {}: {why}", reader.line(at));
        if let Some(header) = &header {
            builder.line = reader.line(header.at);
            builder.header(header).map_err(|why| place(header.at, why))?;
        }
        for entry in entries {
            let at = entry.at;
            builder.line = reader.line(at);
            builder.entry(entry).map_err(|why| place(at, why))?;
        }
        builder.current()?.told |= header.is_some();
    }
    Ok(builder.root)
}

/// Telegraf takes the comments away before it parses.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '"' | '\'' => quoted(rest, first),
            other => other.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// How long the text in quotes is that `text` begins with.
fn quoted(text: &str, quote: char) -> usize {
    let three = text.chars().take(3).filter(|&c| c == quote).count() == 3;
    let start = if three { 3 } else { 1 };
    let mut letters = text[start..].char_indices();
    while let Some((at, letter)) = letters.next() {
        let end = start + at + letter.len_utf8();
        match letter {
            '\\' if quote == '"' => drop(letters.next()),
            '\n' if !three => return end,
            _ if letter != quote => {}
            _ if !three => return end,
            _ if text[end..].chars().take(2).filter(|&c| c == quote).count() == 2 => return end + 2,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        parse(text).map_or_else(|why| why, |table| of_table(&table))
    }

    fn of_table(table: &Table) -> String {
        let all = |tables: &[Table]| tables.iter().map(of_table).collect::<Vec<_>>().join(",");
        let fields = table.fields.iter().map(|(key, field)| match field {
            Field::Value(value, _) => format!("{key:?}:{}", of_value(value)),
            Field::Table(table) => format!("{key:?}:{}", of_table(table)),
            Field::Tables(tables) => format!("{key:?}:[{}]", all(tables)),
        });
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }

    fn of_value(value: &Value) -> String {
        match value {
            Value::Text(text) => format!("{text:?}"),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
            Value::Date => "date".to_owned(),
            Value::List(items) => format!("[{}]", items.iter().map(of_value).collect::<Vec<_>>().join(",")),
        }
    }

    /// What `influxdata/toml` of 2025-11-06 says to the same texts.
    #[test]
    fn as_the_parser_itself() {
        for (text, said) in [
            ("a = \"x\\\"y\"\n", r#"{"a":"x\"y"}"#),
            ("a = \"\"\"\nx \"q\" y\nz\"\"\"\n", "line 2: invalid TOML syntax"),
            ("a = \"\"\"\nx\ny\"\"\"\n", r#"{"a":"x\ny"}"#),
            ("a = '''\nx \"q\"\n'''\n", r#"{"a":"x \"q\"\n"}"#),
            ("'a b' = 1\n", "line 1: invalid TOML syntax"),
            ("\"a\\\"b\" = 1\n", r#"{"a\"b":1}"#),
            ("[x.\"a.b\"]\nc=1\n", r#"{"x":{"a.b":{"c":1}}}"#),
            ("a = \"x\ty\"\n", "line 1: invalid TOML syntax"),
            ("a = \"\\/\"\n", "line 1: invalid syntax"),
            ("a = \"\\e\"\n", "line 1: invalid TOML syntax"),
            ("a = 1.0\nb = 1e5\nc = -0\n", r#"{"a":1,"b":100000,"c":0}"#),
            ("a = inf\n", "line 1: invalid TOML syntax"),
            ("a = 0x10\n", "line 1: invalid TOML syntax"),
            ("a.b = 1\n", "line 1: invalid TOML syntax"),
            ("a = [[1], [\"x\"], 1.5]\n", r#"{"a":[[1],["x"],1.5]}"#),
            ("a = [\n  \"x\", # why\n  \"y\",\n]\n", r#"{"a":["x","y"]}"#),
            ("a = {b = 1, c = \"x\"}\n", r#"{"a":{"b":1,"c":"x"}}"#),
            ("a = [1, {b = 1}]\n", r#"{"a":[{"b":1}]}"#),
            ("a = [{b=1}, {}, 1, [2]]\nc=1\n", r#"{"a":[{"b":1},{}],"c":1}"#),
            ("x = { a = { b = {c=1}}, d = 1 }\n", r#"{"x":{"a":{"b":{"c":1}},"d":1}}"#),
            ("[[a]]\n[[a.b]]\nc=1\n[a.d]\n[[a]]\n", r#"{"a":[{"b":[{"c":1}],"d":{}},{}]}"#),
            ("[a]\n[a.b]\nc=1\n[a]\n", "line 4: table `a' is in conflict with table in line 1"),
            ("[a]\nb = 1\nb = 2\n", "line 3: key `b' is in conflict with line 2"),
            ("a = \"abc\" # c\n", r#"{"a":"abc"}"#),
            ("a = 9223372036854775808\n", "line 1: invalid syntax"),
            ("d = 2024-01-01T00:00:00Z\n", r#"{"d":date}"#),
        ] {
            assert_eq!(shown(text), said, "{text}");
        }
    }
}
