//! Tables, filled as the parser fills them.

use super::grammar::{Entry, Header, Raw};
use super::{Field, Table, Value};

/// The tables so far.
#[derive(Default)]
pub struct Builder {
    pub root: Table,
    /// Where entries go.
    path: Vec<String>,
    pub line: usize,
    /// How many lists are open.
    lists: usize,
    /// The value that was read last; a table is none.
    value: Option<Value>,
    /// Whether a table was read last, which stands where it belongs already.
    skip: bool,
}

fn below<'t>(table: &'t mut Table, path: &[String], line: usize) -> Result<&'t mut Table, String> {
    let Some((name, rest)) = path.split_first() else { return Ok(table) };
    let at = table.fields.iter().position(|(known, _)| known == name).unwrap_or(table.fields.len());
    if at == table.fields.len() {
        table.fields.push((name.clone(), Field::Table(Table { line, ..Table::default() })));
    }
    match &mut table.fields[at].1 {
        Field::Table(inner) => below(inner, rest, line),
        Field::Tables(inner) => below(inner.last_mut().ok_or("no table")?, rest, line),
        Field::Value(_, line) => Err(format!("key `{name}' is in conflict with line {line}")),
    }
}

impl Builder {
    pub fn current(&mut self) -> Result<&mut Table, String> {
        below(&mut self.root, &self.path, self.line)
    }

    pub fn header(&mut self, header: &Header) -> Result<(), String> {
        let Some((last, parents)) = header.names.split_last() else { return Ok(()) };
        self.path = parents.to_vec();
        self.table(last, header.double, &header.names.join("."))
    }

    /// A new table in the present one, which becomes the present one.
    fn table(&mut self, key: &str, double: bool, name: &str) -> Result<(), String> {
        let mut table = Table { line: self.line, ..Table::default() };
        let parent = self.current()?;
        let what = if double { "array table" } else { "table" };
        match (parent.get_mut(key), double) {
            (None, true) => parent.fields.push((key.to_owned(), Field::Tables(vec![table]))),
            (None, false) => parent.fields.push((key.to_owned(), Field::Table(table))),
            (Some(Field::Tables(tables)), true) => tables.push(table),
            (Some(Field::Table(old)), false) if !old.told => {
                table.fields = std::mem::take(&mut old.fields);
                *old = table;
            }
            (Some(Field::Tables(tables)), false) => {
                let line = tables.first().map_or(0, |table| table.line);
                return Err(format!("table `{name}' is in conflict with array table in line {line}"));
            }
            (Some(Field::Table(old)), _) => {
                return Err(format!("{what} `{name}' is in conflict with table in line {}", old.line));
            }
            (Some(Field::Value(_, line)), _) => {
                return Err(format!("{what} `{name}' is in conflict with line {line}"));
            }
        }
        self.path.push(key.to_owned());
        Ok(())
    }

    pub fn entry(&mut self, entry: Entry) -> Result<(), String> {
        self.take(entry.value, &entry.key)?;
        if std::mem::take(&mut self.skip) {
            return Ok(());
        }
        let (key, value, line) = (entry.key, self.value.clone(), self.line);
        let table = self.current()?;
        match table.get(&key) {
            None => table.fields.extend(value.map(|value| (key, Field::Value(value, line)))),
            Some(Field::Value(_, line)) => return Err(format!("key `{key}' is in conflict with line {line}")),
            Some(Field::Table(table)) => {
                return Err(format!("key `{key}' is in conflict with table in line {}", table.line));
            }
            Some(Field::Tables(_)) => {
                return Err(format!("BUG: key `{key}' is in conflict but it's unknown type `[]*ast.Table'"));
            }
        }
        Ok(())
    }

    fn take(&mut self, value: Raw, key: &str) -> Result<(), String> {
        match value {
            Raw::Value(value) => self.value = Some(value),
            Raw::Wrong => return Err("invalid syntax".to_owned()),
            Raw::List(items) => {
                self.lists += 1;
                let mut list = Vec::new();
                for item in items {
                    self.take(item, key)?;
                    list.extend(self.value.clone());
                }
                self.lists -= 1;
                self.value = Some(Value::List(list));
            }
            Raw::Inline(entries) => {
                self.skip = false;
                self.table(key, self.lists > 0, key)?;
                for entry in entries {
                    self.entry(entry)?;
                }
                self.path.pop();
                self.skip = true;
            }
        }
        Ok(())
    }
}
