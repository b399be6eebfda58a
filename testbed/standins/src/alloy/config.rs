//! A configuration that has been read, and everything that can be wrong with it.

use super::references;
use super::shapes::{self, Allowed, Shape};
use super::syntax::{self, Attribute, Block, Diagnostic, Expr, Kind, Source, Statement, Tree};
use super::typecheck;
use super::value::{Value, dotted, evaluate};
use crate::duration;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file or folder of files; in a folder they are taken for one.
#[derive(Debug)]
pub struct Config {
    files: Vec<(Source, Tree)>,
    /// Components that are being worked out, so that a circle of them is noticed.
    entered: Arc<Mutex<Vec<String>>>,
}

/// Marks a component as being worked out.
#[derive(Debug)]
pub struct Entered(Arc<Mutex<Vec<String>>>);

fn locked(entered: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    entered.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Entered {
    fn drop(&mut self) {
        locked(&self.0).pop();
    }
}

/// Why a configuration is not taken.
#[derive(Debug)]
pub struct Refusal {
    /// Each thing that is wrong, with the lines it is about.
    pub shown: Vec<String>,
    /// Each on one line.
    pub short: Vec<String>,
    /// Whether the real program would take all of it.
    pub unknown: bool,
    /// The components that cannot be made; empty where that is not what is wrong.
    pub components: Vec<String>,
}

/// How closely a configuration is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Look {
    /// As `alloy validate` does: names, and types of what is written out.
    Validate,
    /// As what runs it does, which works all of it out.
    Load,
}

impl Refusal {
    fn of(found: Vec<(&Source, Diagnostic)>) -> Self {
        Self {
            shown: found.iter().map(|(source, diagnostic)| source.shown(diagnostic)).collect(),
            short: found.iter().map(|(source, diagnostic)| source.short(diagnostic)).collect(),
            unknown: found.iter().all(|(_, diagnostic)| diagnostic.unknown),
            components: Vec::new(),
        }
    }

    fn plain(why: String) -> Self {
        Self { shown: vec![format!("Error: {why}\n")], short: vec![why], unknown: false, components: Vec::new() }
    }
}

/// Reads a file, or all `*.alloy` of a folder, so that it can be run.
pub fn load(path: &Path, allowed: Allowed) -> Result<Config, Refusal> {
    read(sources(path)?, allowed)
}

/// Looks at a file, or all `*.alloy` of a folder, and works nothing out.
pub fn validate(path: &Path, allowed: Allowed) -> Result<(), Refusal> {
    looked_at(sources(path)?, Look::Validate, allowed).map(drop)
}

fn sources(path: &Path) -> Result<Vec<Source>, Refusal> {
    let failed = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        Refusal::plain(format!("stat {}: {why}", path.display()))
    };
    let mut paths = vec![path.to_owned()];
    if std::fs::metadata(path).map_err(failed)?.is_dir() {
        let found = std::fs::read_dir(path).map_err(failed)?.filter_map(Result::ok).map(|found| found.path());
        paths = found.filter(|path| path.extension().is_some_and(|extension| extension == "alloy")).collect();
        paths.sort();
    }
    let mut sources = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        sources.push(Source { name: path.display().to_string(), text });
    }
    Ok(sources)
}

/// Checks files whose texts are known, so that they can be run.
pub fn read(sources: Vec<Source>, allowed: Allowed) -> Result<Config, Refusal> {
    looked_at(sources, Look::Load, allowed)
}

