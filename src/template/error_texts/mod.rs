//! What errors in templates say, and what is no error.

mod hosts;
mod includes;

use super::{Layer, Rank, Scope, Value};
use crate::source::SourceFile;
use crate::yaml::{self, Node};
use insta::assert_snapshot;

/// A scope from the YAML of its variables; the node of each stays at its place.
fn scope(text: &str) -> Scope {
    Scope::new(vec![layer(Rank::Play, "vars.yml", text)])
}

fn layer(rank: Rank, name: &str, text: &str) -> Layer {
    Layer::entries(rank, yaml::parse(&SourceFile::named(name, text)).unwrap().mapping().unwrap())
}

fn node(text: &str) -> Node {
    yaml::parse(&SourceFile::named("play.yml", text)).unwrap()
}

fn json(scope: &Scope, text: &str) -> String {
    scope.render(&node(text)).map_or_else(|error| error.to_string(), |node| node.to_json().to_string())
}

fn file(scope: &Scope, text: &str) -> String {
    scope.render_template(&SourceFile::named("a.conf.j2", text)).unwrap_or_else(|error| error.to_string())
}

#[test]
fn an_undefined_variable_in_yaml() {
    let scope = scope("loki_port: 3100\n");
    assert_snapshot!(json(&scope, "url: \"http://x:{{ loki_prt }}/\"\nother: '{{ nothing.like.it }}'\n"), @r#"
    error: `loki_prt` is undefined
     --> play.yml:1:19
      |
    1 | url: "http://x:{{ loki_prt }}/"
      |                   ^^^^^^^^
      |
      = help: did you mean `loki_port`?

    error: `nothing` is undefined
     --> play.yml:2:12
      |
    2 | other: '{{ nothing.like.it }}'
      |            ^^^^^^^^^^^^
    "#);
}

#[test]
fn an_undefined_variable_in_a_file() {
    let scope = scope("loki_port: 3100\nsub: { name: x }\n");
    assert_snapshot!(file(&scope, "server:\n  port: {{ loki_prt }}\n"), @"
    error: `loki_prt` is undefined
     --> a.conf.j2:2:12
      |
    2 |   port: {{ loki_prt }}
      |            ^^^^^^^^
      |
      = help: did you mean `loki_port`?
    ");
    assert_snapshot!(file(&scope, "{% if sub.nmae %}x{% endif %}\n"), @"
    error: `sub.nmae` is undefined
     --> a.conf.j2:1:7
      |
    1 | {% if sub.nmae %}x{% endif %}
      |       ^^^^^^^^
      |
      = help: did you mean `sub.name`?
    ");
}

#[test]
fn an_error_within_another_variable() {
    let scope = scope("a: \"{{ b }}\"\nb: \"x{{ c }}\"\nd: \"{{ c | no_such }}\"\n");
    assert_snapshot!(json(&scope, "x: \"{{ a }}\"\n"), @r#"
    error: `c` is undefined
     --> vars.yml:2:9
      |
    1 | a: "{{ b }}"
      |        - used here
    2 | b: "x{{ c }}"
      |         ^
      |
     ::: play.yml:1:8
      |
    1 | x: "{{ a }}"
      |        - used here
    "#);
    assert_snapshot!(json(&scope, "x: \"{{ a | default('none') }}\"\n"), @r#"{"x":"none"}"#);
    assert_snapshot!(json(&scope, "x: \"{{ d | default('none') }}\"\n"), @r#"
    error: unknown filter `no_such`
     --> vars.yml:3:12
      |
    3 | d: "{{ c | no_such }}"
      |            ^^^^^^^
      |
     ::: play.yml:1:12
      |
    1 | x: "{{ d | default('none') }}"
      |            --------------- used here
    "#);
}

#[test]
fn variables_that_need_themselves() {
    let scope = scope("a: \"{{ b }}\"\nb: \"{{ c }}\"\nc: \"{{ a }}\"\nd: \"{{ d }}\"\n");
    assert_snapshot!(json(&scope, "x: \"{{ a }}\"\n"), @r#"
    error: `a` refers to itself: a → b → c → a
     --> vars.yml:1:4
      |
    1 | a: "{{ b }}"
      |    ^^^^^^^^^ it begins here
    2 | b: "{{ c }}"
      |    --------- `b`
    3 | c: "{{ a }}"
      |    --------- `c`
      |
     ::: play.yml:1:8
      |
    1 | x: "{{ a }}"
      |        - used here
    "#);
    assert_snapshot!(json(&scope, "x: \"{{ d }}\"\n"), @r#"
    error: `d` refers to itself: d → d
     --> vars.yml:4:4
      |
    4 | d: "{{ d }}"
      |    ^^^^^^^^^
      |
     ::: play.yml:1:8
      |
    1 | x: "{{ d }}"
      |        - used here
    "#);
}

#[test]
fn syntax_and_unknown_names() {
    let scope = scope("x: 1\n");
    assert_snapshot!(file(&scope, "a\n{% if x %}\n"), @"
    error: syntax error in a template
     --> a.conf.j2:2:9
      |
    2 | {% if x %}
      |         ^^ unexpected end of input, expected end of block
    ");
    assert_snapshot!(file(&scope, "{{ x | to_jsn }}"), @"
    error: unknown filter `to_jsn`
     --> a.conf.j2:1:8
      |
    1 | {{ x | to_jsn }}
      |        ^^^^^^
      |
      = help: did you mean `to_json`?
    ");
    assert_snapshot!(file(&scope, "{{ x | ipaddr }}"), @"
    error: the filter `ipaddr` is not built yet
     --> a.conf.j2:1:8
      |
    1 | {{ x | ipaddr }}
      |        ^^^^^^
    ");
    assert_snapshot!(file(&scope, "{{ x is matches('a') }}"), @"
    error: unknown test `matches`
     --> a.conf.j2:1:9
      |
    1 | {{ x is matches('a') }}
      |         ^^^^^^^^^^^^
    ");
    assert_snapshot!(file(&scope, "{{ x is succeeded }}"), @"
    error: the test `succeeded` is not built yet
     --> a.conf.j2:1:9
      |
    1 | {{ x is succeeded }}
      |         ^^^^^^^^^
    ");
    assert_snapshot!(file(&scope, "{{ lookup('pipe', 'date') }}"), @"
    error: lookup('pipe') is not built yet; these are: env, file, secret, vars
     --> a.conf.j2:1:4
      |
    1 | {{ lookup('pipe', 'date') }}
      |    ^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(file(&scope, "{{ lokup('env', 'HOME') }}"), @"
    error: unknown function `lokup`
     --> a.conf.j2:1:4
      |
    1 | {{ lokup('env', 'HOME') }}
      |    ^^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `lookup`?
    ");
    assert_snapshot!(json(&scope, "a: \"{{ x | to_jsn }} {{ x\"\n"), @r#"
    error: syntax error in a template
     --> play.yml:1:25
      |
    1 | a: "{{ x | to_jsn }} {{ x"
      |                         ^ unexpected end of input, expected end of variable block
    "#);
    assert_snapshot!(file(&scope, "{{ x + 'a' }}"), @"
    error: tried to use + operator on unsupported types number and string
     --> a.conf.j2:1:4
      |
    1 | {{ x + 'a' }}
      |    ^^^^^^^
    ");
    assert_snapshot!(file(&scope, "{{ x | combine({}) }}"), @"
    error: `combine` needs a mapping, not a number
     --> a.conf.j2:1:8
      |
    1 | {{ x | combine({}) }}
      |        ^^^^^^^^^^^
    ");
    assert_snapshot!(file(&scope, "{{ 'x' | regex_replace('(?=a)', '') }}"), @"
    error: this is no regular expression that can be used: look-around, including look-ahead and look-behind, is not supported
     --> a.conf.j2:1:10
      |
    1 | {{ 'x' | regex_replace('(?=a)', '') }}
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn types_and_omit() {
    let scope = scope("n: 5\nl: [1, '{{ n }}']\nyes: 'no'\nnothing:\n");
    assert_snapshot!(json(&scope, "a: '{{ n }}'\nb: 'x{{ n }}'\nc: '{{ l }}'\nd: '{{ none | default(omit, true) }}'\n"), @r#"{"a":5,"b":"x5","c":[1,5]}"#);
    assert_snapshot!(json(&scope, "[1, '{{ omit }}', '{{ nothing }}', 'a{{ nothing }}b', !unsafe '{{ x }}']\n"), @r#"[1,null,"ab","{{ x }}"]"#);
    assert_snapshot!(json(&scope, "a: 'x{{ omit }}'\n"), @"
    error: `omit` can only stand alone, as the whole value of an argument
     --> play.yml:1:9
      |
    1 | a: 'x{{ omit }}'
      |         ^^^^
    ");
    assert_snapshot!(json(&scope, "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"), @"
    error: vaults are not supported yet
     --> play.yml:2:3
      |
    2 |   $ANSIBLE_VAULT;1.1;AES256
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    // what was rendered is not rendered again
    let tricky = Scope::new(vec![Layer::values(Rank::Play, [("v".to_owned(), Value::from("{{ n }}"))])]);
    assert_snapshot!(json(&tricky, "a: '{{ v }}'\n"), @r#"{"a":"{{ n }}"}"#);
    let once = tricky.render(&node("a: '{{ v }}'\n")).unwrap();
    assert_snapshot!(tricky.render(&once).unwrap().to_json(), @r#"{"a":"{{ n }}"}"#);
}

#[test]
fn conditions() {
    let scope = scope("n: 5\nt: yes\nempty: ''\nfalse_text: 'false'\nl: []\n");
    let ask = |text: &str| match scope.evaluate(&node(text)) {
        Ok(truth) => truth.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(ask("n == 5"), "true");
    assert_eq!(ask("[n == 5, not t]"), "false");
    assert_eq!(ask("empty"), "false");
    assert_eq!(ask("l"), "false");
    assert_eq!(ask("no"), "false");
    assert_eq!(ask("missing is defined"), "false");
    assert_snapshot!(ask("'{{ n }} == 5'"), @"
    error: a condition is an expression already
     --> play.yml:1:1
      |
    1 | '{{ n }} == 5'
      | ^^^^^^^^^^^^^^
      |
      = help: write it without `{{ }}`
    ");
    assert_snapshot!(ask("false_text"), @"
    error: the condition comes to the text `false`, not to true or false
     --> play.yml:1:1
      |
    1 | false_text
      | ^^^^^^^^^^
      |
      = help: convert it: `x | bool`
    ");
    assert_snapshot!(ask("n == 5 and tt"), @"
    error: `tt` is undefined
     --> play.yml:1:12
      |
    1 | n == 5 and tt
      |            ^^
    ");
    assert_snapshot!(ask("tt"), @"
    error: `tt` is undefined
     --> play.yml:1:1
      |
    1 | tt
      | ^^
    ");
    assert_snapshot!(ask("n =="), @"
    error: syntax error in a template
     --> play.yml:1:3
      |
    1 | n ==
      |   ^^ unexpected end of input, expected expression
    ");
    assert_snapshot!(ask("5"), @"
    error: a condition is an expression, not a whole number
     --> play.yml:1:1
      |
    1 | 5
      | ^
    ");
}

#[test]
fn loops() {
    let scope = scope("l: [1, 2]\nd: { a: 1 }\n");
    assert_eq!(scope.values(&node("'{{ l }}'")).unwrap().len(), 2);
    assert_eq!(scope.values(&node("[a, '{{ l }}']")).unwrap().len(), 2);
    assert_snapshot!(scope.values(&node("'{{ d }}'")).unwrap_err(), @"
    error: a loop needs a list, not a mapping
     --> play.yml:1:1
      |
    1 | '{{ d }}'
      | ^^^^^^^^^
      |
      = help: write `x | dict2items`
    ");
    let item = scope.with_item(Value::from("a"));
    assert_snapshot!(json(&item, "x: '{{ item }}-{{ d[item] }}'\n"), @r#"{"x":"a-1"}"#);
}

#[test]
fn items_reach_variables_that_use_them() {
    let scope = scope("greeting: 'hello {{ item }}'\n");
    for name in ["a", "b"] {
        assert_eq!(json(&scope.with_item(Value::from(name)), "'{{ greeting }}'"), format!("\"hello {name}\""));
    }
}

#[test]
fn many_variables_in_a_row_do_not_exhaust_the_stack() {
    let mut text = "v0: end\n".to_owned();
    for number in 1..60 {
        text.push_str(&format!("v{number}: \"{{{{ v{} }}}}\"\n", number - 1));
    }
    let scope = scope(&text);
    assert_eq!(json(&scope, "'{{ v30 }}'"), "\"end\"");
    assert!(scope.render(&node("'{{ v59 }}'")).is_ok(), "what was rendered before shortens the row");
    let fresh = self::scope(&text);
    let error = fresh.render(&node("'{{ v59 }}'")).unwrap_err().to_string();
    assert!(error.contains("more than 40 variables need one another in a row"), "{error}");
}

#[test]
fn white_space_is_as_in_ansible() {
    let scope = scope("l: [a, b]\nnothing: ~\n");
    assert_eq!(file(&scope, "{% for x in l %}\n- {{ x }}\n{% endfor %}\nend{{ nothing }}\n"), "- a\n- b\nend\n");
    assert_eq!(file(&scope, "  {% if true %}\n  x\n  {% endif %}\n"), "    x\n  ");
}

#[test]
fn what_is_undefined_is_called_what_the_user_called_it() {
    let scope = scope("h: web1\nsub: { web1: { a: 1 } }\n");
    let first = |text: &str| file(&scope, text).lines().next().unwrap_or_default().to_owned();
    for (path, said) in [
        ("sub[h].x", "sub[h].x"),
        ("sub[h]['x'] | upper", "sub[h]['x']"),
        ("'a' ~ sub[h].x ~ sub[h].y", "sub[h].x"),
        ("sub[h ~ 'y'].x", "sub[h ~ 'y'].x"),
        ("sub[h].x.y", "sub[h].x"),
        ("sub.typo | mandatory", "sub.typo"),
        ("sub[h].x | mandatory | default(1)", "sub[h].x"),
    ] {
        assert_eq!(first(&format!("{{{{ {path} }}}}")), format!("error: `{said}` is undefined"), "{path}");
    }
    assert_eq!(first("{{ (sub[h]).x ~ 'a' }}"), "error: something here is undefined");
    assert_snapshot!(json(&scope, "a: 'x {{ sub[h].x }}'\nb: '{{ typo | mandatory }}'\n"), @"
    error: `sub[h].x` is undefined
     --> play.yml:1:10
      |
    1 | a: 'x {{ sub[h].x }}'
      |          ^^^^^^^^

    error: `typo` is undefined
     --> play.yml:2:8
      |
    2 | b: '{{ typo | mandatory }}'
      |        ^^^^ it is mandatory
    ");
}

#[test]
fn what_is_mandatory_has_no_default() {
    let scope = scope("a: '{{ typo | mandatory }}'\n");
    assert_snapshot!(file(&scope, "{{ a | default('x') }}"), @"
    error: `typo` is undefined
     --> vars.yml:1:8
      |
    1 | a: '{{ typo | mandatory }}'
      |        ^^^^ it is mandatory
      |
     ::: a.conf.j2:1:8
      |
    1 | {{ a | default('x') }}
      |        ------------ used here
    ");
}
