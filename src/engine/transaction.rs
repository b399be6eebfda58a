//! One role's changes on a host: its steps, its checks, and then it counts; or all of it is put back.

use super::became::Became;
use super::event::{Event, Failure, Phase, Timing};
use super::fallen::Watched;
use super::generation::Part;
use super::host_plan::Transaction;
use super::progress::millis;
use super::request::Interrupt;
use super::session::{Session, Stop};
use super::step;
use super::undo::Undo;
use crate::ability::call::Secret;
use crate::ability::memory::manifest::Manifest;
use crate::ability::{StepPhase, scope};
use crate::host::Shell;
use crate::resource::reasons::{KNOWN_AFTER_APPLY, image_input};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long it may take to find out what has become of a role whose shell was lost.
const LOOK: Duration = Duration::from_secs(30);

impl Session {
    /// Carries out one role's changes: all its steps, its checks, and then it counts; or everything is put back. Gives
    /// the secrets that it made.
    ///
    /// # Errors
    /// When anything in it failed.
    pub async fn carry_out(
        &mut self,
        transaction: &Transaction,
        part: Option<&Part>,
        name: &str,
    ) -> Result<Vec<Secret>, Stop> {
        let mut outcome = Undo::default();
        let passing = Box::pin(self.passing(transaction)).await?;
        // boxed, as are the others here: what waits in what waits would need more than a thread's stack
        match Box::pin(self.carry_out_all(transaction, part, name, &mut outcome)).await {
            Err(Stop::Lost(lost)) => Err(Box::pin(self.cut_off(*lost, transaction, name, outcome)).await),
            Err(Stop::Failed(mut failure)) => {
                Box::pin(self.see_as_before(transaction, &passing, &mut failure)).await;
                Err(Stop::Failed(failure))
            }
            end => end,
        }
    }

    async fn carry_out_all(
        &mut self,
        transaction: &Transaction,
        part: Option<&Part>,
        name: &str,
        outcome: &mut Undo,
    ) -> Result<Vec<Secret>, Stop> {
        let began = Instant::now();
        let identity = transaction.identity.clone();
        let mut secrets = Vec::new();
        let all_pulls = step::pulls(&transaction.plan.steps);
        for (number, step_plan) in transaction.plan.steps.iter().enumerate() {
            let begun = Instant::now();
            let role = transaction.plan.role.clone();
            self.phase(Phase::Applying { role: role.clone(), step: step_plan.step.clone() });
            let mut program = String::new();
            if number == 0 {
                program.push_str(&step::begin(name, part, &transaction.plan.steps, &transaction.lasting));
            }
            // what an earlier step of the transaction has staged stays until the end: each has its own names
            let pulls = all_pulls.get(number).map(Vec::as_slice).unwrap_or_default();
            program.push_str(&step::program(step_plan, &format!("{name}-{number}"), pulls));
            outcome.step = number;
            let (_, records) = self.run(&identity, &program).await?;
            for (tag, rest) in &records {
                if tag == "installed"
                    && let Some((package, version)) = rest.split_once(' ')
                {
                    self.versions.insert(format!("package {package}"), version.to_owned());
                }
                if tag == "pulled"
                    && let [user, image, id, ..] = rest.split(' ').collect::<Vec<_>>()[..]
                {
                    let user = (user != "-").then_some(user);
                    self.versions.insert(image_input(&scope::key(user, image)), id.to_owned());
                }
                outcome.record(tag, rest);
            }
            if !outcome.done {
                let pull = |at: usize| pulls.get(at.checked_sub(step_plan.changes.len())?).map(|pull| pull.resource);
                let resource =
                    |at: usize| step_plan.changes.get(at).map(|change| change.resource.as_str()).or_else(|| pull(at));
                let place = outcome.change.and_then(resource).map_or(role, str::to_owned);
                return Err(Stop::Failed(Box::new(std::mem::take(outcome).failure(place))));
            }
            outcome.done = false;
            let mut parts = std::mem::take(&mut self.parts);
            let calls = Instant::now();
            for (at, change) in step_plan.changes.iter().enumerate() {
                match self.converse(&identity, (at, change), outcome).await? {
                    Ok(made) => secrets.extend(made),
                    Err(reason) => return Err(self.roll_back(transaction, outcome, &change.resource, &reason).await),
                }
            }
            if step_plan.changes.iter().flat_map(|change| &change.operations).any(|one| one.phase() == StepPhase::Apis)
            {
                parts.push(Timing { what: StepPhase::Apis.word(), millis: millis(calls) });
            }
            if !step_plan.changes.is_empty() {
                self.emit(Event::StepDone {
                    host: self.name.clone(),
                    role,
                    step: step_plan.step.clone(),
                    changes: step_plan.changes.len(),
                    parts,
                    millis: millis(begun),
                });
            }
            if self.interrupted() == Interrupt::PutBack {
                return Err(self.roll_back(transaction, outcome, &transaction.plan.role, "interrupted").await);
            }
        }
        let part = |what, since| Timing { what, millis: millis(since) };
        let asking = Instant::now();
        let services = Watched::started(&transaction.plan.steps);
        let asked = self.ask(&identity, &transaction.plan.role, &transaction.checks, &services, true).await;
        if let Some(unanswered) = asked? {
            unanswered.told.iter().for_each(|(tag, rest)| outcome.record(tag, rest));
            return Err(self.roll_back(transaction, outcome, &unanswered.place, &unanswered.reason).await);
        }
        let mut parts = vec![part("checks", asking)];
        let committing = Instant::now();
        let manifest = with_versions(&transaction.manifest, &self.versions);
        let (_, records) = self.run(&identity, &step::commit(&manifest.to_line())).await?;
        records.iter().for_each(|(tag, rest)| outcome.record(tag, rest));
        if outcome.committed {
            self.changed += transaction.count();
            for (tag, rest) in &records {
                match tag.as_str() {
                    "remains" => self.note(remains(rest)),
                    "unkept" => self.note(unkept(&transaction.plan.role, rest)),
                    _ => {}
                }
            }
        }
        if !outcome.committed || records.iter().any(|(tag, _)| tag == "failed") {
            return Err(Stop::Failed(Box::new(std::mem::take(outcome).failure(transaction.plan.role.clone()))));
        }
        parts.push(part("commit", committing));
        let (host, role) = (self.name.clone(), transaction.plan.role.clone());
        self.emit(Event::RoleDone { host, role, parts, millis: millis(began) });
        Ok(secrets)
    }

