//! Asking checks on one host until all are answered with yes, or are late.

use super::checks;
use super::event::{CheckResult, Event, Phase};
use super::planner::Identity;
use super::progress::millis;
use super::request::Interrupt;
use super::resolve::ResolvedCheck;
use super::session::{Session, Stop};
use super::step;
use crate::resource::check::Verdict;
use std::time::{Duration, Instant};

impl Session {
    /// Asks checks until all are answered with yes. Gives the first that was not in time, and why.
    ///
    /// # Errors
    /// When the host is lost.
    pub async fn ask(
        &mut self,
        identity: &Identity,
        role: &str,
        all: &[ResolvedCheck],
        in_step: bool,
    ) -> Result<Option<(String, String)>, Stop> {
        let begun = Instant::now();
        let mut pending: Vec<&ResolvedCheck> = all.iter().collect();
        let mut first_failure = None;
        let mut pause = Duration::from_millis(100);
        while let Some(next) = pending.first() {
            if in_step {
                self.phase(Phase::Checking { role: role.to_owned(), check: next.check.name() });
            }
            let program = checks::program(&pending);
            let program = if in_step { step::while_open(&program) } else { program };
            let (_, records) = match self.run(identity, &program).await {
                Err(stop) if !in_step => {
                    self.not_asked(pending, "the host was lost");
                    return Err(stop);
                }
                answer => answer?,
            };
            let answered = Instant::now();
            let late = |check: &ResolvedCheck| begun.elapsed() >= check.check.within;
            let hurried = in_step && self.interrupted() == Interrupt::PutBack;
            let mut waiting = Vec::new();
            for (check, answer) in pending.iter().copied().zip(checks::answers(&pending, &records)) {
                let (verdict, never) = match (answer, check.check.request()) {
                    (checks::Answer::FromHere(now), Some(request)) => {
                        let reply = super::http::ask(&self.run_dir, &self.target, &request).await;
                        let now = now.and_then(|now| now.checked_add(answered.elapsed()).ok());
                        (check.check.judge(&reply, now), false)
                    }
                    (checks::Answer::FromHere(_), None) => (Verdict::no("it cannot be asked"), true),
                    (checks::Answer::Never(reason), _) => (Verdict::no(reason), true),
                    (checks::Answer::Judged(verdict), _) => (verdict, false),
                };
                let Verdict { passed, mut seen, age } = verdict;
                let settled = passed || never || late(check) || (in_step && first_failure.is_some());
                if !settled {
                    if !hurried {
                        waiting.push(check);
                        continue;
                    }
                    seen = "interrupted".to_owned();
                }
                if !passed && first_failure.is_none() {
                    first_failure = Some((check.id.clone(), seen.clone()));
                }
                let newest = check.newest(self.name(), age);
                let result = CheckResult { check: check.id.clone(), passed, seen, newest, millis: millis(begun) };
                self.emit(Event::Checked { host: self.name().to_owned(), result });
            }
            pending = waiting;
            // once one has failed in a step, the others need no more time; when only verifying, each has its own
            if in_step && first_failure.is_some() {
                break;
            }
            if !pending.is_empty() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
        Ok(first_failure)
    }

    /// Says that checks have failed because they could not be asked.
    pub fn not_asked<'c>(&self, checks: impl IntoIterator<Item = &'c ResolvedCheck>, reason: &str) {
        for check in checks {
            let newest = check.newest(self.name(), None);
            let (check, seen, millis) = (check.id.clone(), reason.to_owned(), millis(self.begun));
            let result = CheckResult { check, passed: false, seen, newest, millis };
            self.emit(Event::Checked { host: self.name().to_owned(), result });
        }
    }
}
