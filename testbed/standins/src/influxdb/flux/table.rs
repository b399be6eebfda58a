//! Tables, as Flux has them: rows that have the same values in the columns of their group.

use super::super::value::Value;

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The columns that all rows have the same values in.
    pub group: Vec<String>,
    /// The rows; every one has as many values as there are columns.
    pub rows: Vec<Vec<Option<Value>>>,
}

impl Table {
    /// Where a column is.
    pub fn index(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known == column)
    }

    /// A value of the group.
    pub fn key(&self, column: &str) -> Option<&Value> {
        let index = self.index(column)?;
        self.rows.first()?.get(index)?.as_ref()
    }

    /// Leaves only the columns that `keep` picks.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let kept: Vec<bool> = self.columns.iter().map(|column| keep(column)).collect();
        let of = |index: &usize| kept.get(*index).copied().unwrap_or_default();
        for row in &mut self.rows {
            let values = std::mem::take(row).into_iter().enumerate();
            *row = values.filter(|(index, _)| of(index)).map(|(_, value)| value).collect();
        }
        self.columns.retain(|column| keep(column));
        self.group.retain(|column| keep(column));
    }

    /// What type a column has, if any of its values has one.
    pub fn datatype(&self, index: usize) -> &'static str {
        let value = self.rows.iter().find_map(|row| row.get(index)?.as_ref());
        value.map_or("string", Value::datatype)
    }
}