fn looked_at(sources: Vec<Source>, look: Look, allowed: Allowed) -> Result<Config, Refusal> {
    let mut files = Vec::new();
    for source in sources {
        match syntax::parse(&source.text) {
            Ok(tree) => files.push((source, tree)),
            Err(error) => return Err(Refusal::of(vec![(&source, error)])),
        }
    }
    let config = Config { files, entered: Arc::default() };
    let mut found = config.check(look, allowed);
    if look == Look::Validate {
        found.extend(references::check(&config, allowed));
    }
    let outside = config.brings_components();
    for (_, diagnostic) in found.iter_mut().filter(|(_, diagnostic)| outside && diagnostic.message.contains(UNDEFINED))
    {
        diagnostic.unknown = true;
    }
    if found.is_empty() {
        return Ok(config);
    }
    let of = |(source, diagnostic): &(&Source, Diagnostic)| {
        let mut blocks = config.placed().filter(|(its, _)| its.name == source.name).map(|(_, block)| block);
        blocks.find(|block| (block.start..=block.close).contains(&diagnostic.start)).map(|block| block.name.clone())
    };
    let components = if found.iter().any(|(_, diagnostic)| diagnostic.message.contains(UNDEFINED)) {
        Vec::new()
    } else {
        found.iter().filter_map(of).collect()
    };
    Err(Refusal { components, ..Refusal::of(found) })
}

/// What is said of a component that Alloy does not have.
const UNDEFINED: &str = "cannot find the definition of component name";

