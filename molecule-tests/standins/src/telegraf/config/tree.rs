//! TOML as a tree that knows its lines.

use super::environment::expanded;
use toml::de::{DeTable, DeValue};

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
    let line_at = |at: usize| text[..at].matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(span.start.min(text.len())));
        match error.message() {
            why if why.contains("duplicate key") => format!("line {line}: key is in conflict: {why}"),
            _ => format!("line {line}: invalid TOML syntax"),
        }
    })?;
    let identity = |value: &str| if loose { Ok(value.to_owned()) } else { expanded(value, variable) };
    entries(table.get_ref(), &line_at, &identity).map(|value| Node { value, line: 1 })
}

fn entries(
    table: &DeTable<'_>,
    line_at: &impl Fn(usize) -> usize,
    replaced: &impl Fn(&str) -> Result<String, String>,
) -> Result<Value, String> {
    let mut out = Vec::new();
    for (key, value) in table {
        let line = line_at(key.span().start);
        out.push((key.get_ref().to_string(), node(value.get_ref(), line, line_at, replaced)?));
    }
    Ok(Value::Table(out))
}

fn node(
    value: &DeValue<'_>,
    line: usize,
    line_at: &impl Fn(usize) -> usize,
    replaced: &impl Fn(&str) -> Result<String, String>,
) -> Result<Node, String> {
    let value = match value {
        DeValue::String(text) => Value::Text(replaced(text)?),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => return Err(format!("line {line}: invalid TOML syntax")),
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(item.get_ref(), line_at(item.span().start), line_at, replaced));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => entries(table, line_at, replaced)?,
    };
    Ok(Node { value, line })
}
