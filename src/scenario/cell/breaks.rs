//! What a scenario breaks on purpose, and which checks must notice: a check that cannot fail proves nothing.

use super::outcome::Bad;
use super::{Job, Known};
use crate::engine::event::CheckResult;
use crate::engine::request::Command;
use crate::scenario::event::Asked;
use crate::scenario::inputs::{self, What};
use crate::scenario::{Break, Scenario};
use std::time::{Duration, Instant};

/// How long to wait before all checks are asked again.
const PAUSE: Duration = Duration::from_millis(500);

impl Break {
    /// The checks of these that fail, of those that must.
    fn noticed<'a>(&'a self, asked: &[Asked]) -> Vec<&'a str> {
        let failed = |text: &str| asked.iter().any(|asked| !asked.result.passed && matches(asked, text));
        self.fails.iter().map(String::as_str).filter(|text| failed(text)).collect()
    }
}

/// Whether a text is part of what a check is called.
fn matches(asked: &Asked, text: &str) -> bool {
    format!("{} {}", asked.host, asked.result.check).contains(text)
}

/// The scenario with other variables.
fn with_vars(scenario: &Scenario, broken: &Break) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.vars.retain(|var| !broken.vars.iter().any(|other| other.key == var.key));
    scenario.vars.extend(broken.vars.iter().cloned());
    scenario
}

impl Job {
    /// Breaks one thing after the other, waits until the checks that must notice have failed, mends it, and waits until
    /// all checks are answered with yes again.
    pub(super) async fn breaks(&self, known: &Known) -> Result<Vec<Asked>, Bad> {
        let mut results = Vec::new();
        for broken in &self.scenario.breaks {
            let begun = Instant::now();
            let set = self.set(known)?;
            set.run(&broken.on, &format!("set -eu\n{}", broken.run)).await?;
            let hurried = with_vars(&self.scenario, broken);
            let all = |asked: &[Asked]| broken.noticed(asked).len() == broken.fails.len();
            let asked = self.until(known, &hurried, broken.within, all).await;
            if let Some(heal) = &broken.heal {
                set.run(&broken.on, &format!("set -eu\n{heal}")).await?;
            }
            let asked = asked?;
            let noticed = broken.noticed(&asked);
            let missed: Vec<&str> =
                broken.fails.iter().map(String::as_str).filter(|text| !noticed.contains(text)).collect();
            if !missed.is_empty() {
                let message =
                    format!("broken: {}; but nothing failed that is called {:?}", broken.name, missed.join(", "));
                return Err(Bad::new(message));
            }
            let well = |asked: &[Asked]| !asked.is_empty() && asked.iter().all(|asked| asked.result.passed);
            let after = self.until(known, &self.scenario, broken.within, well).await?;
            if let Some(still) = after.iter().find(|asked| !asked.result.passed) {
                let message = format!(
                    "mended: {}; but {}: {} still fails: {}",
                    broken.name, still.host, still.result.check, still.result.seen
                );
                return Err(Bad::new(message));
            }
            let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let seen = format!("noticed by {}", noticed.join(", "));
            let check = format!("breaks:{}", broken.name);
            let result = CheckResult { check, passed: true, seen, newest: None, millis };
            results.push(Asked { host: broken.on.clone(), result });
        }
        Ok(results)
    }

    /// Asks all checks again and again until they come out as wanted, or the time is over.
    async fn until(
        &self,
        known: &Known,
        scenario: &Scenario,
        within: Duration,
        wanted: impl Fn(&[Asked]) -> bool,
    ) -> Result<Vec<Asked>, Bad> {
        let begun = Instant::now();
        loop {
            let mut project = self.load_as(known, scenario, What::Roles)?;
            inputs::add_checks(&mut project, scenario)?;
            let asked = self.engine(Command::Verify { within: None }, project).await?.checks;
            if wanted(&asked) || begun.elapsed() >= within || self.is_stopping() {
                return Ok(asked);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
