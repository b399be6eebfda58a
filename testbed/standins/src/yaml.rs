//! YAML as a tree that knows its lines.

use granit_parser::{Event, Parser, ScalarStyle, StrInput};

/// A value and the line that it begins on.
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
    /// Text, and whether it stands in quotes.
    Scalar(String, bool),
    /// A list.
    List(Vec<Node>),
    /// Keys in their order, each with its line.
    Map(Vec<(String, usize, Node)>),
}

impl Node {
    /// Whether it is nothing: YAML's null.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(text, false) if ["", "~", "null", "Null", "NULL"].contains(&text.as_str()))
    }

    /// The node that a dotted path leads to.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, key| match &node.value {
            Value::Map(entries) => entries.iter().find(|(known, ..)| known == key).map(|(.., value)| value),
            _ => None,
        })
    }

    /// The text of the scalar that a dotted path leads to, unless that is nothing.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).filter(|node| !node.is_null())?.scalar()
    }

    /// The same, where nothing is the empty text, as it is to a program that has told its defaults before it reads.
    pub fn told(&self, path: &str) -> Option<&str> {
        self.at(path).map(|node| if node.is_null() { "" } else { node.scalar().unwrap_or_default() })
    }

    /// Its text, if it is a scalar.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }
}

/// Reads one document; an empty one is null.
///
/// # Errors
/// The first syntax error, as Go's YAML says it.
pub fn read(text: &str) -> Result<Node, String> {
    let mut reader = Reader { events: Parser::new_from_str(text), line: 1 };
    loop {
        match reader.next()? {
            Event::StreamEnd => return Ok(Node { value: Value::Scalar(String::new(), false), line: 1 }),
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            event => return reader.node(event),
        }
    }
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    line: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, String> {
        loop {
            match self.events.next_event() {
                None => return Ok(Event::StreamEnd),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, place))) => {
                    self.line = place.start.line();
                    return Ok(event);
                }
                Some(Err(error)) => return Err(format!("yaml: line {}: {}", error.marker().line(), error.info())),
            }
        }
    }

    fn node(&mut self, event: Event<'t>) -> Result<Node, String> {
        let line = self.line;
        let value = match event {
            Event::Scalar(text, style, ..) => Value::Scalar(text.into_owned(), style != ScalarStyle::Plain),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd | Event::StreamEnd => break Value::List(items),
                        event => items.push(self.node(event)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut entries: Vec<(String, usize, Node)> = Vec::new();
                loop {
                    let key = match self.next()? {
                        Event::MappingEnd | Event::StreamEnd => break Value::Map(entries),
                        event => self.node(event)?,
                    };
                    let Value::Scalar(name, _) = key.value else {
                        return Err(format!("yaml: line {}: invalid map key", key.line));
                    };
                    if let Some((_, first, _)) = entries.iter().find(|(known, ..)| *known == name) {
                        return Err(format!(
                            "yaml: unmarshal errors:\n  line {}: mapping key {name:?} already defined at line {first}",
                            key.line
                        ));
                    }
                    let event = self.next()?;
                    entries.push((name, key.line, self.node(event)?));
                }
            }
            _ => return Err(format!("yaml: line {line}: the stand-in does not know anchors and aliases")),
        };
        Ok(Node { value, line })
    }
}
