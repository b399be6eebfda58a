//! Line protocol.

use super::value::Value;
use std::collections::BTreeMap;

/// Tags that the server sets itself.
const RESERVED: &[&str] = &["_field", "_measurement", "time"];

/// What one line says.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// What was measured.
    pub measurement: String,
    /// Where; sorted.
    pub tags: BTreeMap<String, String>,
    /// The values by their names.
    pub fields: Vec<(String, Value)>,
    /// Nanoseconds since 1970.
    pub time: i64,
}

/// How many nanoseconds a precision's unit has.
pub fn precision(name: &str) -> Option<i64> {
    match name {
        "ns" => Some(1),
        "us" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        _ => None,
    }
}

/// Reads lines; times are in `unit` nanoseconds, and `now` where there is none.
///
/// # Errors
/// What is wrong with each line that is, in InfluxDB's words.
pub fn parse(text: &str, now: i64, unit: i64) -> Result<Vec<Point>, String> {
    let mut points = Vec::new();
    let mut failed = Vec::new();
    for line in lines(text) {
        let line = line.trim_start_matches([' ', '\t', '\0']);
        let line = line.strip_suffix('\n').unwrap_or(line);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match point(line, now, unit) {
            Ok(point) => points.push(point),
            Err(why) => failed.push(format!("unable to parse '{line}': {why}")),
        }
    }
    if failed.is_empty() { Ok(points) } else { Err(failed.join("\n")) }
}

/// Cuts text at its line breaks, except those within the quotes of a field.
fn lines(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut start, mut at) = (0, 0);
    let (mut quoted, mut fields) = (false, false);
    let mut found = Vec::new();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b' ' => fields = true,
            b'"' if fields && (quoted || at > 0 && bytes[at - 1] == b'=') => quoted = !quoted,
            b'\n' if !quoted => {
                found.push(&text[start..at]);
                start = at + 1;
                fields = false;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(&text[start..]);
    found
}