impl Config {
    /// The hex SHA-256 of its files, one after the other.
    pub fn sha256(&self) -> String {
        let mut hasher = Sha256::new();
        self.files.iter().for_each(|(source, _)| hasher.update(&source.text));
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// All components, in the order of the files.
    pub fn components(&self) -> impl Iterator<Item = &Block> {
        self.placed().map(|(_, block)| block)
    }

    /// The same, each with the file that it stands in.
    pub fn placed(&self) -> impl Iterator<Item = (&Source, &Block)> {
        let all =
            self.files.iter().flat_map(|(source, tree)| tree.body.iter().map(move |statement| (source, statement)));
        all.filter_map(|(source, statement)| match statement {
            Statement::Block(block) => Some((source, block)),
            Statement::Attribute(_) => None,
        })
    }

    /// Whether it has components of its own, of which the stand-in knows nothing.
    fn brings_components(&self) -> bool {
        self.components().any(|block| block.name == "declare" || block.name.starts_with("import."))
    }

    /// The component that a dotted name begins with.
    pub fn component(&self, name: &str) -> Option<&Block> {
        self.components().filter(|block| !shapes::is_single(&block.name)).find(|block| {
            let id = block.id();
            name == id || name.strip_prefix(&id).is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// Begins to work a component out, unless that is being done already.
    pub fn enter(&self, id: &str) -> Option<Entered> {
        let mut entered = locked(&self.entered);
        if entered.iter().any(|known| known == id) {
            return None;
        }
        entered.push(id.to_owned());
        Some(Entered(Arc::clone(&self.entered)))
    }

    /// The value of an attribute, if it is there.
    pub fn attribute(&self, block: &Block, name: &str) -> Result<Option<Value>, Diagnostic> {
        block
            .attributes()
            .find(|attribute| attribute.name == name)
            .map(|attribute| evaluate(self, &attribute.value))
            .transpose()
    }

    /// An attribute's text, if it is there.
    pub fn text(&self, block: &Block, name: &str) -> Option<String> {
        self.attribute(block, name).ok().flatten().and_then(|value| value.text())
    }

    /// An attribute's text that may be a secret, if it is there.
    pub fn secret(&self, block: &Block, name: &str) -> Option<String> {
        self.attribute(block, name).ok().flatten().and_then(|value| value.secret())
    }

    /// An attribute's duration, if it is there.
    pub fn duration(&self, block: &Block, name: &str) -> Option<std::time::Duration> {
        self.text(block, name).and_then(|text| duration::go(&text))
    }

    /// An attribute's truth, if it is there.
    pub fn flag(&self, block: &Block, name: &str) -> Option<bool> {
        match self.attribute(block, name) {
            Ok(Some(Value::Bool(flag))) => Some(flag),
            _ => None,
        }
    }

    /// The components that an attribute names as receivers.
    pub fn receivers(&self, block: &Block, name: &str) -> Vec<String> {
        let value = self.attribute(block, name).ok().flatten().unwrap_or(Value::Null);
        let receivers = value.items().iter().filter_map(|item| match item {
            Value::Receiver(id) => Some(id.clone()),
            _ => None,
        });
        receivers.collect()
    }

    /// Where an attribute's value stands, or its block if it is not there.
    pub fn place(&self, block: &Block, name: &str) -> (usize, usize) {
        let found = block.attributes().find(|attribute| attribute.name == name);
        found.map_or((block.start, block.close), |attribute| (attribute.value.start, attribute.value.end))
    }

    fn check(&self, look: Look, allowed: Allowed) -> Vec<(&Source, Diagnostic)> {
        let mut found = Vec::new();
        let mut ids: Vec<(String, String)> = Vec::new();
        for (source, tree) in &self.files {
            for statement in &tree.body {
                let mut report = |diagnostic| found.push((source, diagnostic));
                let block = match statement {
                    Statement::Attribute(Attribute { name, start, value }) => {
                        report(Diagnostic::new(*start, value.end, format!("unrecognized attribute {name}")));
                        continue;
                    }
                    Statement::Block(block) => block,
                };
                let end = block.start + block.name.len() - 1;
                let Some(shape) = shapes::of(&block.name).filter(|shape| !shape.path.contains('>')) else {
                    report(if shapes::elsewhere(&block.name, allowed) {
                        Diagnostic::unknown(block.start, end, &format!("`{}`", block.name))
                    } else {
                        let message = format!("{UNDEFINED} {:?}", block.name);
                        Diagnostic::new(block.start, end, message)
                    });
                    continue;
                };
                let labelled = block.label.as_ref().is_some_and(|(label, _)| !label.is_empty());
                if !labelled && !shapes::is_single(&block.name) {
                    report(Diagnostic::new(block.start, end, format!("component {:?} must have a label", block.name)));
                }
                if labelled && shapes::is_single(&block.name) {
                    report(Diagnostic::new(block.start, end, format!("block {:?} must not have a label", block.name)));
                }
                let (line, column) = source.position(block.start);
                let place = format!("{}:{line}:{column}", source.name);
                match ids.iter().find(|(id, _)| *id == block.id()) {
                    Some((id, first)) => {
                        report(Diagnostic::new(block.start, end, format!("block {id} already declared at {first}")));
                    }
                    None => ids.push((block.id(), place)),
                }
                let mut wrong = Vec::new();
                self.body(block, shape, &block.name, look, &mut wrong);
                if wrong.is_empty() && look == Look::Load {
                    wrong.extend(super::graph::refusals(self, block));
                }
                wrong.into_iter().for_each(report);
            }
        }
        found
    }

    /// Looks at the body of a component or of a block in it.
    fn body(&self, block: &Block, shape: &'static Shape, path: &str, look: Look, wrong: &mut Vec<Diagnostic>) {
        if look == Look::Load && !shape.runs {
            let end = block.start + block.name.len() - 1;
            wrong.push(Diagnostic::unknown(block.start, end, &format!("what `{path}` does")));
        }
        for attribute in block.attributes() {
            let Attribute { name, start, value } = attribute;
            let end = start + name.len() - 1;
            match shapes::words(shape.attributes).find(|known| known.name == name) {
                Some(word) if look == Look::Load && word.idle => {
                    wrong.push(Diagnostic::unknown(*start, end, &format!("what `{name}` of {path} does")));
                }
                Some(word) if look == Look::Load => self.typed(value, word.kind, wrong),
                Some(word) => typecheck::check(value, word.kind, wrong),
                None => wrong.push(Diagnostic::new(*start, end, format!("unrecognized attribute name {name:?}"))),
            }
            if block
                .attributes()
                .filter(|other| other.name == *name)
                .nth(1)
                .is_some_and(|second| second.start == *start)
            {
                wrong.push(Diagnostic::new(*start, end, format!("attribute {name:?} may only be provided once")));
            }
        }
        for inner in block.blocks() {
            let end = inner.start + inner.name.len() - 1;
            let inner_path = format!("{path}>{}", inner.name);
            let Some(word) = shapes::words(shape.blocks).find(|known| known.name == inner.name) else {
                wrong.push(Diagnostic::new(inner.start, end, format!("unrecognized block name {:?}", inner.name)));
                continue;
            };
            if !word.several && block.blocks().filter(|other| other.name == inner.name).count() > 1 {
                let message = format!("block {:?} may only be specified once", inner.name);
                wrong.push(Diagnostic::new(inner.start, inner.close, message));
            }
            match shapes::of(&inner_path) {
                Some(inner_shape) => self.body(inner, inner_shape, &inner_path, look, wrong),
                None => wrong.push(Diagnostic::unknown(inner.start, end, &format!("`{}` of {path}", inner.name))),
            }
        }
        let mut missing = |what: &str, name: &str| {
            wrong.push(Diagnostic::new(block.start, block.close, format!("missing required {what} {name:?}")));
        };
        for word in shapes::words(shape.attributes).filter(|word| word.required) {
            if !block.attributes().any(|attribute| attribute.name == word.name) {
                missing("attribute", word.name);
            }
        }
        for word in shapes::words(shape.blocks).filter(|word| word.required) {
            if !block.blocks().any(|inner| inner.name == word.name) {
                missing("block", word.name);
            }
        }
    }

    /// Works a value out, and looks whether it is of a type.
    fn typed(&self, expr: &Expr, kind: &str, wrong: &mut Vec<Diagnostic>) {
        let value = match evaluate(self, expr) {
            Ok(value) => value,
            Err(diagnostic) => {
                wrong.push(diagnostic);
                return;
            }
        };
        let expected = typecheck::basic(kind);
        let right = match (expected, &value) {
            ("number", Value::Text(text)) => text.parse::<f64>().is_ok(),
            ("number", value) => matches!(value, Value::Number(_)),
            ("bool", value) => matches!(value, Value::Bool(_)),
            ("array", value) => matches!(value, Value::Array(_)),
            ("object", value) => matches!(value, Value::Object(_)),
            ("capsule", value) if kind == "secret" => value.secret().is_some(),
            ("capsule", value) => matches!(value, Value::Rules(_)),
            (_, value) => match value.text() {
                Some(text) => {
                    wrong.extend(typecheck::grammar(expr, kind, &text));
                    true
                }
                None => false,
            },
        };
        let written = dotted(expr).unwrap_or_else(|| match &expr.kind {
            Kind::Literal(text) => text.clone(),
            _ => "value".to_owned(),
        });
        let mut mismatch = |expr: &Expr, expected: &str, value: &Value, written: &str| {
            let message = format!("{written} should be {expected}, got {}", value.kind());
            wrong.push(Diagnostic::new(expr.start, expr.end, message));
        };
        if !right {
            mismatch(expr, expected, &value, &written);
            return;
        }
        let exprs: &[Expr] = match &expr.kind {
            Kind::Array(items) => items,
            _ => &[],
        };
        for (index, item) in value.items().iter().enumerate() {
            let (expected, right) = match kind {
                "receivers" => ("capsule(\"LogsReceiver\")", matches!(item, Value::Receiver(_))),
                "targets" => ("object", item.labels().is_some()),
                _ => ("string", item.text().is_some()),
            };
            if !right {
                let place = exprs.get(index).unwrap_or(expr);
                let written = dotted(place).unwrap_or_else(|| match &place.kind {
                    Kind::Literal(text) => text.clone(),
                    _ => "value".to_owned(),
                });
                mismatch(place, expected, item, &written);
            }
        }
        if kind == "map" && value.labels().is_none() {
            mismatch(expr, "map(string)", &value, &written);
        }
    }
}
