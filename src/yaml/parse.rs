//! From text to the tree, over a YAML parser's events.

use super::entries::Entries;
use super::repair::{self, Template};
use super::scalar::{self, Tagged};
use super::syntax;
use super::{Node, Value};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};
use granit_parser::{Event, Options, Parser, ScalarStyle, Span as Place, StrInput, StructureStyle, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Collections inside collections; aliases count with what they stand for.
const DEPTH_LIMIT: usize = 100;
/// Nodes that aliases may copy in one text: enough for any real one, too little for a bomb.
const COPY_LIMIT: usize = 100_000;
/// Unquoted templates that are reported at once.
const REPAIR_LIMIT: usize = 50;

/// Reads one document.
///
/// # Errors
/// Every syntax error, duplicate key and unquoted `{{ x }}` with its place.
pub fn parse(file: &Arc<SourceFile>) -> Result<Node, Diagnostics> {
    let mut text = Cow::Borrowed(file.text());
    let mut templates: Vec<Template> = Vec::new();
    loop {
        let mut builder = Builder::new(file, &text);
        let result = builder.document();
        let Builder { mut errors, .. } = builder;
        // An unquoted template derails YAML: it is noted, made harmless in place, and reading starts over, so that
        // the other errors are found too.
        let stop = match result {
            Ok(node) if templates.is_empty() => return errors.or(node),
            Ok(_) => None,
            Err(Broken::Template(template)) if templates.len() < REPAIR_LIMIT => {
                let repaired = repair::blanked(&text, &template.range);
                templates.push(template);
                text = Cow::Owned(repaired);
                continue;
            }
            Err(stop) => Some(stop),
        };
        match stop {
            Some(Broken::Syntax { at, error }) if !templates.iter().any(|template| template.same_line(&text, at)) => {
                errors.push(*error);
            }
            Some(Broken::Template(template)) => templates.push(template),
            _ => {}
        }
        for template in &templates {
            errors.push(template.error(file));
        }
        return Err(errors);
    }
}

/// Why reading a text ended early.
enum Broken {
    Syntax { at: usize, error: Box<Diagnostic> },
    Template(Template),
}

/// A finished node, and what copying it would cost.
#[derive(Clone)]
struct Built {
    node: Node,
    size: usize,
    depth: usize,
}

impl Built {
    fn leaf(node: Node) -> Self {
        Self { node, size: 1, depth: 1 }
    }
}

/// The collection that a node stands in.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Block,
    Flow,
    Key,
}

struct Builder<'t> {
    file: &'t Arc<SourceFile>,
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Built>,
    copied: usize,
    tab_line: Option<usize>,
    /// Where the brackets that are still open stand.
    open: Vec<usize>,
    /// The end of what was read last.
    read: usize,
    errors: Diagnostics,
}

