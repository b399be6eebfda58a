//! Metrics, and the line protocol that they are written in.

use std::collections::BTreeMap;

/// One measurement at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// What was measured.
    pub name: String,
    /// What tells it from others of that name.
    pub tags: BTreeMap<String, String>,
    /// What was found.
    pub fields: BTreeMap<String, Value>,
    /// Nanoseconds since 1970.
    pub time: u64,
    /// How Prometheus should understand the fields.
    pub kind: Kind,
}

/// How the values of a metric relate to one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// They go up and down.
    Gauge,
    /// They go up.
    Counter,
    /// Nothing is known.
    Untyped,
}

impl Kind {
    /// Prometheus' word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Untyped => "untyped",
        }
    }
}

/// A field's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A fraction.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// A whole number that is never negative.
    Uint(u64),
    /// Text.
    Text(String),
    /// True or false.
    Flag(bool),
}

impl Metric {
    /// A metric without tags.
    pub fn new<'n>(
        name: &str,
        kind: Kind,
        time: u64,
        fields: impl IntoIterator<Item = (impl Into<std::borrow::Cow<'n, str>>, Value)>,
    ) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into().into_owned(), value)).collect();
        Self { name: name.to_owned(), tags: BTreeMap::new(), fields, time, kind }
    }

    /// The same with a tag more.
    pub fn tag(mut self, name: &str, value: impl Into<String>) -> Self {
        self.tags.insert(name.to_owned(), value.into());
        self
    }

    /// Its line, with the line's end; none if no field can be written.
    pub fn line(&self, form: Form) -> Option<String> {
        let mut line = escaped(&self.name, false);
        for (name, value) in &self.tags {
            let value = value.trim_end_matches('\\');
            if !name.is_empty() && !value.is_empty() {
                line.push_str(&format!(",{}={}", escaped(name, true), escaped(value, true)));
            }
        }
        let mut separator = ' ';
        for (name, value) in &self.fields {
            let value = match value {
                Value::Float(number) if number.is_finite() => format!("{number}"),
                Value::Float(_) => continue,
                Value::Int(number) => format!("{number}i"),
                Value::Uint(number) if form.unsigned => format!("{number}u"),
                Value::Uint(number) => format!("{}i", i64::try_from(*number).unwrap_or(i64::MAX)),
                Value::Flag(truth) => truth.to_string(),
                Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            };
            line.push_str(&format!("{separator}{}={value}", escaped(name, true)));
            separator = ',';
        }
        if separator == ' ' {
            return None;
        }
        if !form.timeless {
            line.push_str(&format!(" {}", self.time));
        }
        line.push('\n');
        Some(line)
    }
}

/// How lines are written.
#[derive(Debug, Default, Clone, Copy)]
pub struct Form {
    /// Whether there are unsigned numbers.
    pub unsigned: bool,
    /// Whether the time is left out.
    pub timeless: bool,
}

fn escaped(text: &str, equals: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            ',' | ' ' => out.extend(['\\', letter]),
            '=' if equals => out.push_str("\\="),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_escaped_and_sorted() {
        let fields = [
            ("b", Value::Uint(7)),
            ("a c", Value::Float(1.0)),
            ("t", Value::Text("say \"x\"".to_owned())),
            ("n", Value::Float(f64::NAN)),
        ];
        let metric = Metric::new("di sk", Kind::Gauge, 5, fields).tag("path", "/a=b,c").tag("empty", "");
        assert_eq!(
            metric.line(Form::default()).unwrap(),
            "di\\ sk,path=/a\\=b\\,c a\\ c=1,b=7i,t=\"say \\\"x\\\"\" 5\n"
        );
        let form = Form { unsigned: true, timeless: true };
        let metric = Metric::new("m", Kind::Gauge, 5, [("b", Value::Uint(7))]);
        assert_eq!(metric.line(form).unwrap(), "m b=7u\n");
        assert_eq!(Metric::new("m", Kind::Gauge, 5, [("n", Value::Float(f64::NAN))]).line(form), None);
    }
}
