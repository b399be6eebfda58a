//! The tree that a configuration is read into.

/// A whole file.
#[derive(Debug)]
pub struct Tree {
    /// What stands in it.
    pub body: Vec<Statement>,
    /// Its comments: where they start, and their text.
    pub comments: Vec<(usize, String)>,
}

/// A line of a body.
#[derive(Debug, Clone)]
pub enum Statement {
    /// `name = value`
    Attribute(Attribute),
    /// `name "label" { ... }`
    Block(Block),
}

/// `name = value`
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Where it starts.
    pub start: usize,
    /// Its value.
    pub value: Expr,
}

/// `name "label" { ... }`
#[derive(Debug, Clone)]
pub struct Block {
    /// Its name with dots: `loki.write`.
    pub name: String,
    /// Where that starts.
    pub start: usize,
    /// The label, and where it starts.
    pub label: Option<(String, usize)>,
    /// Where `{` is.
    pub open: usize,
    /// What stands in it.
    pub body: Vec<Statement>,
    /// Where `}` is.
    pub close: usize,
}

/// An expression and the bytes it takes.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// Its last byte.
    pub end: usize,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A number, string, boolean or null as it was written.
    Literal(String),
    /// `[a, b]`
    Array(Vec<Expr>),
    /// `{a = b}`
    Object(Vec<Field>),
    /// `name`
    Name(String),
    /// `a.b`
    Access(Box<Expr>, String),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `a(b, c)`
    Call(Box<Expr>, Vec<Expr>),
    /// `-a`
    Unary(&'static str, Box<Expr>),
    /// `a + b`
    Binary(Box<Expr>, &'static str, usize, Box<Expr>),
    /// `(a)`
    Paren(Box<Expr>),
}

/// A field of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name, as it was written: quotes are part of it.
    pub name: String,
    /// Where that starts.
    pub start: usize,
    /// Its value.
    pub value: Expr,
}

impl Field {
    /// The name without quotes.
    pub fn plain(&self) -> &str {
        self.name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(&self.name)
    }
}

impl Block {
    /// What a component is referred to as: `loki.write.default`.
    pub fn id(&self) -> String {
        match &self.label {
            Some((label, _)) if !label.is_empty() => format!("{}.{label}", self.name),
            _ => self.name.clone(),
        }
    }

    /// Its attributes.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.body.iter().filter_map(|statement| match statement {
            Statement::Attribute(attribute) => Some(attribute),
            Statement::Block(_) => None,
        })
    }

    /// The blocks in it.
    pub fn blocks(&self) -> impl Iterator<Item = &Self> {
        self.body.iter().filter_map(|statement| match statement {
            Statement::Block(block) => Some(block),
            Statement::Attribute(_) => None,
        })
    }
}
