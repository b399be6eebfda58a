//! Asking checks on one host until all are answered with yes, or are late.

use super::attempts::Attempts;
use super::checks;
use super::event::{CheckResult, Event, Phase};
use super::planner::Identity;
use super::progress::millis;
use super::request::Interrupt;
use super::session::{Session, Stop};
use super::work::ResolvedCheck;
use crate::resource::check::{Check, Verdict, Who};
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
        let mut first_failure = None;
        let mut pending = Vec::new();
        for check in all {
            match check.check.asking() {
                Ok(asking) => pending.push((check, asking)),
                Err(reason) => {
                    self.not_asked([check], &reason);
                    first_failure.get_or_insert_with(|| (check.id.clone(), reason));
                }
            }
        }
        let cleanups: String = pending.iter().filter_map(|(_, asking)| asking.cleanup()).collect();
        let mut attempts = Attempts::default();
        let mut pause = Duration::from_millis(100);
        while let Some((next, _)) = pending.first() {
            if in_step {
                self.phase(Phase::Checking { role: role.to_owned(), check: next.check.name() });
            }
            let may_ask = attempts.may_ask(pending.iter().map(|(_, asking)| asking.check()));
            let asked = pending.iter().zip(&may_ask).filter(|(_, may_ask)| **may_ask);
            let questions: Vec<&Check> = asked.map(|((_, asking), _)| asking.check()).collect();
            let program = checks::program(&questions);
            let (_, records) = match self.run(identity, &program).await {
                Err(stop) if !in_step => {
                    self.not_asked(pending.into_iter().map(|(check, _)| check), "the host was lost");
                    return Err(stop);
                }
                answer => answer?,
            };
            let answered = Instant::now();
            let mut answers = checks::answers(&questions, &records).into_iter();
            let late = |check: &ResolvedCheck| begun.elapsed() >= check.check.within;
            let hurried = in_step && self.interrupted() == Interrupt::PutBack;
            let mut waiting = Vec::new();
            // whether there is something to ask that was not asked yet: a marker has been written, or who asks is taken
            let mut soon = false;
            for ((check, mut asking), may_ask) in pending.into_iter().zip(may_ask) {
                let (verdict, never) = match (may_ask.then(|| answers.next()).flatten(), asking.check().request()) {
                    (None, _) => {
                        let Some(verdict) = attempts.unasked(asking.check(), late(check) || hurried) else {
                            soon |= attempts.takes(asking.check());
                            waiting.push((check, asking));
                            continue;
                        };
                        (verdict, true)
                    }
                    (Some(checks::Answer::FromHere(now)), Some(request)) => {
                        let reply = super::http::ask(&self.run_dir, &self.target, &request).await;
                        let now = now.and_then(|now| now.checked_add(answered.elapsed()).ok());
                        (asking.check().judge(&reply, now), false)
                    }
                    (Some(checks::Answer::FromHere(_)), None) => (Verdict::no("it cannot be asked"), true),
                    (Some(checks::Answer::Never(reason)), _) => (Verdict::no(reason), true),
                    (Some(checks::Answer::Judged(verdict)), _) => (verdict, false),
                };
                let verdict = match in_step {
                    true => asking.check().after_change(verdict, answered - begun),
                    false => verdict,
                };
                if may_ask {
                    attempts.note(asking.check(), &verdict);
                }
                let never = never || verdict.who == Who::Refused;
                let Some(Verdict { passed, mut seen, age, .. }) = asking.answered(verdict) else {
                    soon = true;
                    waiting.push((check, asking));
                    continue;
                };
                let settled = passed || never || late(check) || (in_step && first_failure.is_some());
                if !settled {
                    if !hurried {
                        waiting.push((check, asking));
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
            if !pending.is_empty() && !soon {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
        if !cleanups.is_empty() {
            self.run(identity, &cleanups).await?;
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
