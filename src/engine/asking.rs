//! Asking checks on one host until all are answered with yes, or are late.

use super::attempts::Attempts;
use super::checks::{self, CheckAnswer, Try};
use super::event::{CheckResult, Event, Phase};
use super::fallen::{self, Watched};
use super::progress::whole;
use super::request::Interrupt;
use super::session::{Session, Stop};
use super::work::{Identity, ResolvedCheck};
use crate::ability::scope;
use crate::resource::check::{Asking, Check, Verdict, Who};
use std::time::{Duration, Instant};

/// A check without a final answer.
struct Pending<'c> {
    check: &'c ResolvedCheck,
    asking: Asking<'c>,
    /// When it was asked first.
    begun: Option<Instant>,
}

fn earlier(than: Instant, by: Duration) -> Instant {
    than.checked_sub(by).unwrap_or(than)
}

/// Why checks count as not answered with yes.
#[derive(Debug)]
pub struct Unanswered {
    /// The first of them that was not in time; or the service that has failed meanwhile.
    pub place: String,
    /// What was seen last.
    pub reason: String,
    /// What the host tells of the service.
    pub told: Vec<(String, String)>,
}

impl Session {
    /// Asks checks until all are answered with yes, or one is late. Those of a service that has failed are waited for no longer.
    ///
    /// # Errors
    /// When the host is lost.
    pub async fn ask(
        &mut self,
        identity: &Identity,
        role: &str,
        all: &[ResolvedCheck],
        services: &[Watched],
        in_step: bool,
    ) -> Result<Option<Unanswered>, Stop> {
        // a change is over when its checks begin
        let begun = Instant::now();
        let since_change = |answered: Instant| answered.saturating_duration_since(begun);
        let mut first_failure: Option<Unanswered> = None;
        let unanswered =
            |place: &str, reason: &str| Unanswered { place: place.into(), reason: reason.into(), told: Vec::new() };
        let are_up = if in_step { fallen::in_step(services) } else { fallen::outside(services) };
        let mut pending = Vec::new();
        for check in all {
            match check.check.asking() {
                Ok(asking) => pending.push(Pending { check, asking, begun: None }),
                Err(reason) => {
                    self.not_asked([check], &reason);
                    first_failure.get_or_insert_with(|| unanswered(&check.id, &reason));
                }
            }
        }
        let cleanups: String = pending.iter().filter_map(|it| it.asking.cleanup()).collect();
        let mut attempts = Attempts::default();
        let mut pause = Duration::from_millis(100);
        while let Some(Pending { check: next, .. }) = pending.first() {
            if in_step {
                self.phase(Phase::Checking { role: role.to_owned(), check: next.check.name() });
            }
            let may_ask = attempts.may_ask(pending.iter().map(|it| it.asking.check()));
            let asked = pending.iter().zip(&may_ask).filter(|(_, may_ask)| **may_ask);
            let questions: Vec<&Check> = asked.map(|(it, _)| it.asking.check()).collect();
            let program = checks::program(&questions) + &are_up;
            let (_, records) = match self.run(identity, &program).await {
                Err(stop) if !in_step => {
                    self.not_asked(pending.into_iter().map(|it| it.check), "the host was lost");
                    return Err(stop);
                }
                answer => answer?,
            };
            let last = Instant::now();
            let down = fallen::among(services, &records);
            let mut answers = checks::answers(&questions, &records).into_iter();
            let late = |check: &ResolvedCheck| begun.elapsed() >= check.check.within;
            let hurried = in_step && self.interrupted() == Interrupt::PutBack;
            let mut waiting = Vec::new();
            // whether there is something to ask that was not asked yet: a marker has been written, or who asks is taken
            let mut soon = false;
            for (it, may_ask) in pending.into_iter().zip(may_ask) {
                let Pending { check, mut asking, mut begun } = it;
                let tried = may_ask.then(|| answers.next()).flatten();
                let mut answered = last;
                if let Some(Try { asked, answered: then, .. }) = &tried {
                    begun.get_or_insert(earlier(last, *asked));
                    answered = earlier(last, *then);
                }
                let (verdict, never) = match tried.map(|it| it.answer) {
                    None => {
                        let Some(verdict) = attempts.unasked(asking.check(), late(check) || hurried) else {
                            soon |= attempts.takes(asking.check());
                            waiting.push(Pending { check, asking, begun });
                            continue;
                        };
                        (verdict, true)
                    }
                    Some(answer) => {
                        let from_here = matches!(answer, CheckAnswer::FromHere(_));
                        let judged = self.judged(asking.check(), answer, last).await;
                        if from_here {
                            answered = Instant::now();
                        }
                        judged
                    }
                };
                let verdict = match in_step {
                    true => asking.check().after_change(verdict, since_change(answered)),
                    false => verdict,
                };
                if may_ask {
                    attempts.note(asking.check(), &verdict);
                }
                let down = down.iter().find(|service| in_step || service.concerns(check));
                let never = never || verdict.who == Who::Refused || down.is_some();
                let Some(Verdict { passed, mut seen, age, .. }) = asking.answered(verdict) else {
                    soon = true;
                    waiting.push(Pending { check, asking, begun });
                    continue;
                };
                let settled = passed || never || late(check) || (in_step && first_failure.is_some());
                if !settled {
                    if !hurried {
                        waiting.push(Pending { check, asking, begun });
                        continue;
                    }
                    seen = "interrupted".to_owned();
                }
                if let (false, Some(service)) = (passed, down) {
                    seen = format!("{seen}; {} has failed", scope::shown(&service.unit));
                }
                if !passed && first_failure.is_none() {
                    let place = down.filter(|_| in_step).map_or(&check.id, |service| &service.resource);
                    let told = records.iter().filter(|(tag, _)| down.is_some() && tag == "failed").cloned().collect();
                    first_failure = Some(Unanswered { told, ..unanswered(place, &seen) });
                }
                let newest = check.newest(self.name(), age);
                let took = begun.map(|begun| answered.saturating_duration_since(begun)).unwrap_or_default();
                let result = CheckResult { check: check.id.clone(), passed, seen, newest, millis: whole(took) };
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

    /// What an answer that came at `last` says, and whether there will never be another one. What the host has no means to ask
    /// is asked from here.
    pub(super) async fn judged(&self, check: &Check, answer: CheckAnswer, last: Instant) -> (Verdict, bool) {
        match (answer, check.request()) {
            (CheckAnswer::FromHere(now), Some(request)) => {
                let reply = super::http::ask(&self.run_dir, &self.target, &request).await;
                let now = now.and_then(|now| now.checked_add(last.elapsed()).ok());
                (check.judge(&reply, now), false)
            }
            (CheckAnswer::FromHere(_), None) => (Verdict::no("it cannot be asked"), true),
            (CheckAnswer::Never(reason), _) => (Verdict::no(reason), true),
            (CheckAnswer::Judged(verdict), _) => (verdict, false),
        }
    }

    /// Says that checks have failed because they could not be asked.
    pub fn not_asked<'c>(&self, checks: impl IntoIterator<Item = &'c ResolvedCheck>, reason: &str) {
        for check in checks {
            let newest = check.newest(self.name(), None);
            let (check, seen) = (check.id.clone(), reason.to_owned());
            let result = CheckResult { check, passed: false, seen, newest, millis: 0 };
            self.emit(Event::Checked { host: self.name().to_owned(), result });
        }
    }
}