    /// The shell was lost in a transaction: what has become of that is looked up, if the host can be reached.
    async fn cut_off(&mut self, lost: Failure, transaction: &Transaction, name: &str, undo: Undo) -> Stop {
        self.close().await;
        let mut word = None;
        let mut take = |tag: &str, rest: &str| {
            if tag == "became" {
                word = Some(rest.to_owned());
            }
        };
        let (who, program) = (self.identity(&transaction.identity), step::became(name));
        if let Ok((shell, _)) = Shell::open_and_run(&self.run_dir, &self.target, &who, LOOK, &program, &mut take).await
        {
            shell.close().await;
        }
        let became = Became::from(word.as_deref());
        let mut failure = undo.failure(transaction.plan.role.clone());
        failure.message = format!("{}; {}", lost.message, became.words());
        failure.output = lost.output;
        failure.open = became.is_open();
        if became.is_done() {
            self.changed += transaction.count();
            failure.stays = 0;
        }
        Stop::Failed(Box::new(failure))
    }

    async fn roll_back(&mut self, transaction: &Transaction, undo: &mut Undo, place: &str, reason: &str) -> Stop {
        if transaction.count() > 0 {
            self.phase(Phase::PuttingBack { role: place.split('/').next().unwrap_or(place).to_owned() });
        }
        match self.run(&transaction.identity, step::ROLL_BACK).await {
            Ok((_, records)) => records.iter().for_each(|(tag, rest)| undo.record(tag, rest)),
            Err(Stop::Lost(mut lost)) => {
                lost.message = format!("{reason}; then {}", lost.message);
                return Stop::Lost(lost);
            }
            Err(stop) => return stop,
        }
        undo.message = Some(reason.to_owned());
        Stop::Failed(Box::new(std::mem::take(undo).failure(place.to_owned())))
    }
}

/// What an earlier run has left.
fn remains(what: &str) -> String {
    format!("{what} could not be removed; each run tries again, or remove it by hand")
}

/// How it was before is not kept.
fn unkept(role: &str, why: &str) -> String {
    format!("what {role} has replaced is not kept on the host: {why}")
}

/// The manifest with the versions that turned out on the host.
fn with_versions(manifest: &Manifest, versions: &BTreeMap<String, String>) -> Manifest {
    let mut manifest = manifest.clone();
    for inputs in manifest.services.values_mut() {
        for (input, value) in inputs.iter_mut().filter(|(_, value)| *value == KNOWN_AFTER_APPLY) {
            if let Some(version) = versions.get(input) {
                value.clone_from(version);
            }
        }
    }
    manifest
}
