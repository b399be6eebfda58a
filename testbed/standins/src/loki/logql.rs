//! Queries: selectors, filters of lines and labels, and counts over time.

use super::store::{Entry, Streams};
use crate::duration;
use crate::labels::{self, Labels, Matcher};
use regex::Regex;
use std::collections::BTreeMap;

/// A query.
#[derive(Debug)]
pub enum Query {
    /// Lines.
    Lines(Pipeline),
    /// Numbers.
    Metric(Metric),
    /// A number that depends on nothing, as Grafana asks for it to see whether anybody answers.
    Constant(f64),
}

/// What lines are looked for.
#[derive(Debug)]
pub struct Pipeline {
    /// What their labels have to be.
    pub matchers: Vec<Matcher>,
    filters: Vec<Filter>,
}

impl Pipeline {
    /// Whether it asks for more than labels.
    pub fn filters(&self) -> bool {
        !self.filters.is_empty()
    }
}

#[derive(Debug)]
enum Filter {
    Contains(String, bool),
    Matches(Regex, bool),
    Label(Matcher),
}

/// A number per group and moment.
#[derive(Debug)]
pub struct Metric {
    /// The lines that are counted.
    pub pipeline: Pipeline,
    function: String,
    /// How far back each number looks, in nanoseconds.
    pub range: i64,
    aggregation: Option<(String, Option<Grouping>)>,
}

#[derive(Debug)]
struct Grouping {
    by: bool,
    labels: Vec<String>,
}

/// Numbers by their labels.
pub type Samples = BTreeMap<Labels, f64>;

impl Pipeline {
    /// Whether a line is one of those looked for; its labels are those of its stream and its own.
    pub fn takes(&self, labels: &Labels, line: &str) -> bool {
        self.filters.iter().all(|filter| match filter {
            Filter::Contains(text, wanted) => line.contains(text.as_str()) == *wanted,
            Filter::Matches(pattern, wanted) => pattern.is_match(line) == *wanted,
            Filter::Label(matcher) => matcher.takes(labels.get(&matcher.name).map_or("", String::as_str)),
        })
    }

    /// The lines in `[start, end)`, with all their labels.
    pub fn select<'s>(
        &'s self,
        streams: &'s Streams,
        start: i64,
        end: i64,
    ) -> impl Iterator<Item = (Labels, &'s Entry)> {
        streams.iter().filter(|(labels, _)| Matcher::all(&self.matchers, labels)).flat_map(move |(labels, entries)| {
            let from = entries.partition_point(|entry| entry.time < start);
            let to = entries.partition_point(|entry| entry.time < end).max(from);
            entries[from..to].iter().filter_map(move |entry| {
                let mut all = labels.clone();
                all.extend(entry.metadata.clone());
                self.takes(&all, &entry.line).then_some((all, entry))
            })
        })
    }
}

impl Metric {
    /// The numbers at a moment.
    pub fn at(&self, streams: &Streams, moment: i64) -> Samples {
        let mut series = Samples::new();
        for (labels, entry) in self.pipeline.select(streams, moment - self.range + 1, moment + 1) {
            let weight = if self.function.starts_with("bytes") { entry.line.len() as f64 } else { 1.0 };
            *series.entry(labels).or_default() += weight;
        }
        if self.function.ends_with("rate") {
            series.values_mut().for_each(|value| *value /= self.range as f64 / 1e9);
        }
        let Some((operation, grouping)) = &self.aggregation else { return series };
        let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for (mut labels, value) in series {
            match grouping {
                Some(grouping) => labels.retain(|name, _| grouping.labels.contains(name) == grouping.by),
                None => labels.clear(),
            }
            groups.entry(labels).or_default().push(value);
        }
        let aggregated = |values: Vec<f64>| match operation.as_str() {
            "sum" => values.iter().sum(),
            "min" => values.into_iter().fold(f64::INFINITY, f64::min),
            "max" => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
            "avg" => values.iter().sum::<f64>() / values.len() as f64,
            _ => values.len() as f64,
        };
        groups.into_iter().map(|(labels, values)| (labels, aggregated(values))).collect()
    }
}

/// Reads a query.
///
/// # Errors
/// What is wrong with it, in Loki's form, or what the stand-in does not know.
pub fn parse(text: &str) -> Result<Query, String> {
    if text.split_whitespace().collect::<String>() == "vector(1)+vector(1)" {
        return Ok(Query::Constant(2.0));
    }
    let mut parser = Parser { text, at: 0 };
    let query = parser.query()?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.unexpected());
    }
    let (Query::Lines(Pipeline { matchers, .. }) | Query::Metric(Metric { pipeline: Pipeline { matchers, .. }, .. })) =
        &query
    else {
        return Ok(query);
    };
    if matchers.iter().all(|matcher| matcher.takes("")) {
        return Err("parse error : queries require at least one regexp or equality matcher that does not have an \
                    empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" \
                    will"
            .to_owned());
    }
    Ok(query)
}

