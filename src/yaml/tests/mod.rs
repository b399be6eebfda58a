#![allow(clippy::unwrap_used, clippy::expect_used)]

mod syntax;

use super::*;
use crate::source::SourceFile;
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::json;

fn read(text: &str) -> Node {
    parse(&SourceFile::named("test.yml", text)).expect(text)
}

fn errors(text: &str) -> String {
    parse(&SourceFile::named("test.yml", text)).expect_err(text).to_string()
}

#[test]
fn a_document_becomes_a_tree() {
    let node = read("a: 1\nb: [x, {c: yes}]\nd:\n  - |\n    one\n    two\n  - >-\n    fold\n    ed\ne:\n");
    assert_eq!(node.to_json(), json!({"a": 1, "b": ["x", {"c": true}], "d": ["one\ntwo\n", "fold ed"], "e": null}));
}

#[test]
fn an_empty_text_is_null() {
    for text in ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "\u{feff}"] {
        assert_eq!(read(text).to_json(), json!(null), "{text:?}");
    }
    assert_eq!(read("\u{feff}a: 1\n").to_json(), json!({"a": 1}));
}

#[test]
fn scalars_are_read_as_ansible_reads_them() {
    let node = read(
        "[yes, No, ON, off, 'true', yEs, 0644, '0644', 0o644, 089, 0x1F, 0b101, 1_000, -5, +5, 0, ~, null, '', \
         1.5, 1., .5, 1e3, 1.5e3, 1.5e+3, -1_0.5, 1:30, 2024-01-01, 1.2.3.4, 99999999999999999999, <<, =, _1]",
    );
    assert_eq!(
        node.to_json(),
        json!([
            true,
            false,
            true,
            false,
            "true",
            "yEs",
            420,
            "0644",
            420,
            "089",
            31,
            5,
            1000,
            -5,
            5,
            0,
            null,
            null,
            "",
            1.5,
            1.0,
            0.5,
            "1e3",
            "1.5e3",
            1500.0,
            -10.5,
            "1:30",
            "2024-01-01",
            "1.2.3.4",
            "99999999999999999999",
            "<<",
            "=",
            "_1"
        ])
    );
    assert!(matches!(read(".inf").value, Value::Float(number) if number == f64::INFINITY));
    assert!(matches!(read("-.Inf").value, Value::Float(number) if number == f64::NEG_INFINITY));
    assert!(matches!(read(".nan").value, Value::Float(number) if number.is_nan()));
}

#[test]
fn tags_decide_before_the_looks() {
    let node = read("[!!str 12, !!int '12', !!float 1, !!bool 'no', !!null '', ! 7, !!str yes]");
    assert_eq!(node.to_json(), json!(["12", 12, 1.0, false, null, "7", "yes"]));
    let vault = read("!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n");
    assert!(matches!(&vault.value, Value::Vault(text) if text == "$ANSIBLE_VAULT;1.1;AES256\n6162\n"));
    assert!(matches!(&read("!unsafe '{{ x }}'").value, Value::String { text, verbatim: true } if text == "{{ x }}"));
    let list = read("!unsafe [a, {b: c}]");
    let inner = list.sequence().unwrap()[1].get("b").unwrap();
    assert!(matches!(inner.value, Value::String { verbatim: true, .. }));
}

#[test]
fn keys_are_text_as_written() {
    assert_eq!(
        read("{1: a, yes: b, 0644: c, ~: d, 1.50: e}").to_json(),
        json!({"1": "a", "yes": "b", "0644": "c", "~": "d", "1.50": "e"})
    );
}

#[test]
fn merge_keys_give_way_to_own_keys() {
    let node = read(
        "base: &base {a: 1, b: 2}\nother: &other {b: 3, c: 4}\none: {b: 9, <<: *base}\ntwo: {<<: [*base, *other]}\n\
         three: {'<<': *base}\n",
    );
    assert_eq!(node.get("one").unwrap().to_json(), json!({"b": 9, "a": 1}));
    assert_eq!(node.get("two").unwrap().to_json(), json!({"a": 1, "b": 2, "c": 4}));
    assert_eq!(node.get("three").unwrap().to_json(), json!({"<<": {"a": 1, "b": 2}}));
}