fn point(line: &str, now: i64, unit: i64) -> Result<Point, String> {
    let bytes = line.as_bytes();
    if bytes[0] == b',' {
        return Err("missing measurement".to_owned());
    }
    let end = ending(line, 1, b", ").ok_or("missing fields")?;
    let measurement = unescaped(&line[..end], ", ");
    let mut tags = BTreeMap::new();
    let mut at = end;
    while bytes[at] == b',' {
        let start = at + 1;
        if bytes.get(start).is_none_or(|byte| b" ,=".contains(byte)) {
            return Err("missing tag key".to_owned());
        }
        let end = ending(line, start + 1, b"=, ").filter(|end| bytes[*end] == b'=').ok_or("missing tag value")?;
        let key = unescaped(&line[start..end], ",= ");
        if RESERVED.contains(&key.as_str()) {
            return Err(format!("cannot use reserved tag key {key:?}"));
        }
        let start = end + 1;
        if bytes.get(start).is_none_or(|byte| b" ,".contains(byte)) {
            return Err("missing tag value".to_owned());
        }
        at = ending(line, start + 1, b"=, ").ok_or("missing fields")?;
        if bytes[at] == b'=' {
            return Err("invalid tag format".to_owned());
        }
        if tags.insert(key, unescaped(&line[start..at], ",= ")).is_some() {
            return Err("duplicate tags".to_owned());
        }
    }
    at = spaces(bytes, at);
    let mut fields = Vec::new();
    loop {
        let (field, end) = field(line, at)?;
        fields.push(field);
        at = end;
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    at = spaces(bytes, at);
    let rest = &line[at..];
    let (time, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let digits = time.strip_prefix('-').unwrap_or(time);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("bad timestamp".to_owned());
    }
    if !after.trim_matches(' ').is_empty() {
        return Err("point is invalid".to_owned());
    }
    let time = if time.is_empty() {
        now / unit * unit
    } else {
        let number: i64 =
            time.parse().map_err(|_| format!("strconv.ParseInt: parsing {time:?}: value out of range"))?;
        let moment = number.checked_mul(unit).filter(|moment| (i64::MIN + 2..i64::MAX).contains(moment));
        moment.ok_or_else(|| format!("time outside range {} - {}", i64::MIN + 2, i64::MAX - 1))?
    };
    Ok(Point { measurement, tags, fields, time })
}

/// A field that begins at `at`, and where it ends.
fn field(line: &str, at: usize) -> Result<((String, Value), usize), String> {
    let bytes = line.as_bytes();
    if at >= bytes.len() {
        return Err(if at > 0 && bytes[at - 1] == b',' { "invalid field format" } else { "missing fields" }.to_owned());
    }
    if bytes[at] == b'=' {
        return Err("missing field key".to_owned());
    }
    let equals = ending(line, at, b"=, ").filter(|end| bytes[*end] == b'=').ok_or("invalid field format")?;
    let key = unescaped(&line[at..equals], ",= ");
    let start = equals + 1;
    let Some(first) = bytes.get(start).filter(|byte| !b" ,".contains(byte)) else {
        return Err("missing field value".to_owned());
    };
    if *first == b'"' {
        let mut end = start + 1;
        while bytes.get(end).is_some_and(|byte| *byte != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if end >= bytes.len() {
            return Err("unbalanced quotes".to_owned());
        }
        if bytes.get(end + 1).is_some_and(|byte| !b" ,".contains(byte)) {
            return Err("invalid field format".to_owned());
        }
        return Ok(((key, Value::String(unescaped(&line[start + 1..end], "\"\\"))), end + 1));
    }
    let end = bytes[start..].iter().position(|byte| b" ,".contains(byte)).map_or(bytes.len(), |length| start + length);
    let text = &line[start..end];
    let value = if first.is_ascii_digit() || b".-Nn".contains(first) { number(text)? } else { boolean(text)? };
    Ok(((key, value), end))
}

fn number(text: &str) -> Result<Value, String> {
    let invalid = || "invalid number".to_owned();
    let range = |kind: &str, digits: &str, function: &str| {
        format!("unable to parse {kind} {digits}: strconv.{function}: parsing {digits:?}: value out of range")
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(digits) = text.strip_suffix('i') {
        if !all_digits(digits.strip_prefix('-').unwrap_or(digits)) {
            return Err(invalid());
        }
        return digits.parse().map(Value::Integer).map_err(|_| range("integer", digits, "ParseInt"));
    }
    if let Some(digits) = text.strip_suffix('u') {
        if !all_digits(digits) {
            return Err(invalid());
        }
        return digits.parse().map(Value::Unsigned).map_err(|_| range("unsigned", digits, "ParseUint"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        return Err(invalid());
    }
    let number: f64 = text.parse().map_err(|_| invalid())?;
    if number.is_finite() { Ok(Value::Float(number)) } else { Err("invalid float".to_owned()) }
}

fn boolean(text: &str) -> Result<Value, String> {
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => Ok(Value::Boolean(true)),
        "f" | "F" | "false" | "False" | "FALSE" => Ok(Value::Boolean(false)),
        _ => Err("invalid boolean".to_owned()),
    }
}

/// Where the first of `ends` stands that has no backslash before it.
fn ending(line: &str, from: usize, ends: &[u8]) -> Option<usize> {
    let bytes = line.as_bytes();
    (from..bytes.len()).find(|at| ends.contains(&bytes[*at]) && (*at == 0 || bytes[*at - 1] != b'\\'))
}

fn spaces(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte != b' ').map_or(bytes.len(), |length| at + length)
}

fn unescaped(text: &str, special: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some(next) if c == '\\' && special.contains(*next) => plain.extend(rest.next()),
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Point {
        let mut points = parse(line, 7, 1).unwrap();
        assert_eq!(points.len(), 1);
        points.remove(0)
    }

    #[track_caller]
    fn refused(line: &str, why: &str) {
        assert_eq!(parse(line, 0, 1).unwrap_err(), format!("unable to parse '{line}': {why}"));
    }

    #[test]
    fn lines_say_what_was_measured() {
        let point = one(r#"c\ p\,u,host=a\ b,az=\=1 f=1.5,i=-2i,u=3u,b=t,s="x, \"y\" z",g=1e3 12"#);
        assert_eq!(point.measurement, "c p,u");
        let tags: Vec<_> = point.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(tags, [("az", "=1"), ("host", "a b")]);
        let values: Vec<_> = point.fields.into_iter().map(|(_, value)| value).collect();
        let text = Value::String("x, \"y\" z".to_owned());
        let expected = [Value::Float(1.5), Value::Integer(-2), Value::Unsigned(3), Value::Boolean(true), text];
        assert_eq!(values[..5], expected);
        assert_eq!(point.time, 12);
    }

    #[test]
    fn times_have_a_precision_and_may_be_left_out() {
        assert_eq!(one("m v=1").time, 7);
        assert_eq!(parse("m v=1 5", 0, precision("ms").unwrap()).unwrap()[0].time, 5_000_000);
        assert_eq!(parse("# comment\n\nm s=\"a\nb\" 1\nm v=2\n", 0, 1).unwrap().len(), 2);
        assert_eq!(precision("m"), None);
    }

    #[test]
    fn broken_lines_are_refused_in_influxdbs_words() {
        refused("m", "missing fields");
        refused(",a=b v=1", "missing measurement");
        refused("m, v=1", "missing tag key");
        refused("m,a v=1", "missing tag value");
        refused("m,a= v=1", "missing tag value");
        refused("m,a=b=c v=1", "invalid tag format");
        refused("m,a=b,a=c v=1", "duplicate tags");
        refused("m,_field=b v=1", "cannot use reserved tag key \"_field\"");
        refused("m v", "invalid field format");
        refused("m =1", "missing field key");
        refused("m v=", "missing field value");
        refused("m v=x", "invalid boolean");
        refused("m v=1x", "invalid number");
        refused("m v=NaN", "invalid number");
        refused("m v=\"x", "unbalanced quotes");
        refused("m v=1 yesterday", "bad timestamp");
        refused("m v=1 1 1", "point is invalid");
        refused("m v=1 1\r", "bad timestamp");
        assert!(parse("m v=1\nbad\nm", 0, 1).unwrap_err().contains("'bad': missing fields\nunable to parse 'm'"));
    }
}
