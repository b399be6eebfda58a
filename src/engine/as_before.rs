//! Whether a role's services are as they were once it has been put back: what was answered with yes before is asked again.
//! A reload is a signal, and a service that was hurt by what it has read may not listen to the next one: it starts anew.

use super::event::Failure;
use super::host_plan::Transaction;
use super::session::{Session, Stop};
use super::work::{Identity, ResolvedCheck};
use super::{checks, step};
use crate::ability::systemd::{UnitOperation, Verb};
use crate::ability::{Operation, scope};
use crate::resource::check::{Check, Verdict};
use std::time::{Duration, Instant};

/// How long a service is waited for that has been put back, unless its check has less time.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long one is waited for that was started anew, unless its check has less time.
const ANEW: Duration = Duration::from_secs(60);

/// How long after its first yes a service is asked again: some answer and then die of what they find.
const STAYS: Duration = Duration::from_secs(1);

impl Session {
    /// The checks of a role that pass before anything of it is touched, where services that run are to be touched.
    ///
    /// # Errors
    /// When the host is lost.
    pub(super) async fn passing(&mut self, transaction: &Transaction) -> Result<Vec<ResolvedCheck>, Stop> {
        if touched(transaction).is_empty() {
            return Ok(Vec::new());
        }
        let mut checks: Vec<ResolvedCheck> =
            transaction.checks.iter().filter(|check| check.check.is_plain()).cloned().collect();
        let verdicts = self.ask_once(&transaction.identity, &checks).await?;
        let mut passed = verdicts.iter().map(|verdict| verdict.passed);
        checks.retain(|_| passed.next().unwrap_or_default());
        Ok(checks)
    }

    /// Adds to a failure after which all was put back what the services say to that.
    pub(super) async fn see_as_before(
        &mut self,
        transaction: &Transaction,
        passed: &[ResolvedCheck],
        failure: &mut Failure,
    ) {
        if passed.is_empty() || failure.open {
            return;
        }
        let identity = &transaction.identity;
        let Ok(Some(_)) = self.first_late(identity, passed, PATIENCE).await else { return };
        let units = touched(transaction);
        let names = units.iter().map(|unit| scope::split(unit).1).collect::<Vec<_>>().join(", ");
        let again = self.run(identity, &step::anew(&units)).await;
        let late = match again {
            Ok(_) => self.first_late(identity, passed, ANEW).await,
            Err(stop) => Err(stop),
        };
        failure.restored.retain(|line| !line.ends_with(" is running as before"));
        match late {
            Ok(None) => failure.restored.push(format!("{names}: started anew, with what was there before")),
            Ok(Some((check, seen))) => {
                failure.open = true;
                failure.left.insert(0, format!("{names} is not as before, although its files are: {check}: {seen}"));
            }
            Err(_) => {
                failure.open = true;
                failure
                    .left
                    .insert(0, format!("{names} was not as before, and the host was lost when it was started anew"));
            }
        }
    }

    /// Asks until all answer with yes and go on to do so, or one is late: which, and what was seen.
    async fn first_late(
        &mut self,
        identity: &Identity,
        all: &[ResolvedCheck],
        most: Duration,
    ) -> Result<Option<(String, String)>, Stop> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(200);
        let mut answered = false;
        loop {
            let verdicts = self.ask_once(identity, all).await?;
            let late = |check: &ResolvedCheck| begun.elapsed() >= check.check.within.min(most);
            match all.iter().zip(verdicts).find(|(_, verdict)| !verdict.passed) {
                None if answered => return Ok(None),
                None => {
                    answered = true;
                    tokio::time::sleep(STAYS).await;
                }
                Some((check, verdict)) if late(check) => return Ok(Some((check.id.clone(), verdict.seen))),
                Some(_) => {
                    answered = false;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
            }
        }
    }

    async fn ask_once(&mut self, identity: &Identity, all: &[ResolvedCheck]) -> Result<Vec<Verdict>, Stop> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let questions: Vec<&Check> = all.iter().map(|check| &check.check).collect();
        let (_, records) = self.run(identity, &checks::program(&questions)).await?;
        let last = Instant::now();
        let mut verdicts = Vec::new();
        for (check, tried) in questions.iter().zip(checks::answers(&questions, &records)) {
            verdicts.push(self.judged(check, tried.answer, last).await.0);
        }
        Ok(verdicts)
    }
}

/// The services that a transaction restarts or reloads.
fn touched(transaction: &Transaction) -> Vec<&str> {
    let changes = transaction.plan.steps.iter().flat_map(|step| &step.changes);
    let mut units: Vec<&str> = changes
        .flat_map(|change| &change.operations)
        .filter_map(|operation| match operation {
            Operation::Units(UnitOperation::Service { unit, verb: Verb::Restart | Verb::Reload, .. }) => {
                Some(unit.as_str())
            }
            _ => None,
        })
        .collect();
    units.sort_unstable();
    units.dedup();
    units
}
