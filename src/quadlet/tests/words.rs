//! Words split and quoted.

use crate::quadlet::words::{Escapes, join, split};
use insta::assert_debug_snapshot;
use proptest::prelude::*;

#[test]
fn command_lines_are_split_as_systemd_does() {
    let words = split(r#"/bin/a "b c" 'd"e' f\x20g \110i "" x"y z"w \u00e4 a\ts"#, Escapes::C).unwrap();
    assert_debug_snapshot!(words, @r#"
    [
        "/bin/a",
        "b c",
        "d\"e",
        "f g",
        "Hi",
        "",
        "xy zw",
        "ä",
        "a\ts",
    ]
    "#);
    assert_eq!(split(r"C:\new 'a b'", Escapes::Keep).unwrap(), [r"C:\new", "a b"]);
    assert_eq!(split(" \t ", Escapes::C).unwrap(), [""; 0]);
}

#[test]
fn what_is_wrong_with_words_is_told() {
    let errors: Vec<_> = ["a 'b", r"\q", r"\x4", r"a\", r"\000", r"\ud800"]
        .iter()
        .map(|text| split(text, Escapes::C).unwrap_err())
        .collect();
    assert_debug_snapshot!(errors, @r#"
    [
        "the quote ' is not closed",
        "`\\q` is no escape",
        "`\\x` needs 2 digits",
        "there is nothing behind the last backslash",
        "`\\0` stands for no character",
        "`\\u` stands for no character",
    ]
    "#);
}

proptest! {
    #[test]
    fn quoted_and_split_is_the_same(words in proptest::collection::vec("[ -~\t\näß\u{1}\u{7f}]{0,6}", 0..5)) {
        prop_assert_eq!(split(&join(&words), Escapes::C).unwrap(), words);
    }
}
