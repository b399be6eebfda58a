//! Flux as pipelines.

use super::lex::{Token, words};
use regex::Regex;

/// One statement: functions, each of which works on what the one before it gave.
pub type Pipeline = Vec<Call>;

/// A function that is called.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<(String, Expression)>,
}

/// An expression.
#[derive(Debug, Clone)]
pub enum Expression {
    /// `"text"`
    Text(String),
    /// `1`
    Integer(i64),
    /// `1.0`
    Float(f64),
    /// `true`
    Boolean(bool),
    /// Nanoseconds.
    Duration(i64),
    /// Nanoseconds since 1970.
    Time(i64),
    /// `/expression/`
    Regex(Regex),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `mean`
    Name(String),
    /// `now()`
    Now,
    /// `(r) => ...`
    Function(String, Box<Expression>),
    /// `r.column`
    Column(String, String),
    /// `exists r.column`
    Exists(Box<Expression>),
    /// `not ...`
    Not(Box<Expression>),
    /// `left == right`, with `and` and `or` among the operators.
    Binary(&'static str, Box<Expression>, Box<Expression>),
}

/// Reads a query.
///
/// # Errors
/// The first error of syntax, with its place, or what only the real one knows.
pub fn parse(text: &str) -> Result<Vec<Pipeline>, String> {
    let mut reader = Reader { words: words(text)?, at: 0 };
    let mut pipelines = Vec::new();
    while *reader.peek() != Token::End {
        pipelines.push(reader.pipeline()?);
    }
    Ok(pipelines)
}

struct Reader {
    words: Vec<(Token, String)>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> &Token {
        self.words.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(known) if *known == sign);
        self.at += usize::from(found);
        found
    }