#[test]
fn a_key_given_twice_is_an_error_that_shows_both() {
    assert_snapshot!(errors("a: 1\nb: {c: 1, c: 2}\na: 2\n"), @"
    error: duplicate key `c`
     --> test.yml:2:11
      |
    2 | b: {c: 1, c: 2}
      |     -     ^
      |     |
      |     first given here

    error: duplicate key `a`
     --> test.yml:3:1
      |
    1 | a: 1
      | - first given here
    2 | b: {c: 1, c: 2}
    3 | a: 2
      | ^
    ");
}

#[test]
fn bombs_are_refused() {
    let deep = "[".repeat(5000);
    assert!(errors(&deep).starts_with("error: nested too deeply"));
    let deep = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>();
    assert!(errors(&deep).starts_with("error: nested too deeply"));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    assert!(errors(&bomb).starts_with("error: aliases make this text too large"));
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..5000 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(errors(&chain).starts_with("error: aliases make this text too large"));
}

/// The piece of the file that a piece of the text at `path` is mapped to.
fn within(text: &str, piece: &str) -> String {
    let node = read(text);
    let value = node.get("a").unwrap();
    let start = value.as_str().unwrap().find(piece).expect(piece);
    let span = value.span_within(start..start + piece.len());
    text[span.start..span.end].to_owned()
}

#[test]
fn a_place_in_the_text_is_a_place_in_the_file() {
    assert_eq!(within("a: x {{ y }}\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: '{{ y }} é{{ z }}'\n", "{{ z }}"), "{{ z }}");
    assert_eq!(within("a: 'it''s {{ y }}'\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: \"a\\nb \\\"{{ y }}\"\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: \"\\u00e9 {{ y }}\"\n", "{{ y }}"), "\"\\u00e9 {{ y }}\"");
    assert_eq!(within("a: \"one {{ y\n    + z }} two\"\n", "+ z"), "+ z");
    assert_eq!(within("a: |\n  one\n    two\n  {{ y }}\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: |\n\n  one\n\n\n    {{ y }}\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: |2\n    x\n  {{ y }}\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: |\r\n  one\r\n  {{ y }}\r\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: |\n  \"one\"\n  {{ y }}", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: >-\n  one\n  two\n\n  {{ y }}\n   more\n  end\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: >-\n  one\n  two\n\n  {{ y }}\n   more\n  end\n", "end"), "end");
    assert_eq!(within("a: one\n  two\n\n  {{ y }}\n", "{{ y }}"), "{{ y }}");
    assert_eq!(within("a: |\n  one\n  two\n", "one\n"), "one\n");
}

#[test]
fn collections_are_where_their_first_line_is() {
    let text = "a:\n  b: 1\n  c: 2\nd: [1,\n  2]\ne: {f: 1}\n";
    let node = read(text);
    let slice = |node: &Node| text[node.span.start..node.span.end].to_owned();
    assert_eq!(slice(&node), "a:");
    assert_eq!(slice(node.get("a").unwrap()), "b: 1");
    assert_eq!(slice(node.get("d").unwrap()), "[1,");
    assert_eq!(slice(node.get("e").unwrap()), "{f: 1}");
}

fn check(node: &Node, text: &str) {
    let good = |span: &Span| text.get(span.start..span.end).is_some();
    assert!(good(&node.span), "{:?}", node.span);
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| check(item, text)),
        Value::Mapping(entries) => entries.iter().for_each(|entry| {
            assert!(good(&entry.key_span));
            check(&entry.value, text);
        }),
        Value::String { text: content, .. } => {
            for (start, character) in content.char_indices() {
                assert!(good(&node.span_within(start..start + character.len_utf8())));
                assert!(good(&node.span_within(start..content.len())));
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_fail(text in prop_oneof![
        "(?s).{0,80}",
        "[-a: \\n\\t\\r{}\\[\\]|>&*!%'\"#?,0x~<.\u{e9}\u{feff}\u{1f600}]{0,60}",
        "((  )?(- )?(a|b|<<)?: ?(\\{\\{ x \\}\\}|&a |\\*a|!vault |!!str |'x\\n  y'|\"\\\\n\"|\\|\\n  t\\n   u|>-\\n  t\\n  u|\\[1, |\\])?(\\r?\\n)){0,8}",
    ]) {
        let file = SourceFile::named("any.yml", text.clone());
        match parse(&file) {
            Ok(node) => check(&node, &text),
            Err(errors) => {
                for error in errors.iter() {
                    for (span, _) in error.primary.iter().chain(&error.secondary) {
                        prop_assert!(text.get(span.start..span.end).is_some(), "{span:?} {}", error.message);
                    }
                }
                prop_assert!(errors.to_string().starts_with("error: "));
            }
        }
    }

    #[test]
    fn a_literal_block_maps_back_exactly(lines in prop::collection::vec(" {0,3}[a-z\u{e9}\"']{1,6}", 1..6)) {
        let text = format!("a: |2\n{}", lines.iter().map(|line| format!("  {line}\n")).collect::<String>());
        let node = read(&text);
        let value = node.get("a").unwrap();
        let content = value.as_str().unwrap();
        for (start, character) in content.char_indices() {
            let span = value.span_within(start..start + character.len_utf8());
            prop_assert_eq!(&text[span.start..span.end], character.to_string());
        }
    }
}
