//! No filter, test, function or method takes something undefined for something else.

use super::{Layer, Rank, Scope, filters, functions, tests};
use crate::source::SourceFile;
use crate::yaml;
use insta::assert_snapshot;

fn scope() -> Scope {
    let variables = "port: 1\ngap: [{ x: 1 }, { y: 2 }]\nbroken: { a: '{{ typo }}' }\n";
    Scope::new(vec![Layer::entries(
        Rank::Play,
        yaml::parse(&SourceFile::named("vars.yml", variables)).unwrap().mapping().unwrap(),
    )])
}

fn file(text: &str) -> String {
    scope().render_template(&SourceFile::named("a.j2", text)).unwrap_or_else(|error| error.to_string())
}

/// Those of some names with which a template is no error that names the undefined variable.
fn without_error<'n>(names: &[&'n str], template: &str) -> Vec<&'n str> {
    let is_named = |name: &&&str| file(&template.replace("NAME", name)).starts_with("error: `typo` is undefined\n");
    let mut without: Vec<_> = names.iter().filter(|name| !is_named(name)).copied().collect();
    without.sort_unstable();
    without
}

#[test]
fn every_filter() {
    let names = filters::names();
    // these are for undefined values
    let exempt = ["d", "default", "mandatory", "ternary", "type_debug"];
    assert_eq!(
        without_error(&names, "{{ typo | NAME }}"),
        exempt.into_iter().filter(|name| *name != "mandatory").collect::<Vec<_>>()
    );
    assert_eq!(without_error(&names, "{{ 'x' | NAME(typo) }}"), exempt);
    assert_eq!(without_error(&names, "{{ 'x' | NAME(name=typo) }}"), exempt);
    assert_eq!(
        file("{{ typo | d }}{{ typo | default('a') }}{{ 'b' | default(typo) }} {{ typo | type_debug }}"),
        "ab AnsibleUndefined"
    );
    assert_eq!(
        file("{{ true | ternary('a', typo) }}{{ false | ternary(typo, 'b') }}{{ none | ternary(typo, typo, 'c') }}"),
        "abc"
    );
    for taken in
        ["typo | ternary(1, 2)", "true | ternary(typo, 2)", "false | ternary(1, typo)", "none | ternary(1, 2, typo)"]
    {
        assert!(file(&format!("{{{{ {taken} }}}}")).starts_with("error: `typo` is undefined\n"), "{taken}");
    }
    // these look at no member, or want to be told what to look at
    let shallow = ["attr", "count", "extract", "length", "map", "rejectattr", "selectattr", "ternary", "type_debug"];
    assert_eq!(without_error(&names, "{{ [typo] | NAME }}"), shallow);
    assert_eq!(file("{{ [typo, 1] | length }}{{ [typo, 1] | last }}{{ [typo] | first | default('d') }}"), "21d");
    // those of mappings are not asked for by what goes through their keys
    let keys = ["batch", "chain", "first", "list", "max", "min", "product", "select", "sort", "zip"];
    let without = without_error(&names, "{{ {'a': typo} | NAME }}");
    assert!(keys.iter().all(|name| without.contains(name)), "{without:?}");
    assert!(!without.iter().any(|name| ["dict2items", "hash", "items", "to_json", "to_toml", "string"].contains(name)));
}

#[test]
fn every_test() {
    let names = tests::names();
    assert_eq!(without_error(&names, "{{ typo is NAME }}"), ["defined", "undefined"]);
    assert_eq!(without_error(&names, "{{ 'x' is NAME(typo) }}"), ["defined", "undefined"]);
    let operators = ["==", "!=", "<", "<=", ">", ">="];
    assert_eq!(without_error(&operators, "{{ [typo] | select('NAME', 1) }}"), [""; 0]);
    assert_eq!(without_error(&operators, "{{ [1] | select('NAME', typo) }}"), [""; 0]);
    assert_eq!(file("{{ [typo, 1] | select('defined') }} {{ gap | selectattr('x', 'defined') }}"), "[1] [{'x': 1}]");
}

#[test]
fn every_function_and_methods() {
    assert_eq!(without_error(functions::NAMES, "{{ NAME(typo) }}"), ["namespace"]);
    assert_eq!(without_error(functions::NAMES, "{{ NAME('x', name=typo) }}"), ["namespace"]);
    let methods = ["split", "replace", "join", "startswith", "strip", "get", "no_such"];
    assert_eq!(without_error(&methods, "{{ 'x'.NAME(typo) }}"), [""; 0]);
    assert_eq!(without_error(&methods, "{{ {'x': 1}.NAME(typo) }}"), [""; 0]);
    assert_eq!(without_error(&methods, "{{ typo.NAME('x') }}"), [""; 0]);
    assert_eq!(without_error(&["join"], "{{ ','.NAME(['a', typo]) }}"), [""; 0]);
}

