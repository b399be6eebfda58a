//! What the reports say of one and the same run.

#![allow(clippy::unwrap_used)]

use super::github::Github;
use super::record::Record;
use super::text::Text;
use super::{Consumer, json, junit, markdown};
use crate::engine::event::CheckResult;
use crate::report::text::Look;
use crate::scenario::Step;
use crate::scenario::event::{Asked, Cell, Event, Evidence, Failure, Outcome, Verdict};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cell(platform: &str) -> Cell {
    Cell { scenario: "loki".to_owned(), platform: platform.to_owned(), variant: None }
}

fn done(platform: &str, step: Step, seen: &str, failure: Option<Failure>) -> Event {
    let verdict = if failure.is_some() { Verdict::Failed } else { Verdict::Passed };
    let result = |passed: bool, seen: &str| CheckResult {
        check: "loki/answers/http:is ready".to_owned(),
        passed,
        seen: seen.to_owned(),
        newest: None,
        millis: 40,
    };
    let checks = match step {
        Step::Verify => vec![
            Asked { host: "mon".to_owned(), result: result(true, "status 200") },
            Asked { host: "app".to_owned(), result: result(failure.is_none(), "port 3100 is <closed>") },
        ],
        _ => Vec::new(),
    };
    let text = if step == Step::Apply { "2 changes made".to_owned() } else { String::new() };
    let outcome = Outcome { verdict, seen: seen.to_owned(), failure, text, checks };
    Event::StepDone { cell: cell(platform), step, outcome, millis: 1200 }
}

/// One that passed, one that failed.
fn run() -> Vec<Event> {
    let failure = Failure {
        message: "1 of 2 failed: app: loki/answers/http:is ready: port 3100 is <closed>".to_owned(),
        details: vec!["app".to_owned(), "  failed  loki/answers/http:is ready".to_owned()],
        evidence: vec![Evidence { title: "journal of app".to_owned(), text: "```\nended".to_owned() }],
    };
    let over = |platform: &str, verdict, failed, kept: &[&str]| Event::CellDone {
        cell: cell(platform),
        verdict,
        failed,
        kept: kept.iter().map(|command| (*command).to_owned()).collect(),
        millis: 3600,
    };
    vec![
        Event::Started { cells: vec![cell("debian13"), cell("debian12")], jobs: 2 },
        Event::Step { cell: cell("debian13"), step: Step::Apply },
        done("debian13", Step::Apply, "2 changes", None),
        done("debian13", Step::Verify, "2 checks", None),
        over("debian13", Verdict::Passed, None, &["ssh root@10.0.0.1"]),
        done("debian12", Step::Apply, "2 changes", None),
        done("debian12", Step::Verify, "", Some(failure)),
        over("debian12", Verdict::Failed, Some(Step::Verify), &[]),
        Event::Finished { exit: 1, millis: 5000 },
    ]
}

fn shown(mut consumer: Box<dyn Consumer>) {
    run().iter().for_each(|event| consumer.event(event).unwrap());
}

fn record() -> Record {
    let mut record = Record::default();
    run().iter().for_each(|event| record.take(event));
    record
}

#[test]
fn for_a_person() {
    let (out, err) = (Page::default(), Page::default());
    let look = Look { verbose: 1, ..Look::default() };
    shown(Box::new(Text::new((Box::new(out.clone()), look), (Box::new(err.clone()), look), None)));
    insta::assert_snapshot!(out.text());
    insta::assert_snapshot!(err.text());
}

#[test]
fn options_have_a_column() {
    let page = Page::default();
    let mut text = Text::new((Box::new(page.clone()), Look::default()), (Box::new(io::sink()), Look::default()), None);
    let with = |variant: &str| Cell { variant: Some(variant.to_owned()), ..cell("debian13") };
    let cells = vec![cell("debian13"), with("loki_backend=package")];
    text.event(&Event::Started { cells: cells.clone(), jobs: 1 }).unwrap();
    for cell in cells {
        let (verdict, failed, kept, millis) = (Verdict::Passed, None, Vec::new(), 900);
        text.event(&Event::CellDone { cell, verdict, failed, kept, millis }).unwrap();
    }
    text.event(&Event::Finished { exit: 0, millis: 1000 }).unwrap();
    insta::assert_snapshot!(page.text(), @"
    2 scenario runs passed (1.0 s)

    scenario  platform  options               verdict  time
    loki      debian13                        ok       0.9 s
    loki      debian13  loki_backend=package  ok       0.9 s
    ");
}

#[test]
fn for_a_program() {
    let (document, lines) = (Page::default(), Page::default());
    shown(Box::new(json::Document::new(Box::new(document.clone()))));
    shown(Box::new(json::Lines::new(Box::new(lines.clone()))));
    insta::assert_snapshot!(document.text());
    insta::assert_snapshot!(lines.text());
}

#[test]
fn as_junit() {
    insta::assert_snapshot!(junit::xml(&record()).unwrap());
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(markdown::text(&record()));
}

#[test]
fn for_github() {
    let (out, commands) = (Page::default(), Page::default());
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    let look = Look::default();
    let text = Text::new((Box::new(out.clone()), look), (Box::new(io::sink()), look), None);
    shown(Box::new(Github::new(text, Box::new(commands.clone()), Some(summary.clone()))));
    insta::assert_snapshot!(commands.text(), @"::error file=molecule-tests/loki/scenario.yml,title=loki on debian12%3A verify::1 of 2 failed: app: loki/answers/http:is ready: port 3100 is <closed>");
    assert!(std::fs::read_to_string(summary).unwrap().contains("| loki | debian12 | **failed: verify** |"));
}