/// Reads the part of a query in braces.
///
/// # Errors
/// What is wrong with it, in Loki's form.
pub fn selector(text: &str) -> Result<Vec<Matcher>, String> {
    let mut parser = Parser { text, at: 0 };
    let matchers = parser.selector()?;
    parser.space();
    if parser.at < text.len() { Err(parser.unexpected()) } else { Ok(matchers) }
}

/// Reads a selector with filters after it.
///
/// # Errors
/// What is wrong with it, in Loki's form.
pub fn pipeline(text: &str) -> Result<Pipeline, String> {
    match parse(text)? {
        Query::Lines(pipeline) => Ok(pipeline),
        _ => Err("parse error : this is no log query".to_owned()),
    }
}

/// Reads the labels of a stream: `{a="1"}`.
///
/// # Errors
/// What is wrong with them.
pub fn stream_labels(text: &str) -> Result<Labels, String> {
    let mut parser = Parser { text, at: 0 };
    let mut labels = Labels::new();
    parser.expect("{")?;
    while !parser.take("}") {
        let name = parser.name()?;
        parser.expect("=")?;
        labels.insert(name, parser.string()?);
        if !parser.take(",") {
            parser.expect("}")?;
            break;
        }
    }
    parser.space();
    if parser.at < text.len() { Err(parser.unexpected()) } else { Ok(labels) }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, word: &str) -> bool {
        self.space();
        let taken = self.rest().starts_with(word);
        if taken {
            self.at += word.len();
        }
        taken
    }

    fn unexpected(&self) -> String {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let what = match self.rest().chars().next() {
            None => "$end".to_owned(),
            Some('"' | '`') => "STRING".to_owned(),
            Some(c) if c.is_ascii_digit() => "NUMBER".to_owned(),
            Some(c) if c.is_alphabetic() => "IDENTIFIER".to_owned(),
            Some(c) => c.to_string(),
        };
        format!("parse error at line {line}, col {column}: syntax error: unexpected {what}")
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<String, String> {
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        if !labels::is_name(&name) {
            return Err(self.unexpected());
        }
        self.at += end;
        Ok(name)
    }

    fn string(&mut self) -> Result<String, String> {
        self.space();
        let rest = self.rest();
        if let Some(raw) = rest.strip_prefix('`') {
            let end = raw.find('`').ok_or_else(|| self.unexpected())?;
            let text = raw[..end].to_owned();
            self.at += end + 2;
            return Ok(text);
        }
        let inner = rest.strip_prefix('"').ok_or_else(|| self.unexpected())?;
        let mut text = String::new();
        let mut chars = inner.char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += index + 2;
                    return Ok(text);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c @ ('"' | '\\' | '\'')) => text.push(c),
                    _ => return Err(self.unexpected()),
                },
                '\n' => break,
                c => text.push(c),
            }
        }
        Err(self.unexpected())
    }

    fn selector(&mut self) -> Result<Vec<Matcher>, String> {
        self.expect("{")?;
        let mut matchers = Vec::new();
        while !self.take("}") {
            let name = self.name()?;
            let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| self.take(operator));
            let operator = operator.ok_or_else(|| self.unexpected())?;
            self.space();
            if !self.rest().starts_with(['"', '`']) {
                return Err(self.unexpected() + ", expecting STRING");
            }
            let value = self.string()?;
            matchers.push(Matcher::new(&name, operator, &value).map_err(|error| format!("parse error : {error}"))?);
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(matchers)
    }

    fn pipeline(&mut self) -> Result<Pipeline, String> {
        let matchers = self.selector()?;
        let mut filters = Vec::new();
        loop {
            if let Some(operator) = ["|=", "|~", "!=", "!~"].into_iter().find(|operator| self.take(operator)) {
                let value = self.string()?;
                let wanted = operator.starts_with('|');
                filters.push(if operator.ends_with('=') {
                    Filter::Contains(value, wanted)
                } else {
                    let pattern = Regex::new(&value).map_err(|error| format!("parse error : {error}"))?;
                    Filter::Matches(pattern, wanted)
                });
            } else if self.take("|") {
                let name = self.name()?;
                let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| self.take(operator));
                let Some(operator) = operator else {
                    return Err(format!("the stand-in does not know `| {name}` in a query"));
                };
                self.space();
                if !self.rest().starts_with(['"', '`']) {
                    return Err("the stand-in does not know comparisons of numbers in a query".to_owned());
                }
                let value = self.string()?;
                filters.push(Filter::Label(
                    Matcher::new(&name, operator, &value).map_err(|error| format!("parse error : {error}"))?,
                ));
            } else {
                return Ok(Pipeline { matchers, filters });
            }
        }
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, String> {
        let by = self.take("by");
        if !by && !self.take("without") {
            return Ok(None);
        }
        self.expect("(")?;
        let mut labels = Vec::new();
        while !self.take(")") {
            labels.push(self.name()?);
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(Some(Grouping { by, labels }))
    }

    fn query(&mut self) -> Result<Query, String> {
        self.space();
        if self.rest().starts_with('{') {
            return Ok(Query::Lines(self.pipeline()?));
        }
        Ok(Query::Metric(self.metric()?))
    }

    fn metric(&mut self) -> Result<Metric, String> {
        let before = self.at;
        let function = self.name()?;
        match function.as_str() {
            "sum" | "min" | "max" | "avg" | "count" => {
                let mut grouping = self.grouping()?;
                self.expect("(")?;
                let mut inner = self.metric()?;
                self.expect(")")?;
                if grouping.is_none() {
                    grouping = self.grouping()?;
                }
                if inner.aggregation.is_some() {
                    return Err("the stand-in does not know aggregations of aggregations in a query".to_owned());
                }
                inner.aggregation = Some((function, grouping));
                Ok(inner)
            }
            "count_over_time" | "rate" | "bytes_over_time" | "bytes_rate" => {
                self.expect("(")?;
                let pipeline = self.pipeline()?;
                self.expect("[")?;
                let end = self.rest().find(']').ok_or_else(|| self.unexpected())?;
                let range = duration::prometheus(self.rest()[..end].trim()).ok_or_else(|| self.unexpected())?;
                self.at += end + 1;
                self.expect(")")?;
                let range = i64::try_from(range.as_nanos()).unwrap_or(i64::MAX);
                Ok(Metric { pipeline, function, range, aggregation: None })
            }
            _ => {
                self.space();
                if self.rest().starts_with('(') {
                    return Err(format!("the stand-in does not know `{function}` in a query"));
                }
                self.at = before;
                Err(self.unexpected())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams() -> Streams {
        let entry = |time, line: &str| Entry { time, line: line.to_owned(), metadata: Labels::new() };
        Streams::from([
            (stream_labels(r#"{job="a", host="h1"}"#).unwrap(), vec![entry(1, "one error"), entry(2, "two")]),
            (stream_labels(r#"{job="b"}"#).unwrap(), vec![entry(3, "three error")]),
        ])
    }

    fn lines(query: &str) -> Vec<String> {
        let streams = streams();
        let Query::Lines(pipeline) = parse(query).unwrap() else { panic!("no lines: {query}") };
        pipeline.select(&streams, 0, 10).map(|(_, entry)| entry.line.clone()).collect()
    }

    #[test]
    fn selectors_and_filters_pick_lines() {
        assert_eq!(lines(r#"{job="a"}"#), ["one error", "two"]);
        assert_eq!(lines(r#"{job=~"a|b"} |= "error""#), ["one error", "three error"]);
        assert_eq!(lines(r#"{job=~".+", host!="h1"}"#), ["three error"]);
        assert_eq!(lines(r#"{job=~".+", host!~"h.*"}"#), ["three error"]);
        assert_eq!(lines("{job=~\".+\"} != `error`"), ["two"]);
        assert_eq!(lines(r#"{job=~".+"} !~ "o.e" |~ "^t""#), ["two", "three error"]);
        assert_eq!(lines(r#"{job=~".+"} | host="h1" |= "two""#), ["two"]);
    }

    #[test]
    fn lines_are_counted() {
        let Query::Metric(metric) = parse(r#"sum by (job) (count_over_time({job=~".+"}[1s]))"#).unwrap() else {
            panic!("no metric")
        };
        let samples = metric.at(&streams(), 5);
        let job = |name: &str| Labels::from([("job".to_owned(), name.to_owned())]);
        assert_eq!(samples, Samples::from([(job("a"), 2.0), (job("b"), 1.0)]));
    }

    #[test]
    fn what_is_no_query_is_said_with_its_place() {
        let wrong = |query: &str| parse(query).unwrap_err();
        assert_eq!(wrong("{job=}"), "parse error at line 1, col 6: syntax error: unexpected }, expecting STRING");
        assert_eq!(wrong(r#"{job="a""#), "parse error at line 1, col 9: syntax error: unexpected $end");
        assert_eq!(wrong("foo"), "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER");
        assert!(wrong("{}").starts_with("parse error : queries require at least one regexp or equality matcher"));
        assert!(wrong(r#"{job=~".*"}"#).starts_with("parse error : queries require"));
    }

    #[test]
    fn what_only_loki_knows_is_told_apart() {
        let unknown = |query: &str| parse(query).unwrap_err();
        assert_eq!(unknown(r#"{job="a"} | json"#), "the stand-in does not know `| json` in a query");
        assert_eq!(unknown("topk(5, x)"), "the stand-in does not know `topk` in a query");
    }
}
