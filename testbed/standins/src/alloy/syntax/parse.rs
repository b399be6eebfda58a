//! Tokens to a tree.

use super::Diagnostic;
use super::lex::{Token, What, lex};
use super::tree::{Attribute, Block, Expr, Field, Kind, Statement, Tree};

/// Reads a file.
///
/// # Errors
/// The first thing that is not of Alloy's syntax.
pub fn parse(text: &str) -> Result<Tree, Diagnostic> {
    let (tokens, comments) = lex(text)?;
    let mut parser = Parser { tokens, at: 0 };
    let body = parser.body("")?;
    if parser.token().what != What::End {
        return Err(parser.expected("identifier"));
    }
    Ok(Tree { body, comments })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

const PRECEDENCE: &[&[&str]] = &[&["||"], &["&&"], &["==", "!=", "<", "<=", ">", ">="], &["+", "-"], &["*", "/", "%"]];

impl Parser {
    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.token().clone();
        self.at += 1;
        token
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.token().what, What::Sign(known) if known == sign)
    }

    fn error(&self, message: String) -> Diagnostic {
        Diagnostic::new(self.token().start, self.token().start, message)
    }

    fn expected(&self, what: &str) -> Diagnostic {
        self.error(format!("expected {what}, got {}", self.token().what.name()))
    }

    fn expect(&mut self, sign: &str) -> Result<Token, Diagnostic> {
        if self.is(sign) { Ok(self.next()) } else { Err(self.expected(sign)) }
    }

    fn name(&mut self) -> Result<(String, usize), Diagnostic> {
        match self.token().clone() {
            Token { what: What::Name(name), start, .. } => {
                self.at += 1;
                Ok((name, start))
            }
            _ => Err(self.expected("identifier")),
        }
    }

    fn body(&mut self, until: &str) -> Result<Vec<Statement>, Diagnostic> {
        let mut body = Vec::new();
        while self.token().what != What::End && !self.is(until) {
            body.push(self.statement()?);
            if self.is(until) {
                break;
            }
            if self.token().what != What::Terminator {
                return Err(self.expected("TERMINATOR"));
            }
            self.at += 1;
        }
        Ok(body)
    }

    fn statement(&mut self) -> Result<Statement, Diagnostic> {
        let (mut name, start) = self.name()?;
        while self.is(".") {
            self.at += 1;
            name = format!("{name}.{}", self.name()?.0);
        }
        if self.is("=") {
            if name.contains('.') {
                let message = "attribute names may only consist of a single identifier with no \".\"";
                return Err(Diagnostic::new(start, start + name.len() - 1, message));
            }
            self.at += 1;
            let value = self.expression(0)?;
            if matches!(self.token().what, What::Text(_)) || self.is("{") {
                return Err(Diagnostic::new(value.start, value.end, "cannot use a block as an expression"));
            }
            return Ok(Statement::Attribute(Attribute { name, start, value }));
        }
        let mut label = None;
        if !self.is("{") {
            let Token { what: What::Text(text), start: at, end } = self.token().clone() else {
                let dotted = name.contains('.');
                return Err(self.expected(if dotted { "block label" } else { "attribute assignment or block body" }));
            };
            let inner = text.trim_matches('"').to_owned();
            if text.starts_with('`') {
                return Err(Diagnostic::new(
                    at,
                    end,
                    format!("expected block label to be a double quoted string, but got {text:?}"),
                ));
            }
            if !inner.is_empty() && !crate::labels::is_name(&inner) {
                return Err(Diagnostic::new(
                    at,
                    at,
                    format!("expected block label to be a valid identifier, but got {inner:?}"),
                ));
            }
            self.at += 1;
            label = Some((inner, at));
        }
        if !self.is("{") {
            if self.is("=") {
                return Err(self.error("attribute names may not have labels".to_owned()));
            }
            return Err(self.expected("block body"));
        }
        let open = self.next().start;
        let body = self.body("}")?;
        let close = self.expect("}")?.start;
        Ok(Statement::Block(Block { name, start, label, open, body, close }))
    }

    fn expression(&mut self, level: usize) -> Result<Expr, Diagnostic> {
        let Some(operators) = PRECEDENCE.get(level) else { return self.power() };
        let mut left = self.expression(level + 1)?;
        while let What::Sign(sign) = self.token().what
            && operators.contains(&sign)
        {
            let at = self.next().start;
            let right = self.expression(level + 1)?;
            left = binary(left, sign, at, right);
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<Expr, Diagnostic> {
        let left = self.unary()?;
        if !self.is("^") {
            return Ok(left);
        }
        let at = self.next().start;
        let right = self.power()?;
        Ok(binary(left, "^", at, right))
    }

    fn unary(&mut self) -> Result<Expr, Diagnostic> {
        for sign in ["!", "-"] {
            if self.is(sign) {
                let start = self.next().start;
                let inner = self.unary()?;
                return Ok(Expr { start, end: inner.end, kind: Kind::Unary(sign, Box::new(inner)) });
            }
        }
        let mut value = self.primary()?;
        loop {
            let start = value.start;
            if self.is(".") {
                self.at += 1;
                let end = self.token().end;
                let (name, _) = self.name()?;
                value = Expr { kind: Kind::Access(Box::new(value), name), start, end };
            } else if self.is("[") {
                self.at += 1;
                let index = self.expression(0)?;
                let end = self.expect("]")?.end;
                value = Expr { kind: Kind::Index(Box::new(value), Box::new(index)), start, end };
            } else if self.is("(") {
                self.at += 1;
                let arguments = self.list(")")?;
                let end = self.expect(")")?.end;
                value = Expr { kind: Kind::Call(Box::new(value), arguments), start, end };
            } else {
                return Ok(value);
            }
        }
    }

    fn list(&mut self, until: &str) -> Result<Vec<Expr>, Diagnostic> {
        let mut items = Vec::new();
        while !self.is(until) && self.token().what != What::End {
            items.push(self.expression(0)?);
            if self.is(until) {
                break;
            }
            if !self.is(",") {
                return Err(self.error("missing ',' in expression list".to_owned()));
            }
            self.at += 1;
        }
        Ok(items)
    }

    fn fields(&mut self) -> Result<Vec<Field>, Diagnostic> {
        let mut fields = Vec::new();
        while !self.is("}") && self.token().what != What::End {
            let token = self.token().clone();
            let (What::Name(name) | What::Text(name)) = token.what else {
                return Err(self.expected("field name (string or identifier)"));
            };
            self.at += 1;
            self.expect("=")?;
            let value = self.expression(0)?;
            fields.push(Field { name, start: token.start, value });
            if self.is("}") {
                break;
            }
            if !self.is(",") {
                return Err(self.error("missing ',' in field list".to_owned()));
            }
            self.at += 1;
        }
        Ok(fields)
    }

    fn primary(&mut self) -> Result<Expr, Diagnostic> {
        let Token { what, start, end } = self.token().clone();
        let (kind, close) = match what {
            What::Name(name) => (Kind::Name(name), None),
            What::Text(text) | What::Literal(text) => (Kind::Literal(text), None),
            What::Sign("(") => {
                self.at += 1;
                (Kind::Paren(Box::new(self.expression(0)?)), Some(")"))
            }
            What::Sign("[") => {
                self.at += 1;
                (Kind::Array(self.list("]")?), Some("]"))
            }
            What::Sign("{") => {
                self.at += 1;
                (Kind::Object(self.fields()?), Some("}"))
            }
            _ => return Err(self.expected("expression")),
        };
        let end = match close {
            Some(sign) => self.expect(sign)?.end,
            None => {
                self.at += 1;
                end
            }
        };
        Ok(Expr { kind, start, end })
    }
}

fn binary(left: Expr, sign: &'static str, at: usize, right: Expr) -> Expr {
    Expr { start: left.start, end: right.end, kind: Kind::Binary(Box::new(left), sign, at, Box::new(right)) }
}
