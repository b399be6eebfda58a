//! TOML as a tree that knows its lines.

use super::environment::expanded;
use super::syntax::{self, Field, Table};

/// A value and the line that its key stands on.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Counted from one.
    pub line: usize,
}

/// What a node is.
#[derive(Debug, Clone)]
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
    /// A list; tables with two brackets are one, too.
    List(Vec<Node>),
    /// Keys in their order.
    Table(Vec<(String, Node)>),
}

impl Value {
    /// What Go's TOML calls it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Integer(_) => "integer",
            Self::Float(_) => "float",
            Self::Flag(_) => "boolean",
            Self::Date => "datetime",
            Self::List(_) => "array",
            Self::Table(_) => "table",
        }
    }
}

impl Node {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    /// The keys of a table.
    pub fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The nodes of a list.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A string.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The string of a key.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The strings of a key: a list, or one alone.
    pub fn texts_of(&self, key: &str) -> Vec<String> {
        let Some(node) = self.get(key) else { return Vec::new() };
        match &node.value {
            Value::Text(text) => vec![text.clone()],
            _ => node.items().iter().filter_map(Self::text).map(str::to_owned).collect(),
        }
    }

    /// The truth of a key.
    pub fn flag_of(&self, key: &str) -> Option<bool> {
        match self.get(key)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The whole number of a key.
    pub fn number_of(&self, key: &str) -> Option<i64> {
        match self.get(key)?.value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The strings of the table of a key, by their names.
    pub fn map_of(&self, key: &str) -> Vec<(String, String)> {
        let entries = self.get(key).map(Self::entries).unwrap_or_default().iter();
        entries.filter_map(|(name, node)| Some((name.clone(), node.text()?.to_owned()))).collect()
    }
}

/// Reads a file, with variables in its strings replaced; `loose`: everywhere.
///
/// # Errors
/// The first syntax error in Telegraf's words.
pub fn read(text: &str, loose: bool, variable: &impl Fn(&str) -> Option<String>) -> Result<Node, String> {
    let replaced;
    let mut text = text;
    if loose {
        replaced = expanded(text, variable)?;
        text = &replaced;
    }
    let identity = |value: &str| if loose { Ok(value.to_owned()) } else { expanded(value, variable) };
    Ok(Node { value: table(&syntax::parse(text)?, &identity)?, line: 1 })
}

fn table(table: &Table, replaced: &impl Fn(&str) -> Result<String, String>) -> Result<Value, String> {
    let node = |found: &Table| Ok::<_, String>(Node { value: self::table(found, replaced)?, line: found.line });
    let mut out = Vec::new();
    for (key, field) in &table.fields {
        out.push((
            key.clone(),
            match field {
                Field::Value(found, line) => Node { value: value(found, *line, replaced)?, line: *line },
                Field::Table(found) => node(found)?,
                Field::Tables(tables) => Node {
                    value: Value::List(tables.iter().map(node).collect::<Result<_, _>>()?),
                    line: tables.first().map_or(1, |table| table.line),
                },
            },
        ));
    }
    Ok(Value::Table(out))
}

fn value(
    found: &syntax::Value,
    line: usize,
    replaced: &impl Fn(&str) -> Result<String, String>,
) -> Result<Value, String> {
    Ok(match found {
        syntax::Value::Text(text) => Value::Text(replaced(text)?),
        syntax::Value::Integer(number) => Value::Integer(*number),
        syntax::Value::Float(number) => Value::Float(*number),
        syntax::Value::Flag(flag) => Value::Flag(*flag),
        syntax::Value::Date => Value::Date,
        syntax::Value::List(items) => {
            let node = |item| Ok::<_, String>(Node { value: value(item, line, replaced)?, line });
            Value::List(items.iter().map(node).collect::<Result<_, _>>()?)
        }
    })
}
