//! Reads a mapping by its declaration: what is not declared cannot be read.

use super::Schema;
use crate::source::{Diagnostics, Span};
use crate::yaml::{Entry, Fields, Node};

/// The keys of one mapping, taken one after another, each of which its [`Schema`] has.
pub struct Arguments<'n> {
    fields: Fields<'n>,
    schema: &'static Schema,
}

impl<'n> Arguments<'n> {
    /// Starts on `node`, which must be a mapping.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(node: &'n Node, schema: &'static Schema) -> Result<Self, Diagnostics> {
        Self::called(node, schema, schema.what)
    }

    /// The same under another name in errors.
    ///
    /// # Errors
    /// When it is no mapping.
    pub fn called(node: &'n Node, schema: &'static Schema, what: &str) -> Result<Self, Diagnostics> {
        Ok(Self { fields: Fields::new(node, what)?, schema })
    }

    /// The entry of `key`, if it is there and not null.
    pub fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        let declared = self.schema.argument(key).is_some();
        debug_assert!(declared, "`{key}` is not declared for {}", self.schema.what);
        if declared { self.fields.entry(key) } else { None }
    }

    /// The value of `key`, if it is there and not null.
    pub fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of `key`, which must be there.
    pub fn required(&mut self, key: &'static str) -> Option<&'n Node> {
        match self.get(key) {
            None => self.fields.required(key),
            found => found,
        }
    }

    /// Converts a value with one of [`Node`]'s readers, noting its error.
    pub fn read<T>(
        &mut self,
        node: Option<&'n Node>,
        reader: impl FnOnce(&'n Node) -> Result<T, Diagnostics>,
    ) -> Option<T> {
        self.fields.read(node, reader)
    }

    /// Optional text.
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        let node = self.get(key);
        self.read(node, Node::string)
    }

    /// Optional text that says something if it is there.
    pub fn filled(&mut self, key: &'static str) -> Option<String> {
        let node = self.get(key);
        self.read(node, Node::filled)
    }

    /// Text that must be there.
    pub fn required_string(&mut self, key: &'static str) -> Option<String> {
        let node = self.required(key);
        self.read(node, Node::string)
    }

    /// An optional truth value.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let node = self.get(key);
        self.read(node, Node::boolean)
    }

    /// An optional whole number.
    pub fn integer(&mut self, key: &'static str) -> Option<i64> {
        let node = self.get(key);
        self.read(node, Node::integer)
    }

    /// Optional texts: a list, or one text alone.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        let node = self.get(key);
        self.read(node, Node::strings)
    }

    /// The tags of something: a list, or names separated by commas.
    pub fn tags(&mut self) -> Vec<String> {
        self.get("tags");
        self.fields.tags()
    }

    /// Notes an error.
    pub fn error(&mut self, error: impl Into<Diagnostics>) {
        self.fields.error(error);
    }

    /// Where the mapping stands.
    pub fn span(&self) -> &Span {
        self.fields.span()
    }

    /// Ends like [`Arguments::finish`]; gives what was read, which is only missing where an error was noted.
    ///
    /// # Errors
    /// All that was wrong in this mapping.
    pub fn finish_with<T>(self, read: Option<T>) -> Result<T, Diagnostics> {
        self.fields.finish_with(read)
    }

    /// Reports every key that nobody asked for, with the nearest known one.
    ///
    /// # Errors
    /// All that was wrong in this mapping.
    pub fn finish(self) -> Result<(), Diagnostics> {
        self.fields.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Argument, Shape};
    use crate::source::SourceFile;
    use crate::yaml;

    static SCHEMA: Schema = Schema::new("a thing", &[Argument::new("known", Shape::Text, "what is known")]);

    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "`other` is not declared for a thing"))]
    fn what_is_not_declared_cannot_be_read() {
        let node = yaml::parse(&SourceFile::named("file.yml", "{ known: a, other: b }")).unwrap();
        let mut arguments = Arguments::new(&node, &SCHEMA).unwrap();
        assert_eq!(arguments.string("known").as_deref(), Some("a"));
        assert_eq!(arguments.string("other"), None);
        assert!(arguments.finish().unwrap_err().to_string().contains("unknown key `other` in a thing"));
    }
}