impl<'t> Builder<'t> {
    fn new(file: &'t Arc<SourceFile>, text: &'t str) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.emit_unresolved_aliases = true;
        options.flow_nesting_limit = DEPTH_LIMIT;
        options.block_nesting_limit = DEPTH_LIMIT;
        Self {
            file,
            text,
            events: Parser::new_from_str_with_options(text, options),
            anchors: HashMap::new(),
            copied: 0,
            tab_line: None,
            open: Vec::new(),
            read: 0,
            errors: Diagnostics::new(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn next(&mut self) -> Result<(Event<'t>, std::ops::Range<usize>, Option<Place>), Broken> {
        match self.events.next_event() {
            Some(Ok((event, place))) => {
                let range = place.byte_range().unwrap_or(self.text.len()..self.text.len());
                self.read = range.end;
                Ok((event, range, place.tag_span()))
            }
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
                if let Some(template) = repair::near(self.text, at) {
                    return Err(Broken::Template(template));
                }
                Err(Broken::Syntax {
                    at,
                    error: Box::new(syntax::explain(self.file, &error, at, self.read, self.open.last().copied())),
                })
            }
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len(), None)),
        }
    }

    /// The one document of the text; an empty text is null.
    fn document(&mut self) -> Result<Node, Broken> {
        let mut root = None;
        loop {
            let (event, range, tag) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(..) if root.is_some() => {
                    let error = Diagnostic::at(&self.span(range.start, range.end), "more than one document in a file")
                        .label("a second one starts here")
                        .hint("put each document into a file of its own");
                    return Err(Broken::Syntax { at: range.start, error: Box::new(error) });
                }
                event if event.is_node() => root = Some(self.node(event, range, tag, Within::Block, 1)?.node),
                _ => {}
            }
        }
        Ok(root.unwrap_or_else(|| Node::new(Value::Null, self.span(self.text.len(), self.text.len()))))
    }

    fn node(
        &mut self,
        event: Event<'t>,
        range: std::ops::Range<usize>,
        tag_place: Option<Place>,
        within: Within,
        depth: usize,
    ) -> Result<Built, Broken> {
        if depth > DEPTH_LIMIT {
            let error = Diagnostic::at(&self.span(range.start, range.end), "nested too deeply")
                .label(format!("more than {DEPTH_LIMIT} levels"));
            return Err(Broken::Syntax { at: range.start, error: Box::new(error) });
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                if !block && within != Within::Flow {
                    self.refuse_tab(range.start);
                }
                let span = if range.is_empty() { self.nothing(range.start) } else { self.span(range.start, range.end) };
                let value = match scalar::value(&text, style, tag.as_deref(), range.is_empty()) {
                    Ok(value) => value,
                    Err(error) => {
                        self.wrong_tag(&span, tag_place, error);
                        Value::Null
                    }
                };
                let mut node = Node::new(value, span);
                if matches!(node.value, Value::Integer(_) | Value::Float(_) | Value::Bool(_)) {
                    node.written = Some(node.span.clone());
                }
                Ok(self.anchored(anchor, Built::leaf(node)))
            }
            Event::SequenceStart(style, anchor, tag) => {
                let built = self.sequence(range.start, style, depth)?;
                let built = self.tagged_collection(built, tag.as_deref(), tag_place, "seq");
                Ok(self.anchored(anchor, built))
            }
            Event::MappingStart(style, anchor, tag) => {
                let built = self.mapping(range.start, style, within, depth)?;
                let built = self.tagged_collection(built, tag.as_deref(), tag_place, "map");
                Ok(self.anchored(anchor, built))
            }
            Event::Alias(id) => self.alias(id, self.span(range.start, range.end), depth),
            Event::UnresolvedAlias(name) => {
                let span = self.span(range.start, range.end);
                let error = Diagnostic::at(&span, format!("no anchor `&{name}` before this alias"))
                    .hint(format!("text that begins with `*` must be in quotes: \"*{name}\""));
                self.errors.push(error);
                Ok(Built::leaf(Node::new(Value::Null, span)))
            }
            _ => Ok(Built::leaf(Node::new(Value::Null, self.span(range.start, range.end)))),
        }
    }

    fn anchored(&mut self, anchor: usize, built: Built) -> Built {
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        built
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<Built, Broken> {
        let at = span.start;
        let Some(built) = self.anchors.get(&id) else {
            self.errors.push(Diagnostic::at(&span, "an alias inside of what it stands for"));
            return Ok(Built::leaf(Node::new(Value::Null, span)));
        };
        self.copied = self.copied.saturating_add(built.size);
        if self.copied > COPY_LIMIT || depth + built.depth > DEPTH_LIMIT {
            let error = Diagnostic::at(&span, "aliases make this text too large")
                .label(format!("more than {COPY_LIMIT} values or {DEPTH_LIMIT} levels"));
            return Err(Broken::Syntax { at, error: Box::new(error) });
        }
        Ok(built.clone())
    }

    fn sequence(&mut self, start: usize, style: StructureStyle, depth: usize) -> Result<Built, Broken> {
        let within = if style == StructureStyle::Flow { Within::Flow } else { Within::Block };
        if within == Within::Block {
            self.refuse_tab(start);
        } else {
            self.open.push(start);
        }
        let (mut items, mut size, mut deepest) = (Vec::new(), 1, 0);
        loop {
            let (event, range, tag) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                if within == Within::Flow {
                    self.open.pop();
                }
                let node = Node::new(Value::Sequence(items), self.first_line(start, range.end));
                return Ok(Built { node, size, depth: deepest + 1 });
            }
            let item = self.node(event, range, tag, within, depth + 1)?;
            size += item.size;
            deepest = deepest.max(item.depth);
            items.push(item.node);
        }
    }

    fn mapping(&mut self, start: usize, style: StructureStyle, outer: Within, depth: usize) -> Result<Built, Broken> {
        let within = if style == StructureStyle::Flow { Within::Flow } else { Within::Block };
        if within == Within::Flow {
            self.open.push(start);
        }
        let (mut entries, mut size, mut deepest) = (Entries::default(), 1, 0);
        loop {
            let (event, range, tag) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                if within == Within::Flow {
                    self.open.pop();
                }
                let node = Node::new(Value::Mapping(entries.finish()), self.first_line(start, range.end));
                return Ok(Built { node, size, depth: deepest + 1 });
            }
            // `{{` can be nothing else: a mapping as the key of a mapping is no use to anyone.
            if within == Within::Flow
                && matches!(event, Event::MappingStart(StructureStyle::Flow, ..))
                && range.start == start + 1
            {
                return Err(Broken::Template(Template::at(self.text, start, outer == Within::Block)));
            }
            let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, 0, None));
            let key = self.key(event, range, tag, within, depth)?;
            let (event, range, tag) = self.next()?;
            let value = self.node(event, range, tag, within, depth + 1)?;
            size += value.size;
            deepest = deepest.max(value.depth);
            match key {
                Some((key, _)) if plain && key == "<<" => entries.merge(value.node, &mut self.errors),
                Some((key, key_span)) => entries.add(key, key_span, value.node, &mut self.errors),
                None => {}
            }
        }
    }

    /// A key as text, whatever it would be as a value; none when it is no text.
    fn key(
        &mut self,
        event: Event<'t>,
        range: std::ops::Range<usize>,
        tag: Option<Place>,
        within: Within,
        depth: usize,
    ) -> Result<Option<(String, Span)>, Broken> {
        let span = self.span(range.start, range.end);
        if let Event::Scalar(text, _, anchor, _) = &event {
            if within == Within::Block {
                self.refuse_tab(range.start);
            }
            let text = text.clone().into_owned();
            self.anchored(*anchor, Built::leaf(Node::text(text.clone(), span.clone())));
            return Ok(Some((text, span)));
        }
        let node = self.node(event, range, tag, Within::Key, depth + 1)?.node;
        if let Value::String { text, .. } = node.value {
            return Ok(Some((text, span)));
        }
        let what = node.describe();
        self.errors.push(Diagnostic::at(&node.span, format!("a key must be text, not {what}")));
        Ok(None)
    }

    fn wrong_tag(&mut self, span: &Span, place: Option<Place>, error: String) {
        let range = place.and_then(|place| place.byte_range());
        let span = range.map_or_else(|| span.clone(), |range| self.span(range.start, range.end));
        self.errors.push(Diagnostic::at(&span, error));
    }

    fn tagged_collection(&mut self, mut built: Built, tag: Option<&Tag>, place: Option<Place>, own: &str) -> Built {
        match scalar::tag(tag) {
            Tagged::Not | Tagged::Plain => {}
            Tagged::Unsafe => built.node.make_verbatim(),
            Tagged::Core(name) if name == own => {}
            Tagged::Vault => self.wrong_tag(&built.node.span.clone(), place, "`!vault` goes with text only".into()),
            Tagged::Core(name) => {
                let error = format!("`!!{name}` does not go with {}", built.node.describe());
                self.wrong_tag(&built.node.span.clone(), place, error);
            }
            Tagged::Unknown(name) => {
                self.wrong_tag(&built.node.span.clone(), place, scalar::unknown_tag(&name));
            }
        }
        built
    }

    /// A tab before the first thing on a line that counts by its indentation.
    fn refuse_tab(&mut self, start: usize) {
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.text[line..start];
        let Some(at) = before.find('\t') else { return };
        let only_indentation = before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'?'));
        if only_indentation && self.tab_line != Some(line) {
            self.tab_line = Some(line);
            self.errors.push(syntax::tab(&self.span(line + at, line + at + 1)));
        }
    }

    /// The place of a value that is not there: behind the colon.
    fn nothing(&self, at: usize) -> Span {
        let colon = usize::from(self.text[at..].starts_with(':'));
        self.span(at + colon, at + colon)
    }

    /// A collection's place: its first line, or less when it ends there.
    fn first_line(&self, start: usize, end: usize) -> Span {
        let rest = &self.text[start..end.max(start)];
        let line = rest.split(['\n', '\r']).next().unwrap_or(rest);
        self.span(start, start + line.trim_end().len())
    }
}