#[test]
fn every_operator() {
    let operators = ["==", "!=", "<", ">=", "in", "not in", "+", "-", "*", "/", "//", "%", "**", "~", "and"];
    assert_eq!(without_error(&operators, "{{ typo NAME 1 }}"), [""; 0]);
    let compare = ["==", "!=", "in", "not in", "~"];
    for template in [
        "{{ 'x' NAME [typo] }}",
        "{{ 'x' NAME ('a', typo) }}",
        "{{ ['a', typo] NAME ['x'] }}",
        "{{ 'x' NAME {'a': typo} }}",
    ] {
        assert_eq!(without_error(&compare, template), [""; 0], "{template}");
    }
    assert_eq!(without_error(&["{'a': 1}", "['a']"], "{{ NAME[typo] | default('x') }}"), [""; 0]);
    assert_eq!(without_error(&["in", "not in"], "{{ 1 NAME ([typo] + [1]) }}"), [""; 0]);
    let gap = file("{{ 2 in gap | map(attribute='x') }}");
    assert!(gap.starts_with("error: an item's `x` is undefined\n"), "{gap}");
    assert_eq!(
        file("{{ 1 in gap | map(attribute='x') }} {{ gap | map(attribute='x') | select('defined') }}"),
        "True [1]"
    );
    assert_eq!(file("{{ 'a' in ['a', port] }}{{ {'a': {1: 'b'}}['a'][port] }}{{ [1, 2][port] }}"), "Trueb2");
}

#[test]
fn it_is_said_where_it_is() {
    assert_snapshot!(file("a:\n  - {{ port | string ~ [1,\n    prt] | join(',') }}\n"), @"
    error: `prt` is undefined
     --> a.j2:3:5
      |
    3 |     prt] | join(',') }}
      |     ^^^
      |
      = help: did you mean `port`?
    ");
    assert_snapshot!(file("{{ 'prt' | regex_replace('a', prt | lower) }}\n"), @"
    error: `prt` is undefined
     --> a.j2:1:31
      |
    1 | {{ 'prt' | regex_replace('a', prt | lower) }}
      |                               ^^^
      |
      = help: did you mean `port`?
    ");
    assert_snapshot!(file("{{ gap | map(attribute='x') | list }}\n"), @"
    error: an item's `x` is undefined
     --> a.j2:1:31
      |
    1 | {{ gap | map(attribute='x') | list }}
      |                               ^^^^
    ");
    assert_snapshot!(file("{{ gap | sum(attribute='x') }}\n"), @"
    error: an item's `x` is undefined
     --> a.j2:1:10
      |
    1 | {{ gap | sum(attribute='x') }}
      |          ^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(file("{{ broken | default({}) }}\n"), @"
    error: `typo` is undefined
     --> vars.yml:3:18
      |
    3 | broken: { a: '{{ typo }}' }
      |                  ^^^^
      |
     ::: a.j2:1:13
      |
    1 | {{ broken | default({}) }}
      |             ----------- used here
    ");
    assert_snapshot!(file("{{ port }} {{ prt\n  | string | quote }}\n"), @"
    error: `prt` is undefined
     --> a.j2:1:15
      |
    1 | {{ port }} {{ prt
      |               ^^^
      |
      = help: did you mean `port`?
    ");
    let condition = |text: &str| {
        let node = yaml::parse(&SourceFile::named("play.yml", format!("- when: {text}\n"))).unwrap();
        let node = node.sequence().unwrap()[0].get("when").unwrap().clone();
        scope().evaluate(&node).map_or_else(|error| error.to_string(), |truth| truth.to_string())
    };
    assert_snapshot!(condition("port in [80, prt]"), @"
    error: `prt` is undefined
     --> play.yml:1:22
      |
    1 | - when: port in [80, prt]
      |                      ^^^
      |
      = help: did you mean `port`?
    ");
    assert_snapshot!(condition("\"prt | ternary(true, false)\""), @r#"
    error: `prt` is undefined
     --> play.yml:1:10
      |
    1 | - when: "prt | ternary(true, false)"
      |          ^^^
      |
      = help: did you mean `port`?
    "#);
    assert_snapshot!(condition("'[prt]'"), @"
    error: `prt` is undefined
     --> play.yml:1:11
      |
    1 | - when: '[prt]'
      |           ^^^
      |
      = help: did you mean `port`?
    ");
    assert_snapshot!(condition("true if port == 2"), @"
    error: the condition comes to nothing
     --> play.yml:1:9
      |
    1 | - when: true if port == 2
      |         ^^^^^^^^^^^^^^^^^
      |
      = help: an `if` in it needs an `else`
    ");
}
