//! A run as JUnit XML: a suite for each scenario on a platform, a case for each step and each check.

use super::Consumer;
use super::record::{Entry, Made, Record};
use crate::scenario::event::{Asked, Cell, Evidence, TestEvent, Verdict};
use jiff::Timestamp;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Lines of each evidence that a failed case has.
const LINES: usize = 40;

/// Writes a file when the run is over.
pub struct Junit {
    path: PathBuf,
    record: Record,
}

impl Junit {
    /// Writes to this file.
    pub fn new(path: PathBuf) -> Self {
        Self { path, record: Record::default() }
    }
}

impl Consumer for Junit {
    fn event(&mut self, event: &TestEvent) -> io::Result<()> {
        self.record.take(event);
        match event {
            TestEvent::Finished { .. } => {
                let text = xml(&self.record)?;
                std::fs::write(&self.path, text)
                    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.path.display())))
            }
            _ => Ok(()),
        }
    }

    fn interrupted(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// The whole report.
pub fn xml(record: &Record) -> io::Result<String> {
    let mut report = Report::new("solti test");
    report.set_time(Duration::from_millis(record.millis));
    report.timestamp = time(record.begun);
    report.add_test_suites(record.cells.iter().map(|(cell, entry)| suite(cell, entry)));
    report.to_string().map_err(io::Error::other)
}

/// A moment as the report's own kind, which is parsed rather than named: its crate is no other concern of solti's.
fn time<T: FromStr>(at: Option<Timestamp>) -> Option<T> {
    format!("{:.3}", at?).parse().ok()
}

/// A text of a host without the characters that XML has no way to write. Control characters and colours are taken out
/// by the report itself.
fn valid(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn suite(cell: &Cell, entry: &Entry) -> TestSuite {
    let name = cell.to_string();
    let mut suite = TestSuite::new(name.clone());
    suite.set_time(Duration::from_millis(entry.millis));
    suite.timestamp = time(entry.begun);
    suite.add_property(("scenario", cell.scenario.as_str()));
    suite.add_property(("platform", cell.platform.as_str()));
    for made in &entry.steps {
        suite.add_test_case(step(&name, made));
        suite.add_test_cases(made.outcome.checks.iter().map(|asked| check(&name, made, asked)));
    }
    if entry.steps.is_empty() {
        let mut case = TestCase::new("create", TestCaseStatus::skipped());
        case.set_classname(name);
        suite.add_test_case(case);
    }
    suite
}

fn step(suite: &str, made: &Made) -> TestCase {
    let status = match (made.outcome.verdict, &made.outcome.failure) {
        (Verdict::Passed, _) => TestCaseStatus::success(),
        (Verdict::Interrupted, _) => TestCaseStatus::skipped(),
        (Verdict::Failed, failure) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            if let Some(failure) = failure {
                status.set_message(valid(&failure.message)).set_description(valid(&failure.details.join("\n")));
            }
            status
        }
    };
    let mut case = TestCase::new(made.step.name(), status);
    case.set_classname(suite).set_time(Duration::from_millis(made.millis));
    case.timestamp = time(made.begun);
    if !made.outcome.text.is_empty() {
        case.set_system_out(valid(&made.outcome.text));
    }
    let evidence = made.outcome.failure.as_ref().filter(|_| made.outcome.verdict == Verdict::Failed);
    let evidence: Vec<String> = evidence.iter().flat_map(|failure| &failure.evidence).map(last).collect();
    if !evidence.is_empty() {
        case.set_system_err(valid(&evidence.join("\n\n")));
    }
    case
}

/// The last lines of an evidence, under its title.
fn last(evidence: &Evidence) -> String {
    let lines: Vec<&str> = evidence.text.trim_end().lines().collect();
    let from = lines.len().saturating_sub(LINES);
    format!("--- {}\n{}", evidence.title, lines[from..].join("\n"))
}

fn check(suite: &str, made: &Made, asked: &Asked) -> TestCase {
    let mut status = TestCaseStatus::success();
    // of a step that failed as it should, the check that did is no failure
    if !asked.result.passed && made.outcome.verdict != Verdict::Passed {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(valid(&asked.result.seen));
    }
    let mut case = TestCase::new(valid(&format!("{}: {}: {}", made.step, asked.host, asked.result.check)), status);
    case.set_classname(suite).set_time(Duration::from_millis(asked.result.millis));
    case
}
