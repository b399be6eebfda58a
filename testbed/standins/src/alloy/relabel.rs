//! Rules that change labels, as Prometheus has them.

use super::config::Config;
use super::syntax::{Block, Diagnostic};
use super::value::Value;
use crate::labels::{Labels, whole};
use regex::Regex;

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    sources: Vec<String>,
    separator: String,
    regex: Regex,
    target: String,
    replacement: String,
    action: String,
}

const ACTIONS: &[&str] = &[
    "replace",
    "keep",
    "drop",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
];

/// The rules of a component.
pub fn rules(config: &Config, component: &Block) -> Result<Vec<Rule>, Diagnostic> {
    component.blocks().filter(|block| block.name == "rule").map(|block| rule(config, block)).collect()
}

fn rule(config: &Config, block: &Block) -> Result<Rule, Diagnostic> {
    let text = |name: &str, default: &str| {
        let value = config.attribute(block, name)?;
        Ok::<_, Diagnostic>(value.and_then(|value| value.text()).unwrap_or_else(|| default.to_owned()))
    };
    let at = |name: &str| config.place(block, name);
    let action = text("action", "replace")?;
    let (start, end) = at("action");
    if action == "hashmod" {
        return Err(Diagnostic::unknown(start, end, "action \"hashmod\""));
    }
    if !ACTIONS.contains(&action.as_str()) {
        return Err(Diagnostic::new(start, end, format!("unknown relabel action {action:?}")));
    }
    let target = text("target_label", "")?;
    if target.is_empty() && ["replace", "lowercase", "uppercase", "keepequal", "dropequal"].contains(&action.as_str()) {
        let message = format!("relabel configuration for {action} action requires 'target_label' value");
        return Err(Diagnostic::new(block.start, block.close, message));
    }
    let (start, end) = at("regex");
    let regex = whole(&text("regex", "(.*)")?)
        .map_err(|error| Diagnostic::new(start, end, format!("error parsing regexp: {error}")))?;
    let sources = config.attribute(block, "source_labels")?.unwrap_or(Value::Null);
    Ok(Rule {
        sources: sources.items().iter().filter_map(Value::text).collect(),
        separator: text("separator", ";")?,
        regex,
        target: braced(&target),
        replacement: braced(&text("replacement", "$1")?),
        action,
    })
}

/// `$1x` as Go takes it, which is not what the crate takes it for: a number ends where the digits do.
fn braced(replacement: &str) -> String {
    Regex::new(r"\$(\d+)")
        .map_or_else(|_| replacement.to_owned(), |digits| digits.replace_all(replacement, "$${$1}").into_owned())
}

/// What becomes of labels; nothing if they are dropped.
pub fn apply(rules: &[Rule], mut labels: Labels) -> Option<Labels> {
    for rule in rules {
        let values: Vec<&str> = rule.sources.iter().map(|name| labels.get(name).map_or("", String::as_str)).collect();
        let value = values.join(&rule.separator);
        let current = |labels: &Labels| labels.get(&rule.target).cloned().unwrap_or_default();
        match rule.action.as_str() {
            "keep" if !rule.regex.is_match(&value) => return None,
            "drop" if rule.regex.is_match(&value) => return None,
            "keepequal" if current(&labels) != value => return None,
            "dropequal" if current(&labels) == value => return None,
            "replace" => {
                if let Some(found) = rule.regex.captures(&value) {
                    let (mut target, mut replaced) = (String::new(), String::new());
                    found.expand(&rule.target, &mut target);
                    found.expand(&rule.replacement, &mut replaced);
                    if replaced.is_empty() {
                        labels.remove(&target);
                    } else if crate::labels::is_name(&target) {
                        labels.insert(target, replaced);
                    }
                }
            }
            "lowercase" => drop(labels.insert(rule.target.clone(), value.to_lowercase())),
            "uppercase" => drop(labels.insert(rule.target.clone(), value.to_uppercase())),
            "labelmap" => {
                let mapped: Vec<(String, String)> = labels
                    .iter()
                    .filter(|(name, _)| rule.regex.is_match(name))
                    .map(|(name, value)| {
                        (rule.regex.replace(name, rule.replacement.as_str()).into_owned(), value.clone())
                    })
                    .collect();
                labels.extend(mapped);
            }
            "labeldrop" => labels.retain(|name, _| !rule.regex.is_match(name)),
            "labelkeep" => labels.retain(|name, _| rule.regex.is_match(name)),
            _ => {}
        }
    }
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alloy::config;
    use crate::alloy::syntax::Source;

    fn applied(rules_text: &str, labels: &[(&str, &str)]) -> Option<String> {
        let text = format!("loki.relabel \"a\" {{\n forward_to = []\n{rules_text}\n}}\n");
        let config = config::read(vec![Source { name: "a.alloy".into(), text }], Default::default()).unwrap();
        let rules = rules(&config, config.component("loki.relabel.a").unwrap()).unwrap();
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        apply(&rules, labels).map(|labels| crate::labels::text(&labels))
    }

    #[test]
    fn labels_are_replaced_mapped_and_dropped() {
        let rule = "rule {\n source_labels = [\"a\", \"b\"]\n regex = \"(.*);(.*)\"\n target_label = \"c\"\n \
                    replacement = \"$2x$1\"\n}\nrule {\n action = \"labeldrop\"\n regex = \"a|b\"\n}";
        assert_eq!(applied(rule, &[("a", "1"), ("b", "2")]).unwrap(), r#"{c="2x1"}"#);
        let rule = "rule {\n action = \"labelmap\"\n regex = \"__meta_(.+)\"\n}";
        assert_eq!(applied(rule, &[("__meta_x", "1")]).unwrap(), r#"{__meta_x="1", x="1"}"#);
        let rule = "rule {\n action = \"drop\"\n source_labels = [\"a\"]\n regex = \"1.*\"\n}";
        assert_eq!(applied(rule, &[("a", "12")]), None);
        assert_eq!(applied(rule, &[("a", "21")]).unwrap(), r#"{a="21"}"#);
    }
}