    fn keyword(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(known) if known == name);
        self.at += usize::from(found);
        found
    }

    fn wrong(&self, why: impl std::fmt::Display) -> String {
        let last = self.words.len() - 1;
        format!("error @{}: {why}", self.words[self.at.min(last)].1)
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(self.wrong(format!("expected {sign}, got {}", told(self.peek())))) }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.peek().clone() {
            Token::Name(name) => {
                self.at += 1;
                Ok(name)
            }
            other => Err(self.wrong(format!("expected IDENT, got {}", told(&other)))),
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, String> {
        if let Token::Name(name) = self.peek()
            && ["import", "option", "package", "builtin", "testcase", "return"].contains(&name.as_str())
        {
            return Err(self.wrong(format!("the stand-in does not know {name:?}")));
        }
        let mut calls = Vec::new();
        loop {
            let name = self.name()?;
            if !self.sign("(") {
                return Err(self.wrong(format!("the stand-in does not know statements that begin with {name:?}")));
            }
            let mut arguments = Vec::new();
            while !self.sign(")") {
                let key = self.name()?;
                self.expect(":")?;
                arguments.push((key, self.expression()?));
                if !self.sign(",") {
                    self.expect(")")?;
                    break;
                }
            }
            calls.push(Call { name, arguments });
            if !self.sign("|>") {
                return Ok(calls);
            }
        }
    }

    fn expression(&mut self) -> Result<Expression, String> {
        let mut left = self.conjunction()?;
        while self.keyword("or") {
            left = Expression::Binary("or", Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression, String> {
        let mut left = self.negation()?;
        while self.keyword("and") {
            left = Expression::Binary("and", Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression, String> {
        if self.keyword("not") {
            return Ok(Expression::Not(Box::new(self.negation()?)));
        }
        if self.keyword("exists") {
            return Ok(Expression::Exists(Box::new(self.value()?)));
        }
        let left = self.value()?;
        for sign in ["==", "!=", "=~", "!~", "<=", ">=", "<", ">"] {
            if self.sign(sign) {
                return Ok(Expression::Binary(sign, Box::new(left), Box::new(self.value()?)));
            }
        }
        if let Token::Sign(sign @ ("+" | "-" | "*" | "/" | "%" | "^")) = self.peek() {
            return Err(self.wrong(format!("the stand-in does not know the operator {sign}")));
        }
        Ok(left)
    }

    fn value(&mut self) -> Result<Expression, String> {
        match self.next() {
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Integer(number) => Ok(Expression::Integer(number)),
            Token::Float(number) => Ok(Expression::Float(number)),
            Token::Duration(length) => Ok(Expression::Duration(length)),
            Token::Time(time) => Ok(Expression::Time(time)),
            Token::Regex(text) => {
                Regex::new(&text).map(Expression::Regex).map_err(|_| self.wrong(format!("invalid regex /{text}/")))
            }
            Token::Sign("-") => match self.value()? {
                Expression::Duration(length) => Ok(Expression::Duration(-length)),
                Expression::Integer(number) => Ok(Expression::Integer(-number)),
                Expression::Float(number) => Ok(Expression::Float(-number)),
                _ => Err(self.wrong("the stand-in does not know this use of -")),
            },
            Token::Sign("[") => {
                let mut items = Vec::new();
                while !self.sign("]") {
                    items.push(self.expression()?);
                    if !self.sign(",") {
                        self.expect("]")?;
                        break;
                    }
                }
                Ok(Expression::List(items))
            }
            Token::Sign("(") => self.function_or_group(),
            Token::Name(name) if name == "true" || name == "false" => Ok(Expression::Boolean(name == "true")),
            Token::Name(name) => self.named(name),
            other => {
                self.at -= 1;
                Err(self.wrong(format!("invalid expression: {}", told(&other))))
            }
        }
    }

    fn function_or_group(&mut self) -> Result<Expression, String> {
        let is_function = matches!(self.peek(), Token::Name(_))
            && matches!(self.words.get(self.at + 1), Some((Token::Sign(")"), _)))
            && matches!(self.words.get(self.at + 2), Some((Token::Sign("=>"), _)));
        if is_function {
            let parameter = self.name()?;
            self.at += 2;
            return Ok(Expression::Function(parameter, Box::new(self.expression()?)));
        }
        let inner = self.expression()?;
        self.expect(")")?;
        Ok(inner)
    }

    fn named(&mut self, name: String) -> Result<Expression, String> {
        if self.sign(".") {
            return Ok(Expression::Column(name, self.name()?));
        }
        if self.sign("[") {
            let Token::Text(column) = self.next() else {
                self.at -= 1;
                return Err(self.wrong("the stand-in does not know columns that are not named by text"));
            };
            self.expect("]")?;
            return Ok(Expression::Column(name, column));
        }
        if self.sign("(") {
            return if name == "now" && self.sign(")") {
                Ok(Expression::Now)
            } else {
                Err(self.wrong(format!("the stand-in does not know {name}(...) in an expression")))
            };
        }
        Ok(Expression::Name(name))
    }
}

fn told(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("IDENT ({name})"),
        Token::Text(text) => format!("STRING ({text:?})"),
        Token::Sign(sign) => (*sign).to_owned(),
        Token::End => "EOF".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_are_read() {
        let text = "// comment\nfrom(bucket: \"b\") |> range(start: -1h30m, stop: 2026-01-01T00:00:00Z)\n  \
                    |> filter(fn: (r) => r._measurement == \"m\" and (r[\"host\"] =~ /a\\/b/ or not exists r.x))\n  \
                    |> limit(n: 2)";
        let pipelines = parse(text).unwrap();
        let names: Vec<&str> = pipelines[0].iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["from", "range", "filter", "limit"]);
        assert!(matches!(pipelines[0][1].arguments[0].1, Expression::Duration(-5_400_000_000_000)));
        assert!(matches!(&pipelines[0][2].arguments[0].1, Expression::Function(r, _) if r == "r"));
        assert_eq!(parse("buckets() |> limit(n: 1)\nbuckets()").unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let why = |text: &str| parse(text).unwrap_err();
        assert_eq!(why("import \"strings\""), "error @1:1: the stand-in does not know \"import\"");
        assert_eq!(why("x = 1"), "error @1:3: the stand-in does not know statements that begin with \"x\"");
        assert_eq!(why("from(bucket: \"b\"\n|> range()"), "error @2:1: expected ), got |>");
        assert_eq!(why("from(bucket: \"b)"), "error @1:14: unterminated string literal");
        assert_eq!(why("from(bucket: )"), "error @1:14: invalid expression: )");
    }
}
