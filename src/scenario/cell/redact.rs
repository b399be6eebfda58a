//! Takes the secrets out of what a step came to, once, before any report sees it.

use crate::engine::event::CheckResult;
use crate::scenario::event::{Asked, Evidence, Failure, StepOutcome, Took};
use crate::secret::Secrets;

/// The outcome without the secrets that are known so far. Names of hosts, files and steps stay.
pub fn outcome(outcome: StepOutcome, secrets: &[Secrets]) -> StepOutcome {
    let hidden = |text: &str| secrets.iter().fold(text.to_owned(), |text, secrets| secrets.redact(&text));
    let own = |text: &str| secrets.iter().fold(text.to_owned(), |text, secrets| secrets.redact_own(&text));
    let StepOutcome { verdict, seen, failure, text, checks, took } = outcome;
    let failure = failure.map(|Failure { message, details, at, evidence }| Failure {
        message: hidden(&message),
        // as one text, for a secret of several lines
        details: match details.as_slice() {
            [] => Vec::new(),
            lines => hidden(&lines.join("\n")).split('\n').map(str::to_owned).collect(),
        },
        at,
        evidence: evidence
            .into_iter()
            .map(|Evidence { title, text }| Evidence { title: own(&title), text: hidden(&text) })
            .collect(),
    });
    let checks = checks.into_iter().map(|Asked { host, result }| {
        let CheckResult { check, passed, seen, newest, millis } = result;
        Asked { host, result: CheckResult { check: own(&check), passed, seen: hidden(&seen), newest, millis } }
    });
    let took = took.into_iter().map(|Took { host, what, millis }| Took { host, what: own(&what), millis }).collect();
    StepOutcome { verdict, seen: hidden(&seen), failure, text: hidden(&text), checks: checks.collect(), took }
}
