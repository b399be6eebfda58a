//! Unit files read and written.

use super::told;
use crate::quadlet::UnitFile;
use insta::{assert_debug_snapshot, assert_snapshot};
use proptest::prelude::*;

const TEXT: &str = "\
# A comment above.
[Unit]
Description=Loki

[Container]
Image = docker.io/grafana/loki:3.5.0
Exec=-config.file=/etc/loki.yaml \\
  # a comment between
  -target=all
; another comment
Volume=a:/a
Volume=
Volume=b:/b
Label=\"x y\"

[Unit]
After=b.service
# The end.
";

#[test]
fn sections_that_are_written_twice_are_one() {
    assert_snapshot!(UnitFile::parse(TEXT).unwrap(), @r#"
    # A comment above.
    [Unit]
    Description=Loki
    After=b.service

    [Container]
    Image=docker.io/grafana/loki:3.5.0
    Exec=-config.file=/etc/loki.yaml -target=all
    ; another comment
    Volume=a:/a
    Volume=
    Volume=b:/b
    Label="x y"
    # The end.
    "#);
}

#[test]
fn entries_know_their_lines() {
    let unit = UnitFile::parse(TEXT).unwrap();
    let lines: Vec<_> = unit
        .sections
        .iter()
        .flat_map(|section| section.entries())
        .map(|entry| format!("{}: {}={}", entry.line, entry.key, entry.value))
        .collect();
    assert_debug_snapshot!(lines, @r#"
    [
        "3: Description=Loki",
        "17: After=b.service",
        "6: Image=docker.io/grafana/loki:3.5.0",
        "7: Exec=-config.file=/etc/loki.yaml -target=all",
        "11: Volume=a:/a",
        "12: Volume=",
        "13: Volume=b:/b",
        "14: Label=\"x y\"",
    ]
    "#);
}

#[test]
fn an_empty_value_forgets_those_before_it() {
    let unit = UnitFile::parse(TEXT).unwrap();
    let volumes: Vec<_> = unit.all("Container", "Volume").iter().map(|entry| entry.value.as_str()).collect();
    assert_eq!(volumes, ["b:/b"]);
    assert_eq!(unit.last("Container", "Label").unwrap().text(), "x y");
}

#[test]
fn all_bad_lines_are_told_at_once() {
    let text = "Image=x\n[Container\n[]\n[Container]\nImage\n=x\nImage=x \\\n";
    assert_snapshot!(told(&UnitFile::parse(text).unwrap_err()), @"
    1: `Image=x` is in no section: the first line must be one, such as [Unit]
    2: `[Container` is no section: expected a name in brackets, such as [Unit]
    3: `[]` is no section: expected a name in brackets, such as [Unit]
    5: `Image` is neither a section nor KEY=VALUE
    6: `=x` is neither a section nor KEY=VALUE
    ");
}

#[test]
fn comments_are_kept_where_they_are() {
    assert_eq!(UnitFile::parse("# one\n\n; two\n").unwrap().to_string(), "# one\n\n; two\n");
    assert_eq!(UnitFile::parse("").unwrap().sections, []);
    let unit = UnitFile::parse("[A]\n[B]\n[A]\na=b\n# The end.\n").unwrap();
    assert_eq!(unit.to_string(), "[A]\na=b\n\n[B]\n# The end.\n");
}

/// Lines as people write them, and some that they should not.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        prop_oneof!["A", "B", "C D"].prop_map(|name| format!("[{name}]")),
        ("[A-Z][a-z]{0,3}", "[ -~äß]{0,8}").prop_map(|(key, value)| format!("{key}={value}")),
        ("[A-Z][a-z]{0,3}", "[ -~]{0,5}").prop_map(|(key, value)| format!("{key} = {value}\\")),
        "[#;][ -~]{0,5}",
        "[ \t]{0,2}",
        "[ -~]{0,6}",
    ]
}

proptest! {
    /// What was read is written such that the same is read again, and the text of it stays as it is.
    #[test]
    fn written_and_read_is_the_same(lines in proptest::collection::vec(line(), 0..12)) {
        if let Ok(unit) = UnitFile::parse(&lines.join("\n")) {
            let text = unit.to_string();
            let again = UnitFile::parse(&text).map_err(|problems| TestCaseError::fail(told(&problems)))?;
            prop_assert_eq!(&without_lines(again.clone()), &without_lines(unit));
            prop_assert_eq!(again.to_string(), text);
        }
    }
}

/// Sections and entries move when they are written.
fn without_lines(mut unit: UnitFile) -> UnitFile {
    for section in &mut unit.sections {
        section.line = 0;
        for line in &mut section.lines {
            if let crate::quadlet::unit_file::Line::Entry(entry) = line {
                entry.line = 0;
            }
        }
    }
    unit
}
