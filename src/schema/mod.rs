//! What may be written, declared once for each mapping: its keys, with their types and what they mean. The readers ask
//! for nothing else ([`Arguments`]), the pages list it, and editors get it as JSON Schema (`json.rs`).

mod arguments;
pub(crate) mod json;

pub use arguments::Arguments;

/// A mapping whose keys are known.
#[derive(Debug)]
pub struct Schema {
    /// What errors call it: "file", "a step".
    pub what: &'static str,
    /// Its keys, in the order of the documentation.
    pub arguments: &'static [Argument],
    /// Keys of which one must be there.
    pub one_of: Option<OneOf>,
}

/// Keys of which one must be there.
#[derive(Debug, Clone, Copy)]
pub struct OneOf {
    /// Which ones.
    pub names: &'static [&'static str],
    /// Whether they exclude each other.
    pub exactly: bool,
    /// What errors say beside it: a label, and a hint.
    pub why: Option<(&'static str, &'static str)>,
}

/// A key of a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub shape: Shape,
    /// What it means.
    pub help: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it is where it is not there.
    pub default: Option<&'static str>,
    /// Whether it names the resource.
    pub identity: bool,
    /// Whether it is part of what has to be known to remove the resource, and can be without its content.
    pub lasts: bool,
    /// Whether no process is started with it, and it names nothing: what is in files, and what is handed over unseen.
    pub unseen: bool,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Text; numbers and truth values count as what they print.
    Text,
    /// Text that says something; nothing that only prints as text.
    String,
    /// An absolute path.
    Path,
    /// Permission bits.
    Mode,
    /// A length of time.
    Duration,
    /// A whole number.
    Number {
        /// The smallest.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// True or false.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list that is run as it is, or a text for a shell.
    Command,
    /// An expression over values.
    Expression,
    /// When something applies: an expression, a truth value, or a list of these.
    Condition,
    /// Anything.
    Any,
    /// A list, or one alone.
    Several(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// Names with values.
    Map(&'static Shape),
    /// A mapping whose keys are known.
    Mapping(&'static Schema),
    /// One of these.
    Either(&'static [Shape]),
    /// What has a definition of its own in the JSON Schema.
    Defined(&'static str),
}

impl Argument {
    /// A key that may be left out.
    pub const fn new(name: &'static str, shape: Shape, help: &'static str) -> Self {
        Self { name, shape, help, required: false, default: None, identity: false, lasts: false, unseen: false }
    }

    /// It must be there.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// What it is where it is left out.
    pub const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// It names the resource, and so is known without content.
    pub const fn identity(self) -> Self {
        Self { identity: true, lasts: true, ..self }
    }

    /// It is known without content, and needed to remove the resource.
    pub const fn lasts(self) -> Self {
        Self { lasts: true, ..self }
    }

    /// Nobody on the host sees it.
    pub const fn unseen(self) -> Self {
        Self { unseen: true, ..self }
    }

    /// The same with another meaning.
    pub const fn meaning(self, help: &'static str) -> Self {
        Self { help, ..self }
    }
}

impl Schema {
    /// A mapping with these keys.
    pub const fn new(what: &'static str, arguments: &'static [Argument]) -> Self {
        Self { what, arguments, one_of: None }
    }

    /// Exactly one of these keys must be there.
    pub const fn exactly_one(self, names: &'static [&'static str]) -> Self {
        Self { one_of: Some(OneOf { names, exactly: true, why: None }), ..self }
    }

    /// At least one of these keys must be there.
    pub const fn at_least_one(self, names: &'static [&'static str]) -> Self {
        Self { one_of: Some(OneOf { names, exactly: false, why: None }), ..self }
    }

    /// What an error says beside it where none of them is there.
    pub const fn because(self, label: &'static str, hint: &'static str) -> Self {
        let one_of = match self.one_of {
            Some(one_of) => Some(OneOf { why: Some((label, hint)), ..one_of }),
            None => None,
        };
        Self { one_of, ..self }
    }

    /// The key of that name.
    pub fn argument(&self, name: &str) -> Option<&'static Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// The names of its keys.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.arguments.iter().map(|argument| argument.name)
    }
}

impl Shape {
    /// The mapping that its values are, or the items of its lists.
    pub const fn inner(&self) -> Option<&'static Schema> {
        match self {
            Self::Mapping(schema) => Some(schema),
            Self::List(inner) | Self::Several(inner) => inner.inner(),
            _ => None,
        }
    }
}
