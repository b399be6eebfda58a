//! A tree to text, as `alloy fmt` writes it: tabs, one blank line at most, and signs of assignment in columns.

use super::tree::{Attribute, Block, Expr, Kind, Statement, Tree};

/// The text in its one right form.
pub fn format(text: &str, tree: &Tree) -> String {
    let mut printer =
        Printer { text, comments: &tree.comments, lines: vec![Line::default()], indent: 0, read: 1, gap: Gap::None };
    printer.statements(&tree.body);
    printer.comments_before(text.len() + 1, None);
    printer.finish()
}

/// What comes before the next token.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Gap {
    None,
    Space,
    /// A new column.
    Column,
    /// So many ends of lines, and whether columns end with them.
    Lines(usize, bool),
}

#[derive(Debug, Default)]
struct Line {
    indent: usize,
    /// Text between the columns.
    cells: Vec<String>,
    /// Whether columns of the lines before it do not reach this one.
    apart: bool,
    /// Whether it is the inside of a string, which stays as it is.
    verbatim: bool,
}

struct Printer<'t> {
    text: &'t str,
    comments: &'t [(usize, String)],
    lines: Vec<Line>,
    indent: usize,
    /// The line of the source that was written last.
    read: usize,
    gap: Gap,
}

impl Printer<'_> {
    fn line_of(&self, at: usize) -> usize {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    fn apart(&self, one: usize, other: usize) -> bool {
        self.line_of(one) != self.line_of(other)
    }

    fn current(&mut self) -> &mut Line {
        if self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    fn write(&mut self, text: &str) {
        let indent = self.indent;
        let mut parts = text.split('\n');
        let line = self.current();
        if line.cells.is_empty() {
            line.indent = indent;
            line.cells.push(String::new());
        }
        if let (Some(cell), Some(first)) = (line.cells.last_mut(), parts.next()) {
            cell.push_str(first);
        }
        for part in parts {
            self.lines.push(Line { cells: vec![part.to_owned()], apart: true, verbatim: true, indent: 0 });
        }
    }

    fn gap(&mut self, gap: Gap) {
        match gap {
            Gap::None => {}
            Gap::Space => self.write(" "),
            Gap::Column => self.current().cells.push(String::new()),
            Gap::Lines(count, apart) => {
                for _ in 0..count {
                    self.lines.push(Line { apart, ..Line::default() });
                }
            }
        }
    }

    /// Asks for ends of lines before the next token.
    fn newline(&mut self, apart: bool) {
        self.gap = match self.gap {
            Gap::Lines(count, before) => Gap::Lines((count + 1).min(2), before || apart),
            _ => Gap::Lines(1, apart),
        };
    }

    /// Writes the comments that stand before a place in the source; whether there were any.
    fn comments_before(&mut self, at: usize, next: Option<usize>) -> bool {
        let mut any = false;
        while let Some(((start, comment), rest)) = self.comments.split_first()
            && *start < at
        {
            self.comments = rest;
            let line = self.line_of(*start);
            let nothing = self.lines.len() == 1 && self.lines[0].cells.is_empty();
            if line == self.read && !nothing {
                let inside = next.is_some_and(|next| self.line_of(next) == line);
                self.gap(if inside { Gap::Space } else { Gap::Column });
            } else if !nothing {
                self.gap(Gap::Lines((line - self.read).min(2), true));
            }
            self.write(comment);
            self.read = line + comment.matches('\n').count();
            any = true;
        }
        any
    }

    /// Writes a token that stands somewhere in the source.
    fn place(&mut self, text: &str, at: usize) {
        let line = self.line_of(at);
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        if self.comments_before(at, Some(at)) {
            let apart = matches!(gap, Gap::Lines(_, true));
            if line > self.read {
                self.gap(Gap::Lines((line - self.read).min(2), apart));
            } else {
                self.gap(Gap::Space);
            }
        } else {
            self.gap(gap);
        }
        self.write(text);
        self.read = line + text.matches('\n').count();
    }

    /// Writes a token that belongs to the one before it.
    fn add(&mut self, text: &str) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        self.gap(gap);
        self.write(text);
    }

    fn statements(&mut self, body: &[Statement]) {
        let mut before: Option<usize> = None;
        for statement in body {
            let (start, end) = match statement {
                Statement::Attribute(Attribute { start, value, .. }) => (*start, value.end),
                Statement::Block(block) => (block.start, block.close),
            };
            if let Some(before) = before {
                let blank = matches!(statement, Statement::Block(_)) || self.line_of(start) - self.line_of(before) > 1;
                if blank {
                    self.newline(true);
                }
            }
            match statement {
                Statement::Attribute(attribute) => {
                    self.place(&attribute.name, attribute.start);
                    self.gap = Gap::Column;
                    self.add("= ");
                    self.expr(&attribute.value);
                }
                Statement::Block(block) => self.block(block),
            }
            let several = self.apart(start, end);
            self.newline(several);
            before = Some(end);
        }
    }

    fn block(&mut self, block: &Block) {
        self.place(&block.name, block.start);
        if let Some((label, at)) = block.label.as_ref().filter(|(label, _)| !label.is_empty()) {
            self.gap = Gap::Space;
            self.place(&crate::labels::quoted(label), *at);
        }
        self.gap = Gap::Space;
        self.place("{", block.open);
        self.indent += 1;
        if block.body.is_empty() {
            self.gap = Gap::Space;
        } else {
            self.newline(true);
            self.statements(&block.body);
        }
        self.close("}", block.close);
    }

    /// Writes a closing bracket: comments before it are indented, it is not.
    fn close(&mut self, bracket: &str, at: usize) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        let commented = self.comments_before(at, Some(at));
        self.indent -= 1;
        self.gap = match (commented, self.line_of(at) > self.read) {
            (true, true) => Gap::Lines((self.line_of(at) - self.read).min(2), matches!(gap, Gap::Lines(_, true))),
            (true, false) => Gap::Space,
            (false, _) => gap,
        };
        self.place(bracket, at);
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Literal(text) | Kind::Name(text) => self.place(text, expr.start),
            Kind::Access(value, name) => {
                self.expr(value);
                self.add(&format!(".{name}"));
            }
            Kind::Index(value, index) => {
                self.expr(value);
                self.add("[");
                self.expr(index);
                self.place("]", expr.end);
            }
            Kind::Unary(sign, value) => {
                self.place(sign, expr.start);
                self.expr(value);
            }
            Kind::Binary(left, sign, at, right) => {
                self.expr(left);
                self.gap = Gap::Space;
                self.place(sign, *at);
                self.gap = Gap::Space;
                self.expr(right);
            }
            Kind::Paren(inner) => {
                self.add("(");
                self.expr(inner);
                self.add(")");
            }
            Kind::Array(items) => self.array(expr, items),
            Kind::Object(fields) => {
                self.place("{", expr.start);
                self.indent += 1;
                let mut before = expr.start;
                for (index, field) in fields.iter().enumerate() {
                    if self.apart(before, field.start) {
                        let inline = index > 0 && {
                            let value = &fields[index - 1].value;
                            !self.apart(value.start, value.end)
                        };
                        self.newline(!inline);
                    } else if index > 0 {
                        self.gap = Gap::Space;
                    }
                    before = field.start;
                    self.place(&field.name, field.start);
                    self.gap = Gap::Column;
                    self.add("= ");
                    self.expr(&field.value);
                    if index + 1 < fields.len() {
                        self.add(",");
                    }
                }
                if !fields.is_empty() && self.apart(before, expr.end) {
                    self.add(",");
                    self.newline(true);
                }
                self.close("}", expr.end);
            }
            Kind::Call(function, arguments) => {
                self.expr(function);
                self.add("(");
                let mut before = function.end;
                for (index, argument) in arguments.iter().enumerate() {
                    let lower = self.apart(before, argument.start);
                    if lower {
                        self.newline(true);
                        self.indent += 1;
                    }
                    self.expr(argument);
                    before = argument.end;
                    if index + 1 < arguments.len() {
                        self.add(",");
                        self.gap = Gap::Space;
                    }
                    if lower {
                        self.indent -= 1;
                    }
                }
                if self.apart(before, expr.end) {
                    self.add(",");
                    self.newline(true);
                }
                self.place(")", expr.end);
            }
        }
    }

    fn array(&mut self, expr: &Expr, items: &[Expr]) {
        self.place("[", expr.start);
        let mut before = expr.start;
        for (index, item) in items.iter().enumerate() {
            let lower = self.apart(before, item.start);
            if lower {
                self.indent += 1;
                self.newline(true);
            } else if index > 0 {
                self.gap = Gap::Space;
            }
            before = item.end;
            self.expr(item);
            if index + 1 < items.len() {
                self.add(",");
            }
            if lower {
                self.indent -= 1;
            }
        }
        if !items.is_empty() && self.apart(before, expr.end) {
            self.add(",");
            self.indent += 1;
            self.newline(true);
            self.close("]", expr.end);
        } else {
            self.place("]", expr.end);
        }
    }

    /// Puts the columns in line and everything together.
    fn finish(mut self) -> String {
        let most = self.lines.iter().map(|line| line.cells.len()).max().unwrap_or_default();
        for column in 0..most.saturating_sub(1) {
            let mut first = 0;
            while first < self.lines.len() {
                let has = |line: &Line| line.cells.len() > column + 1 && !line.verbatim;
                if !has(&self.lines[first]) {
                    first += 1;
                    continue;
                }
                let indent = self.lines[first].indent;
                let rest = self.lines[first + 1..].iter();
                let run = 1 + rest.take_while(|line| has(line) && !line.apart && line.indent == indent).count();
                let cells = self.lines[first..first + run].iter_mut().map(|line| &mut line.cells[column]);
                let cells: Vec<&mut String> = cells.collect();
                let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or_default() + 1;
                for cell in cells {
                    let missing = width - cell.chars().count();
                    cell.extend(std::iter::repeat_n(' ', missing));
                }
                first += run;
            }
        }
        let mut text = String::new();
        for line in &self.lines {
            let content = line.cells.concat();
            if line.verbatim {
                text.push_str(&content);
            } else if !content.trim().is_empty() {
                text.extend(std::iter::repeat_n('\t', line.indent));
                text.push_str(content.trim_end_matches([' ', '\t']));
            }
            text.push('\n');
        }
        text
    }
}
