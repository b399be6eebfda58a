//! What became of each host: the events of a run, sorted by what they are about.

use crate::engine::event::{ActionResult, CheckResult, Event, Failure, HostPlan, Outcome};
use indexmap::IndexMap;
use serde::Serialize;

/// All that is known of one host.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HostRecord {
    /// How it ended; none if the run ended before.
    #[serde(flatten)]
    pub outcome: Option<Outcome>,
    /// What would change or has changed there; none if no plan could be made, or none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<HostPlan>,
    /// What failed there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// The checks that were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckResult>,
    /// What came of actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionResult>,
    /// What the user should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Programs sent to it and answered.
    pub exchanges: usize,
    /// Time spent on it.
    pub millis: u64,
}

impl HostRecord {
    /// The number of planned changes.
    pub fn planned(&self) -> usize {
        self.plan.as_ref().map_or(0, HostPlan::count)
    }

    /// The number of changes made by roles that are done.
    pub fn done(&self) -> usize {
        match self.outcome {
            Some(Outcome::Changed { changes } | Outcome::Failed { changes } | Outcome::Skipped { changes, .. }) => {
                changes
            }
            _ => 0,
        }
    }

    /// The number of changes that stay although their role was put back.
    pub fn stays(&self) -> usize {
        self.failures.iter().map(|failure| failure.stays).sum()
    }

    /// The number of changes made.
    pub fn made(&self) -> usize {
        self.done() + self.stays()
    }

    /// Whether a role there is neither done nor put back, as far as is known.
    pub fn open(&self) -> bool {
        self.failures.iter().any(|failure| failure.open)
    }

    /// Whether something failed there.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Failed { .. })) || !self.failures.is_empty()
    }

    /// Whether the answer of a check is all there is to say of a failure.
    pub fn is_answer(&self, failure: &Failure) -> bool {
        failure.output.is_empty()
            && failure.restored.is_empty()
            && failure.left.is_empty()
            && self.checks.iter().any(|check| !check.passed && check.check == failure.place)
    }

    /// The checks that failed and of which no failure says more.
    pub fn unanswered(&self) -> impl Iterator<Item = &CheckResult> {
        let said = |check: &CheckResult| {
            self.failures.iter().any(|failure| failure.place == check.check && !self.is_answer(failure))
        };
        self.checks.iter().filter(move |check| !check.passed && !said(check))
    }

    /// How many checks were answered with yes.
    pub fn passed(&self) -> usize {
        self.checks.iter().filter(|check| check.passed).count()
    }
}

/// A run, as far as it has come.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// `diff`, `apply` or `verify`.
    pub command: &'static str,
    /// The hosts, in inventory order.
    pub hosts: IndexMap<String, HostRecord>,
    /// What the user should know of the run as a whole.
    pub notes: Vec<String>,
    /// The exit code, once it is over.
    pub exit: Option<u8>,
    /// How long it took, once it is over.
    pub millis: u64,
}

/// A run in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Hosts that the run is about.
    pub hosts: usize,
    /// Hosts whose plan has changes.
    pub hosts_with_changes: usize,
    /// Changes in the plans of all hosts.
    pub planned: usize,
    /// Hosts on which something was changed, and stays so.
    pub hosts_changed: usize,
    /// Changes that were made, and stay.
    pub made: usize,
    /// Those among them whose role was put back.
    #[serde(skip_serializing_if = "is_zero")]
    pub stays: usize,
    /// Hosts on which a role is neither done nor put back, as far as is known.
    #[serde(skip_serializing_if = "is_zero")]
    pub open: usize,
    /// Checks that were answered with yes.
    pub checks_passed: usize,
    /// Checks that were not.
    pub checks_failed: usize,
    /// Hosts on which something failed.
    pub failed: usize,
    /// Hosts that could not be reached.
    pub unreachable: usize,
    /// Hosts on which what was still to be done was not begun.
    pub skipped: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes it so
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Record {
    /// Takes in one event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Started { command, hosts } => {
                self.command = command;
                self.hosts = hosts.iter().map(|host| (host.clone(), HostRecord::default())).collect();
            }
            Event::Phase { .. } | Event::Pulled { .. } | Event::StepDone { .. } | Event::RoleDone { .. } => {}
            Event::Planned { host, plan } => self.host(host).plan = Some(plan.clone()),
            Event::Checked { host, result } => self.host(host).checks.push(result.clone()),
            Event::Acted { host, result } => self.host(host).actions.push(result.clone()),
            Event::Failed { host, failure } => self.host(host).failures.push(failure.clone()),
            Event::Note { host: Some(host), text } => self.host(host).notes.push(text.clone()),
            Event::Note { host: None, text } => self.notes.push(text.clone()),
            Event::HostDone { host, outcome, exchanges, millis } => {
                let record = self.host(host);
                record.outcome = Some(outcome.clone());
                record.exchanges = *exchanges;
                record.millis = *millis;
            }
            Event::Finished { exit, millis } => {
                self.exit = Some(*exit);
                self.millis = *millis;
            }
        }
    }

    fn host(&mut self, name: &str) -> &mut HostRecord {
        self.hosts.entry(name.to_owned()).or_default()
    }

    /// The run in numbers.
    pub fn summary(&self) -> Summary {
        let mut sum = Summary { hosts: self.hosts.len(), ..Summary::default() };
        for host in self.hosts.values() {
            sum.planned += host.planned();
            sum.hosts_with_changes += usize::from(host.planned() > 0);
            sum.made += host.made();
            sum.stays += host.stays();
            sum.open += usize::from(host.open());
            sum.hosts_changed += usize::from(host.made() > 0);
            sum.checks_passed += host.passed();
            sum.checks_failed += host.checks.len() - host.passed();
            match host.outcome {
                Some(Outcome::Unreachable { .. }) => sum.unreachable += 1,
                Some(Outcome::Skipped { .. }) => sum.skipped += 1,
                _ if host.failed() => sum.failed += 1,
                _ => {}
            }
        }
        sum
    }
}
