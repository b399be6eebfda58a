#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use insta::assert_snapshot;

fn span(file: &Arc<SourceFile>, word: &str) -> Span {
    let start = file.text().find(word).expect(word);
    Span::new(file, start, start + word.len())
}

#[test]
fn an_error_shows_its_line_a_label_and_a_hint() {
    let file = SourceFile::named("site.yml", "- name: Collectors\n  hots: clients\n  roles: []\n");
    let error = Diagnostic::at(&span(&file, "hots"), "unknown key `hots` in a play")
        .label("known here: name, hosts, roles")
        .hint("did you mean `hosts`?");
    assert_snapshot!(Diagnostics::from(error), @"
    error: unknown key `hots` in a play
     --> site.yml:2:3
      |
    2 |   hots: clients
      |   ^^^^ known here: name, hosts, roles
      |
      = help: did you mean `hosts`?
    ");
}

#[test]
fn what_is_secret_is_covered_and_nothing_moves() {
    let file = SourceFile::named("hosts.yml", "web: { pass: größer, port: x }\ndb: { pass: größer größer }\n");
    let error = Diagnostic::at(&span(&file, "x"), "`port` is no number, with größer")
        .also(&Span::new(&file, file.text().len() - 3, file.text().len() - 2), "größer")
        .hint("not größer");
    let hide = |text: &str| text.replace("größer", "********");
    let shown = Diagnostics::from(error).without(&hide, &hide);
    assert_snapshot!(shown, @"
    error: `port` is no number, with ********
     --> hosts.yml:1:28
      |
    1 | web: { pass: **··**, port: x }
      |                            ^
    2 | db: { pass: **··*****··** }
      |                          - ********
      |
      = help: not ********
    ");
}

#[test]
fn other_places_are_shown_too() {
    let one = SourceFile::named("one.yml", "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\na: 6\n");
    let two = SourceFile::named("two.yml", "x:\n  a: 1\n");
    let error = Diagnostic::at(&Span::new(&one, 25, 26), "duplicate key `a`")
        .also(&Span::new(&one, 0, 1), "first given here")
        .also(&span(&two, "a"), "and here");
    assert_snapshot!(Diagnostics::from(error), @"
    error: duplicate key `a`
     --> one.yml:6:1
      |
    1 | a: 1
      | - first given here
    ...
    6 | a: 6
      | ^
      |
     ::: two.yml:2:3
      |
    2 |   a: 1
      |   - and here
    ");
}

#[test]
fn errors_are_sorted_and_shown_once() {
    let file = SourceFile::named("x.yml", "one: 1\ntwo: 2\n");
    let mut errors = Diagnostics::new();
    errors.push(Diagnostic::at(&span(&file, "two"), "second"));
    errors.push(Diagnostic::at(&span(&file, "one"), "first"));
    errors.push(Diagnostic::at(&span(&file, "two"), "second"));
    errors.push(Diagnostic::new("no place").hint("do something"));
    assert_snapshot!(errors, @"
    error: no place
    help: do something

    error: first
     --> x.yml:1:1
      |
    1 | one: 1
      | ^^^

    error: second
     --> x.yml:2:1
      |
    2 | two: 2
      | ^^^
    ");
}

#[test]
fn tabs_wide_letters_and_line_ends_keep_the_caret_in_place() {
    let file = SourceFile::named("x.yml", "a:\r\n\tname: 日本 x\r\n\tö: \u{1f600} y\r\n");
    let mut errors = Diagnostics::new();
    errors.push(Diagnostic::at(&span(&file, "x\r"), "one"));
    errors.push(Diagnostic::at(&span(&file, "y\r\n"), "two"));
    assert_snapshot!(errors, @"
    error: one
     --> x.yml:2:11
      |
    2 |     name: 日本 x
      |                ^

    error: two
     --> x.yml:3:7
      |
    3 |     ö: 😀 y
      |           ^
    ");
}

#[test]
fn the_end_of_a_file_is_behind_its_last_line() {
    let file = SourceFile::named("x.yml", "a: [1,\n");
    let end = file.text().len();
    assert_snapshot!(Diagnostics::from(Diagnostic::at(&Span::new(&file, end, end), "expected `]`")), @"
    error: expected `]`
     --> x.yml:1:7
      |
    1 | a: [1,
      |       ^
    ");
    let empty = SourceFile::named("empty.yml", "");
    assert_snapshot!(Diagnostics::from(Diagnostic::at(&Span::new(&empty, 0, 0), "expected a list of plays")), @"
    error: expected a list of plays
     --> empty.yml:1:1
      |
    1 |
      | ^
    ");
}

#[test]
fn a_long_line_is_cut_around_the_caret() {
    let file = SourceFile::named("x.yml", format!("a: {} here {}\n", "left ".repeat(100), "right ".repeat(100)));
    assert_snapshot!(Diagnostics::from(Diagnostic::at(&span(&file, "here"), "wrong").label("this")), @"
    error: wrong
     --> x.yml:1:505
      |
    1 | ...eft left left left left left left left left left  here right right right right right right right right right r...
      |                                                      ^^^^ this
    ");
}

#[test]
fn a_span_over_lines_shows_the_first() {
    let file = SourceFile::named("x.yml", "a: |\n  one\n  two\n");
    assert_snapshot!(Diagnostics::from(Diagnostic::at(&Span::new(&file, 7, 17), "wrong")), @"
    error: wrong
     --> x.yml:2:3
      |
    2 |   one
      |   ^^^
    ");
}

#[test]
fn a_control_sequence_does_not_reach_the_terminal() {
    let file = SourceFile::named("x.yml", "a: \u{1b}[31mred\n");
    let error = Diagnostic::at(&span(&file, "a"), "unknown \u{1b}[31m").label("\u{1b}[1m").hint("\u{1b}c");
    assert!(!Diagnostics::from(error).to_string().contains('\u{1b}'));
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let errors = Diagnostics::from(Diagnostic::new("wrong"));
    assert!(errors.render(true).contains('\u{1b}'));
    assert_eq!(errors.render(false), "error: wrong");
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yml");
    let error = |path: &Path| {
        SourceFile::read(path).unwrap_err().to_string().replace(&*folder.path().display().to_string(), "")
    };
    assert_snapshot!(error(&path), @"error: /x.yml: no such file");
    assert_snapshot!(error(folder.path()), @"error: : a folder, not a file");
    std::fs::write(&path, b"name: x\nplace: K\xf6ln\n").unwrap();
    assert_snapshot!(error(&path), @"
    error: not UTF-8 text
     --> /x.yml:2:9
      |
    2 | place: K�ln
      |         ^ this byte is no text
    ");
    std::fs::File::create(&path).unwrap().set_len(17 << 20).unwrap();
    assert_snapshot!(error(&path), @"error: /x.yml: larger than 16 MiB");
    std::fs::write(&path, "a: 1\n").unwrap();
    assert_eq!(SourceFile::read(&path).unwrap().text(), "a: 1\n");
}

proptest::proptest! {
    #[test]
    fn any_span_of_any_text_can_be_shown(text in ".{0,60}|(?s).{0,60}|[a\\n\\r\\t\u{e9}\u{65e5}]{0,20}", start in 0..80_usize, length in 0..80_usize, other in 0..80_usize) {
        let file = SourceFile::named("x", text);
        let error = Diagnostic::at(&Span::new(&file, start, start + length), "wrong").label("here").also(&Span::new(&file, other, other + 1), "there");
        let errors = Diagnostics::from(error);
        proptest::prop_assert!(errors.render(false).contains("wrong"));
    }
}
