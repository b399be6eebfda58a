//! What a plugin lets through, and what it changes on the way.

use super::config::tree::Node;
use super::metric::Metric;
use regex::Regex;
use std::collections::BTreeMap;

/// The filters, names and tags of a plugin.
#[derive(Debug, Default)]
pub struct Filter {
    names: Pair,
    fields: Pair,
    tags: Pair,
    tag_pass: Vec<(String, Vec<Regex>)>,
    tag_drop: Vec<(String, Vec<Regex>)>,
    name: Option<String>,
    prefix: String,
    suffix: String,
    own: BTreeMap<String, String>,
}

/// What is taken, and what is not.
#[derive(Debug, Default)]
struct Pair {
    pass: Vec<Regex>,
    drop: Vec<Regex>,
}

impl Pair {
    fn takes(&self, text: &str) -> bool {
        (self.pass.is_empty() || any(&self.pass, text)) && !any(&self.drop, text)
    }
}

fn any(globs: &[Regex], text: &str) -> bool {
    globs.iter().any(|glob| glob.is_match(text))
}

/// A pattern with `*`, `?`, `[abc]` and `{one,two}`.
///
/// # Errors
/// Brackets that do not match.
pub fn glob(pattern: &str) -> Result<Regex, String> {
    let mut out = String::from("^(?s:");
    let mut class = false;
    let mut choices = 0;
    for letter in pattern.chars() {
        match letter {
            ']' if class => {
                class = false;
                out.push(']');
            }
            '!' if out.ends_with('[') && class => out.push('^'),
            letter if class => out.push(letter),
            '*' if out.ends_with(".*") => {}
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '[' => {
                class = true;
                out.push('[');
            }
            '{' => {
                choices += 1;
                out.push_str("(?:");
            }
            '}' if choices > 0 => {
                choices -= 1;
                out.push(')');
            }
            ',' if choices > 0 => out.push('|'),
            letter => out.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push_str(")$");
    Regex::new(&out).map_err(|_| format!("error compiling {pattern:?}"))
}

fn globs(patterns: &[String]) -> Result<Vec<Regex>, String> {
    patterns.iter().map(|pattern| glob(pattern)).collect()
}

impl Filter {
    /// The filter of a plugin's table.
    ///
    /// # Errors
    /// A pattern that is none, in Telegraf's words.
    pub fn of(table: &Node) -> Result<Self, String> {
        let list = |keys: &[&str]| {
            let patterns: Vec<String> = keys.iter().flat_map(|key| table.texts_of(key)).collect();
            globs(&patterns).map_err(|why| format!("error compiling '{}', {why}", keys[0]))
        };
        let pair = |pass: &[&str], drop: &[&str]| Ok::<_, String>(Pair { pass: list(pass)?, drop: list(drop)? });
        let lists = |key: &str| {
            let entries = table.get(key).map(Node::entries).unwrap_or_default().iter();
            entries
                .map(|(name, node)| {
                    let patterns: Vec<String> = match node.text() {
                        Some(text) => vec![text.to_owned()],
                        None => node.items().iter().filter_map(Node::text).map(str::to_owned).collect(),
                    };
                    Ok::<_, String>((name.clone(), globs(&patterns)?))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let text = |key: &str| table.text_of(key).unwrap_or_default().to_owned();
        Ok(Self {
            names: pair(&["namepass"], &["namedrop"])?,
            fields: pair(&["fieldinclude", "fieldpass", "pass"], &["fieldexclude", "fielddrop", "drop"])?,
            tags: pair(&["taginclude"], &["tagexclude"])?,
            tag_pass: lists("tagpass")?,
            tag_drop: lists("tagdrop")?,
            name: table.text_of("name_override").filter(|name| !name.is_empty()).map(str::to_owned),
            prefix: text("name_prefix"),
            suffix: text("name_suffix"),
            own: table.map_of("tags").into_iter().collect(),
        })
    }

    /// A metric of an input as it goes on, with its own and the global tags.
    pub fn collected(&self, mut metric: Metric, global: &BTreeMap<String, String>) -> Option<Metric> {
        if !self.takes(&metric) {
            return None;
        }
        self.rename(&mut metric);
        for (name, value) in self.own.iter().chain(global) {
            metric.tags.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self.reduced(metric)
    }

    /// A metric as an output takes it.
    pub fn sent(&self, metric: &Metric) -> Option<Metric> {
        if !self.takes(metric) {
            return None;
        }
        let mut metric = self.reduced(metric.clone())?;
        self.rename(&mut metric);
        Some(metric)
    }

    fn takes(&self, metric: &Metric) -> bool {
        let matches = |filters: &[(String, Vec<Regex>)]| {
            filters.iter().any(|(name, globs)| metric.tags.get(name).is_some_and(|value| any(globs, value)))
        };
        self.names.takes(&metric.name)
            && (self.tag_pass.is_empty() || matches(&self.tag_pass))
            && !matches(&self.tag_drop)
    }

    fn rename(&self, metric: &mut Metric) {
        if let Some(name) = &self.name {
            metric.name.clone_from(name);
        }
        metric.name = format!("{}{}{}", self.prefix, metric.name, self.suffix);
    }

    fn reduced(&self, mut metric: Metric) -> Option<Metric> {
        metric.fields.retain(|name, _| self.fields.takes(name));
        metric.tags.retain(|name, _| self.tags.takes(name));
        (!metric.fields.is_empty()).then_some(metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegraf::config::tree;
    use crate::telegraf::metric::{Form, Kind, Value};

    fn filter(text: &str) -> Filter {
        Filter::of(&tree::read(text, false, &|_| None).unwrap()).unwrap()
    }

    fn line(text: &str) -> Option<String> {
        let fields = [("usage_idle", Value::Float(1.0)), ("usage_user", Value::Float(2.0))];
        let metric = Metric::new("cpu", Kind::Gauge, 1, fields).tag("cpu", "cpu0");
        let global = BTreeMap::from([("host".to_owned(), "h".to_owned()), ("cpu".to_owned(), "global".to_owned())]);
        filter(text).collected(metric, &global)?.line(Form::default())
    }

    #[test]
    fn globs_match_whole_names() {
        for (pattern, text, matches) in
            [("cpu*", "cpu0", true), ("cpu", "cpu0", false), ("{a,b}?", "b1", true), ("[!a]", "a", false)]
        {
            assert_eq!(glob(pattern).unwrap().is_match(text), matches, "{pattern} {text}");
        }
        assert!(glob("[").is_err());
    }

    #[test]
    fn metrics_are_filtered_renamed_and_tagged() {
        assert_eq!(line("").unwrap(), "cpu,cpu=cpu0,host=h usage_idle=1,usage_user=2 1\n");
        assert_eq!(line("namedrop = [\"c*\"]"), None);
        assert_eq!(
            line("fieldinclude = [\"*idle\"]\nname_prefix = \"x_\"").unwrap(),
            "x_cpu,cpu=cpu0,host=h usage_idle=1 1\n"
        );
        assert_eq!(
            line("tagexclude = [\"cpu\"]\n[tags]\na = \"b\"").unwrap(),
            "cpu,a=b,host=h usage_idle=1,usage_user=2 1\n"
        );
        assert_eq!(line("[tagpass]\ncpu = [\"cpu-total\"]"), None);
        assert_eq!(line("[tagdrop]\ncpu = [\"cpu-total\"]\nhost = [\"h\"]").unwrap().len(), 48);
        assert_eq!(line("fieldexclude = [\"usage*\"]"), None);
    }
}
