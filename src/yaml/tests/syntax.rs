//! What is said of a text that is no YAML.

use super::{errors, read};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn an_unquoted_template_is_explained_and_reading_goes_on() {
    assert_snapshot!(errors("a: {{ x }}\nb: {{ dir }}/{{ file }}  # why\nc: 1\nc: 2\nd: [ {{ y }} ]\n- e: {{ f('x: \"y\"') }}\n"), @r#"
    error: a value that begins with `{{` must be in quotes
     --> test.yml:1:4
      |
    1 | a: {{ x }}
      |    ^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `a: "{{ x }}"`

    error: a value that begins with `{{` must be in quotes
     --> test.yml:2:4
      |
    2 | b: {{ dir }}/{{ file }}  # why
      |    ^^^^^^^^^^^^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `b: "{{ dir }}/{{ file }}"`

    error: duplicate key `c`
     --> test.yml:4:1
      |
    3 | c: 1
      | - first given here
    4 | c: 2
      | ^

    error: a value that begins with `{{` must be in quotes
     --> test.yml:5:6
      |
    5 | d: [ {{ y }} ]
      |      ^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `"{{ y }}"`

    error: a value that begins with `{{` must be in quotes
     --> test.yml:6:6
      |
    6 | - e: {{ f('x: "y"') }}
      |      ^^^^^^^^^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it, or write it in the lines below `>-`
    "#);
    assert_snapshot!(errors("a: {% if x %}y{% endif %}\n"), @r#"
    error: a value that begins with `{%` must be in quotes
     --> test.yml:1:4
      |
    1 | a: {% if x %}y{% endif %}
      |    ^^^^^^^^^^^^^^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `a: "{% if x %}y{% endif %}"`
    "#);
    assert_snapshot!(errors("{{ key }}: 1\n"), @r#"
    error: a value that begins with `{{` must be in quotes
     --> test.yml:1:1
      |
    1 | {{ key }}: 1
      | ^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `"{{ key }}"`
    "#);
    assert_snapshot!(errors("a: {{ x }}: y\n"), @r#"
    error: a value that begins with `{{` must be in quotes
     --> test.yml:1:4
      |
    1 | a: {{ x }}: y
      |    ^^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `a: "{{ x }}: y"`
    "#);
}

#[test]
fn syntax_errors_say_what_to_do() {
    assert_snapshot!(errors("a: b: c\n"), @"
    error: a colon that cannot begin a value
     --> test.yml:1:5
      |
    1 | a: b: c
      |     ^ unexpected `:`
      |
      = help: put quotes around text that contains `: `
      = help: the keys of one mapping, and the dashes of one list, must be indented alike
    ");
    assert_snapshot!(errors("a:\n  b: 1\n c: 2\n"), @"
    error: expected `key: value`
     --> test.yml:3:2
      |
    3 |  c: 2
      |  ^ not a key
      |
      = help: the keys of one mapping, and the dashes of one list, must be indented alike
    ");
    assert_snapshot!(errors("a: 1\nb\nc: 2\n"), @"
    error: expected `key: value`
     --> test.yml:2:1
      |
    2 | b
      | ^ a colon is missing
    ");
    assert_snapshot!(errors("a: [1, 2\nb: 3\n"), @"
    error: expected `,` or a closing bracket
     --> test.yml:2:2
      |
    1 | a: [1, 2
      |    - inside of what begins here
    2 | b: 3
      |  ^ unexpected `:`
    ");
    assert_snapshot!(errors("a: [1, 2}\n"), @"
    error: `[` is closed by `}`
     --> test.yml:1:4
      |
    1 | a: [1, 2}
      |    ^
    ");
    assert_snapshot!(errors("a: 'it's'\n"), @"
    error: text behind the closing quote
     --> test.yml:1:8
      |
    1 | a: 'it's'
      |        ^
      |
      = help: put the whole value in quotes; a single quote inside single quotes is written twice
    ");
    assert_snapshot!(errors("a: \"C:\\dir\"\n"), @r#"
    error: an unknown escape in this text
     --> test.yml:1:4
      |
    1 | a: "C:\dir"
      |    ^
      |
      = help: in double quotes `\` begins an escape: write `\\`, or use single quotes
    "#);
    assert_snapshot!(errors("a: \"x\n"), @r#"
    error: this quote is not closed
     --> test.yml:1:4
      |
    1 | a: "x
      |    ^
      |
      = help: text in quotes ends with the same quote; its further lines are indented
    "#);
    assert_snapshot!(errors("a: @x\n"), @"
    error: unquoted text cannot begin with `@`
     --> test.yml:1:4
      |
    1 | a: @x
      |    ^
      |
      = help: put quotes around it
    ");
    assert_snapshot!(errors("a: 1\n- b\n"), @"
    error: expected `key: value`
     --> test.yml:2:3
      |
    2 | - b
      |   ^ not a key
      |
      = help: the keys of one mapping, and the dashes of one list, must be indented alike
    ");
    assert_snapshot!(errors("a: - b\n"), @"
    error: a list cannot begin here
     --> test.yml:1:4
      |
    1 | a: - b
      |    ^ unexpected `-`
      |
      = help: begin the list on the next line
    ");
    assert_snapshot!(errors("a: *nope\nb: *no2\n"), @r#"
    error: no anchor `&nope` before this alias
     --> test.yml:1:4
      |
    1 | a: *nope
      |    ^^^^^
      |
      = help: text that begins with `*` must be in quotes: "*nope"

    error: no anchor `&no2` before this alias
     --> test.yml:2:4
      |
    2 | b: *no2
      |    ^^^^
      |
      = help: text that begins with `*` must be in quotes: "*no2"
    "#);
    assert_snapshot!(errors("a: &a [*a]\n"), @"
    error: an alias inside of what it stands for
     --> test.yml:1:8
      |
    1 | a: &a [*a]
      |        ^^
    ");
    assert_snapshot!(errors("a: 1\n---\nb: 2\n"), @"
    error: more than one document in a file
     --> test.yml:2:1
      |
    2 | ---
      | ^^^ a second one starts here
      |
      = help: put each document into a file of its own
    ");
    assert_snapshot!(errors("[a, b]: 1\n? {c: d}\n: 2\n"), @"
    error: a key must be text, not a list
     --> test.yml:1:1
      |
    1 | [a, b]: 1
      | ^^^^^^

    error: a key must be text, not a mapping
     --> test.yml:2:3
      |
    2 | ? {c: d}
      |   ^^^^^^
    ");
    assert_snapshot!(errors("a: !secret x\nb: !!int x\nc: !vault [x]\n"), @"
    error: unknown tag `!secret`; known are `!vault`, `!unsafe` and YAML's own such as `!!str`
     --> test.yml:1:4
      |
    1 | a: !secret x
      |    ^^^^^^^

    error: `!!int` does not go with `x`
     --> test.yml:2:4
      |
    2 | b: !!int x
      |    ^^^^^

    error: `!vault` goes with text only
     --> test.yml:3:4
      |
    3 | c: !vault [x]
      |    ^^^^^^
    ");
    assert_snapshot!(errors("a: {<<: 5}\n"), @"
    error: `<<` merges mappings, this is a whole number
     --> test.yml:1:9
      |
    1 | a: {<<: 5}
      |         ^
    ");
}

#[test]
fn tabs_in_the_indentation_are_errors() {
    assert_snapshot!(errors("a:\n\tb: 1\n"), @"
    error: a tab in the indentation
     --> test.yml:2:1
      |
    2 |     b: 1
      | ^^^^ YAML is indented with spaces only
    ");
    assert_snapshot!(errors("a:\n  b:\n  \tc: 1\n\td: 2\n"), @"
    error: a tab in the indentation
     --> test.yml:3:3
      |
    3 |       c: 1
      |   ^^^^ YAML is indented with spaces only
    ");
    assert_snapshot!(errors("\ta: 1\n"), @"
    error: a tab in the indentation
     --> test.yml:1:1
      |
    1 |     a: 1
      | ^^^^ YAML is indented with spaces only
    ");
    assert_snapshot!(errors("a:\n\t- 1\n"), @"
    error: a tab in the indentation
     --> test.yml:2:1
      |
    2 |     - 1
      | ^^^^ YAML is indented with spaces only
    ");
    assert_eq!(read("a:\t1\nb: |\n  \tx\n").to_json(), json!({"a": 1, "b": "\tx\n"}));
}
