//! Whatever a filter makes of a secret is hidden: in its twin, a text with another secret, it is something else.

use super::{Layer, Rank, Scope, Value, filters};
use crate::secret::{Secrets, Taint, disguise};
use crate::source::SourceFile;

/// Secrets that writers have to quote, and plain and short ones.
const VALUES: [&str; 6] = [
    "hunter2hunter2",
    "it's \"2\" $3 %d \\n/é&<x> `y`",
    "-----BEGIN KEY-----\nMIIEab/cd+ef==\n-----END KEY-----",
    "q7",
    "1234",
    "k: [v]#",
];

/// What a filter is given beside the value, or in its place.
fn expression(filter: &str) -> String {
    let with = |arguments: &str| format!("x | {filter}({arguments})");
    match filter {
        "abs" | "round" => format!("x | length | {filter}"),
        "attr" => "{'a': x} | attr('a')".to_owned(),
        "b64decode" => "x | b64encode | b64decode".to_owned(),
        "batch" | "slice" => format!("[x] | {filter}(1) | list"),
        "chain" | "zip" | "union" | "intersect" | "difference" | "symmetric_difference" | "product" => {
            format!("[x] | {filter}([x ~ 'y']) | list")
        }
        "combine" => "{'a': x} | combine({'b': x})".to_owned(),
        "dict2items" | "dictsort" | "items" => format!("{{'a': x}} | {filter} | list"),
        "extract" => "'a' | extract({'a': x})".to_owned(),
        "flatten" | "list" | "unique" | "reverse" | "sort" | "max" | "min" | "first" | "last" | "select" | "reject"
        | "join" => {
            format!("[x, x] | {filter}")
        }
        "selectattr" | "rejectattr" => format!("[{{'a': x}}] | {filter}('a') | list"),
        "map" => "[x] | map('upper') | list".to_owned(),
        "groupby" => "[{'a': x}] | groupby('a') | list".to_owned(),
        "items2dict" => "[{'key': 'a', 'value': x}] | items2dict".to_owned(),
        "format" => "'%s' | format(x)".to_owned(),
        "from_json" => "x | to_json | from_json".to_owned(),
        "from_yaml" => "x | to_yaml | from_yaml".to_owned(),
        "from_csv" => "('h\n\"' ~ x | replace('\"', '\"\"') ~ '\"\n') | from_csv | list".to_owned(),
        "path_join" => "['/a', x] | path_join".to_owned(),
        "regex_findall" | "regex_search" => with("'.+'"),
        "regex_replace" => with("'(.)$', 'x\\\\1'"),
        "replace" => with("'2', '5'"),
        "split" => with("'u'"),
        "ternary" => "true | ternary(x, '')".to_owned(),
        "to_toml" => "{'a': x} | to_toml".to_owned(),
        "to_env_file" => "{'a': x} | to_env_file('systemd')".to_owned(),
        "to_ini" => "{'a': {'b': x}} | to_ini".to_owned(),
        "to_nice_json" | "to_nice_yaml" => format!("{{'a': [x]}} | {filter}"),
        "to_duration" => "(x ~ 's') | to_duration".to_owned(),
        "sum" => "[x | length] | sum".to_owned(),
        "default" | "d" => with("''"),
        _ => format!("x | {filter}"),
    }
}

#[test]
fn what_filters_make_of_secrets_is_hidden() {
    let mut shown_at_all = Vec::new();
    for secret in VALUES {
        for filter in filters::names() {
            let secrets = Secrets::new();
            secrets.add(secret);
            let render = |value: &str| {
                let layer = Layer::values(Rank::Options, [("x".to_owned(), Value::from(value))]);
                let text = format!("before\nkey = <{{{{ {} }}}}> after\n", expression(filter));
                Scope::new(vec![layer]).render_template(&SourceFile::named("a.j2", text))
            };
            let (Ok(text), Ok(other)) = (render(secret), render(&disguise(secret))) else { continue };
            let taint = Taint::of(&text, Some(&other), &secrets);
            let shown = secrets.redact(&taint.masked(&text));
            assert!(shown.starts_with("before\nkey = <"), "{filter}: {shown}");
            shown_at_all.push(filter);
            if text == other {
                continue;
            }
            for part in secret.lines().filter(|line| line.len() > 3).chain([secret]) {
                assert!(!shown.contains(part), "{filter} of {secret:?}: {shown}");
            }
            let made = text.trim_start_matches("before\nkey = <").trim_end_matches("> after\n");
            assert!(!shown.contains(made), "{filter} of {secret:?}: {shown}");
        }
    }
    let never: Vec<_> = filters::names().into_iter().filter(|filter| !shown_at_all.contains(filter)).collect();
    assert!(never.is_empty(), "never tried: {never:?}");
}
