//! The grammar, rule by rule.

use super::Value;

/// A header with what follows it, or a line before the first one.
pub struct Section {
    pub header: Option<Header>,
    pub entries: Vec<Entry>,
}

pub struct Header {
    pub names: Vec<String>,
    pub double: bool,
    pub at: usize,
}

pub struct Entry {
    pub key: String,
    pub value: Raw,
    pub at: usize,
}

/// A value as it is written.
pub enum Raw {
    Value(Value),
    /// Text whose escapes Go does not know, or a number that it has no room for.
    Wrong,
    List(Vec<Raw>),
    Inline(Vec<Entry>),
}

/// The grammar, rule by rule.
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    furthest: usize,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, furthest: 0 }
    }

    /// The line of what is no TOML, if there is anything.
    pub fn wrong(&self) -> Option<usize> {
        (self.at < self.text.len()).then(|| self.line(self.furthest))
    }

    pub fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip(&mut self, length: usize) {
        self.at += length;
        self.furthest = self.furthest.max(self.at);
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.skip(if found { token.len() } else { 0 });
        found
    }

    fn run(&mut self, of: impl Fn(char) -> bool) -> usize {
        let length = self.rest().find(|c| !of(c)).unwrap_or(self.rest().len());
        self.skip(length);
        length
    }

    fn digits(&mut self, count: usize) -> bool {
        let found = self.rest().bytes().take(count).filter(u8::is_ascii_digit).count() == count;
        self.skip(if found { count } else { 0 });
        found
    }

    /// What does not match leaves the place as it was.
    fn attempt<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let found = rule(self);
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn ws(&mut self) {
        self.run(|c| matches!(c, ' ' | '\t'));
    }

    fn wsnl(&mut self) {
        self.run(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
    }

    pub fn newline(&mut self) -> bool {
        self.run(|c| matches!(c, '\r' | '\n')) > 0
    }

    pub fn section(&mut self) -> Section {
        self.ws();
        let header = self.attempt(Self::header);
        let mut entries = Vec::new();
        if header.is_none() {
            entries.extend(self.attempt(Self::entry));
        }
        while header.is_some() {
            self.ws();
            let entry = self.attempt(|reader| {
                reader.wsnl();
                reader.entry()
            });
            let Some(entry) = entry else { break };
            entries.push(entry);
        }
        self.ws();
        Section { header, entries }
    }

    fn header(&mut self) -> Option<Header> {
        let at = self.at;
        let double = self.take("[[");
        if !double && !self.take("[") {
            return None;
        }
        self.ws();
        let mut names = vec![self.key()?];
        let more = |reader: &mut Self| {
            reader.ws();
            let dot = reader.take(".");
            reader.ws();
            if dot { reader.key() } else { None }
        };
        while let Some(name) = self.attempt(more) {
            names.push(name);
        }
        self.ws();
        self.take(if double { "]]" } else { "]" }).then_some(Header { names, double, at })
    }

    fn entry(&mut self) -> Option<Entry> {
        let at = self.at;
        let key = self.key()?;
        self.ws();
        if !self.take("=") {
            return None;
        }
        self.ws();
        Some(Entry { key, value: self.value()?, at })
    }

    fn key(&mut self) -> Option<String> {
        let start = self.at;
        if self.run(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) > 0 {
            return Some(self.text[start..self.at].to_owned());
        }
        unquoted(&self.attempt(|reader| reader.basic("\"", false))?)
    }

    fn value(&mut self) -> Option<Raw> {
        if self.attempt(Self::date).is_some() {
            return Some(Raw::Value(Value::Date));
        }
        let start = self.at;
        if let Some(whole) = self.attempt(Self::number) {
            let digits = self.text[start..self.at].replace('_', "");
            let integer = digits.parse().ok().map(Value::Integer);
            let float = digits.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float);
            return Some(if whole { integer } else { float }.map_or(Raw::Wrong, Raw::Value));
        }
        for quote in ["'''", "'"] {
            if let Some(text) = self.attempt(|reader| reader.literal(quote)) {
                return Some(Raw::Value(Value::Text(text)));
            }
        }
        for (quote, many) in [("\"\"\"", true), ("\"", false)] {
            if let Some(text) = self.attempt(|reader| reader.basic(quote, many)) {
                let text = if many { text.trim_start_matches(['\r', '\n']) } else { &text };
                return Some(unquoted(text).map_or(Raw::Wrong, |text| Raw::Value(Value::Text(text))));
            }
        }
        for (word, flag) in [("true", true), ("false", false)] {
            if self.take(word) {
                return Some(Raw::Value(Value::Flag(flag)));
            }
        }
        self.attempt(Self::list).or_else(|| self.attempt(Self::inline))
    }

    fn date(&mut self) -> Option<()> {
        let day = self.attempt(|reader| {
            let (year, dash) = (reader.digits(4), reader.take("-"));
            (year && dash && reader.digits(2) && reader.take("-") && reader.digits(2)).then_some(())
        });
        match day {
            None => self.time(),
            Some(()) => {
                self.attempt(|reader| if reader.take("T") { reader.time() } else { None });
                Some(())
            }
        }
    }

    fn time(&mut self) -> Option<()> {
        for part in ["", ":", ":"] {
            if !self.take(part) || !self.digits(2) {
                return None;
            }
        }
        self.attempt(|reader| (reader.take(".") && reader.digits(1)).then(|| reader.run(|c| c.is_ascii_digit())));
        if !self.take("Z") {
            self.attempt(|reader| {
                let sign = reader.take("+") || reader.take("-");
                (sign && reader.digits(2) && reader.take(":") && reader.digits(2)).then_some(())
            });
        }
        Some(())
    }

    /// Whether it is a whole one.
    fn number(&mut self) -> Option<bool> {
        let _ = self.take("+") || self.take("-");
        if !self.take("0") {
            self.some_digits()?;
        }
        let fraction = self.attempt(|reader| if reader.take(".") { reader.some_digits() } else { None });
        let exponent = self.attempt(|reader| {
            if !reader.take("e") && !reader.take("E") {
                return None;
            }
            let _ = reader.take("+") || reader.take("-");
            reader.some_digits()
        });
        Some(fraction.is_none() && exponent.is_none())
    }

    fn some_digits(&mut self) -> Option<()> {
        if !self.digits(1) {
            return None;
        }
        while self.digits(1) || self.attempt(|reader| (reader.take("_") && reader.digits(1)).then_some(())).is_some() {}
        Some(())
    }

    fn literal(&mut self, quote: &str) -> Option<String> {
        if !self.take(quote) {
            return None;
        }
        let many = quote.len() > 1;
        let start = self.at;
        while !self.rest().starts_with(quote) {
            match self.rest().chars().next()? {
                c if c == '\t' || c >= ' ' || many && matches!(c, '\r' | '\n') => self.skip(c.len_utf8()),
                _ => return None,
            }
        }
        let text = &self.text[start..self.at];
        let text = if many { text.trim_start_matches(['\r', '\n']) } else { text }.to_owned();
        self.take(quote).then_some(text)
    }

    /// What is between quotes, its escapes as they are.
    fn basic(&mut self, quote: &str, many: bool) -> Option<String> {
        if !self.take(quote) {
            return None;
        }
        let mut text = String::new();
        loop {
            let start = self.at;
            match self.rest().chars().next()? {
                '"' => break,
                '\\' if many && self.rest()[1..].starts_with(['\r', '\n']) => {
                    self.skip(1);
                    self.wsnl();
                    continue;
                }
                '\\' => {
                    self.skip(1);
                    let digits = match self.rest().chars().next()? {
                        'b' | 't' | 'n' | 'f' | 'r' | '"' | '/' | '\\' => 0,
                        'u' => 4,
                        'U' => 8,
                        _ => return None,
                    };
                    let code = self.rest().get(1..=digits)?;
                    code.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
                    self.skip(1 + digits);
                }
                '\r' | '\n' if many => self.skip(1),
                c if c >= ' ' => self.skip(c.len_utf8()),
                _ => return None,
            }
            text.push_str(&self.text[start..self.at]);
        }
        self.take(quote).then_some(text)
    }

    fn list(&mut self) -> Option<Raw> {
        if !self.take("[") {
            return None;
        }
        self.wsnl();
        let mut items: Vec<Raw> = self.attempt(Self::value).into_iter().collect();
        let more = |reader: &mut Self| {
            reader.wsnl();
            let comma = reader.take(",");
            reader.wsnl();
            if comma { reader.value() } else { None }
        };
        while !items.is_empty()
            && let Some(item) = self.attempt(more)
        {
            items.push(item);
        }
        self.wsnl();
        if !items.is_empty() {
            self.take(",");
        }
        self.wsnl();
        self.take("]").then_some(Raw::List(items))
    }

    fn inline(&mut self) -> Option<Raw> {
        if !self.take("{") {
            return None;
        }
        self.ws();
        let mut entries = Vec::new();
        while let Some(entry) = self.attempt(Self::entry) {
            entries.push(entry);
            self.attempt(|reader| {
                reader.ws();
                let comma = reader.take(",");
                reader.ws();
                comma.then_some(())
            });
        }
        self.ws();
        self.take("}").then_some(Raw::Inline(entries))
    }
}

/// Go's `strconv.Unquote`.
fn unquoted(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        out.push(match letters.next()? {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            escape @ ('u' | 'U') => {
                let code: String = letters.by_ref().take(if escape == 'u' { 4 } else { 8 }).collect();
                char::from_u32(u32::from_str_radix(&code, 16).ok()?)?
            }
            same @ ('"' | '\\') => same,
            _ => return None,
        });
    }
    Some(out)
}
