//! Annotated CSV.

use super::table::Table;

/// How an answer is written.
#[derive(Debug, Clone)]
pub struct Dialect {
    /// Whether the names of the columns are written.
    pub header: bool,
    /// Between two columns.
    pub delimiter: char,
    /// `datatype`, `group` and `default`, in the order in which they are written.
    pub annotations: Vec<String>,
}

/// Writes results, each with its name.
pub fn write(results: &[(String, Vec<Table>)], dialect: &Dialect) -> String {
    let mut text = String::new();
    for (name, tables) in results {
        result(&mut text, name, tables, dialect);
        text.push_str("\r\n");
    }
    text
}

fn result(text: &mut String, name: &str, tables: &[Table], dialect: &Dialect) {
    let mut last = None;
    let defaults = dialect.annotations.iter().any(|annotation| annotation == "default");
    for (number, table) in tables.iter().enumerate() {
        let types: Vec<&str> = (0..table.columns.len()).map(|index| table.datatype(index)).collect();
        let schema = (table.columns.clone(), types.clone(), table.group.clone());
        if last.as_ref() != Some(&schema) {
            if last.is_some() {
                text.push_str("\r\n");
            }
            let columns = table.columns.iter().map(String::as_str);
            for annotation in &dialect.annotations {
                match annotation.as_str() {
                    "datatype" => {
                        let types = ["#datatype", "string", "long"].into_iter().chain(types.iter().copied());
                        row(text, types, dialect.delimiter);
                    }
                    "group" => {
                        let grouped = table.columns.iter().map(|column| table.group.contains(column));
                        let grouped = grouped.map(|grouped| if grouped { "true" } else { "false" });
                        row(text, ["#group", "false", "false"].into_iter().chain(grouped), dialect.delimiter);
                    }
                    _ => {
                        let nothing = columns.clone().map(|_| "");
                        row(text, ["#default", name, ""].into_iter().chain(nothing), dialect.delimiter);
                    }
                }
            }
            if dialect.header {
                row(text, ["", "result", "table"].into_iter().chain(columns), dialect.delimiter);
            }
            last = Some(schema);
        }
        for values in &table.rows {
            let values = values.iter().map(|value| value.as_ref().map(ToString::to_string).unwrap_or_default());
            let first = [String::new(), if defaults { String::new() } else { name.to_owned() }, number.to_string()];
            row(text, first.into_iter().chain(values), dialect.delimiter);
        }
    }
}

fn row(text: &mut String, values: impl Iterator<Item = impl AsRef<str>>, delimiter: char) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(delimiter);
        }
        let value = value.as_ref();
        if value.starts_with([' ', '\t']) || value.contains([delimiter, '"', '\r', '\n']) {
            text.push_str(&format!("\"{}\"", value.replace('"', "\"\"").replace('\n', "\r\n")));
        } else {
            text.push_str(value);
        }
    }
    text.push_str("\r\n");
}
