//! Carrying out the plans of all hosts, play after play.

use super::event::{Outcome, Phase};
use super::fallen::Watched;
use super::planner::Identity;
use super::request::{Answer, Command};
use super::run::{Dispatcher, Member};
use super::session::{Session, Stop};
use super::waiting::Waiting;
use super::work::ResolvedCheck;
use crate::plan::call::Secret;
use crate::secret::SecretName;
use crate::template::Hosts;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

impl Dispatcher {
    pub(super) async fn apply(&mut self, mut members: Vec<Member>) -> Vec<Member> {
        let wanted = members.iter().any(|member| member.plan.shown().count() > 0);
        if self.interrupted {
            return members;
        }
        if wanted {
            let approve = Arc::clone(&self.outside.approve);
            let asked = Instant::now();
            let order: Vec<String> = members.iter().map(|member| member.work.name.clone()).collect();
            let mut waiting = Waiting::default();
            members.into_iter().for_each(|member| waiting.add(member));
            let answer = tokio::task::spawn_blocking(move || approve()).await;
            self.waited = asked.elapsed();
            members = waiting.end().await;
            members.sort_by_key(|member| order.iter().position(|name| *name == member.work.name));
            match answer {
                Ok(Answer::Yes) => {}
                Ok(Answer::No) => return self.skip(members, "declined").await,
                Ok(Answer::Nobody(why)) => {
                    self.invalid = Some(why.into());
                    return members;
                }
                Err(_) => return self.skip(members, "nobody could be asked, by a fault of solti's own").await,
            }
        }
        let verify = matches!(self.command, Command::Apply { verify: true, .. });
        let places = members.iter().flat_map(|member| {
            let transactions = member.plan.transactions.iter().map(|transaction| transaction.role.0);
            member.work.runs.iter().map(|run| run.place.0).chain(transactions)
        });
        let plays = places.max().map_or(0, |last| last + 1);
        let any_errors_fatal: Vec<bool> = self.project.plays().map(|(play, _)| play.any_errors_fatal).collect();
        for play in 0..plays {
            let fatal = any_errors_fatal.get(play).copied().unwrap_or(false);
            let stop = fatal.then(|| Arc::clone(&self.fatal));
            loop {
                let known;
                (members, known) = self.plan_again(members, true).await;
                let hosts = Arc::clone(&self.project.hosts);
                let stop = stop.clone();
                let done: usize = members.iter().map(|member| member.done).sum();
                let ended = self.outcomes.len();
                members = self
                    .each(members, true, move |member| {
                        carry_out(member, Arc::clone(&hosts), play, verify, stop.clone())
                    })
                    .await;
                // a fault of solti's own raises no flag by itself
                if (fatal && self.outcomes.len() > ended) || self.fatal.load(Ordering::Relaxed) {
                    return self.skip(members, "another host failed, and the play says any_errors_fatal").await;
                }
                let waiting = |member: &Member| member.next().is_some_and(|next| next.role.0 == play);
                if self.outside.is_stopping() || !members.iter().any(waiting) {
                    break;
                }
                if !known && done == members.iter().map(|member| member.done).sum::<usize>() {
                    members = self.give_up(members, play).await;
                    break;
                }
            }
        }
        self.conclude(members).await
    }

    /// Once all hosts have had their turn, what nobody needs any more is taken back. Where one has failed it may go on
    /// with what it had before, so the next run does it.
    async fn conclude(&mut self, members: Vec<Member>) -> Vec<Member> {
        let through = members.iter().all(|member| member.next().is_none());
        // hosts in no play have ended before, with nothing to do
        let well = self.outcomes.values().all(|outcome| matches!(outcome, Outcome::Unchanged));
        if !through || self.outside.is_stopping() || !well {
            return members;
        }
        self.each(members, true, |mut member| async move {
            for transaction in &member.plan.transactions {
                if let Err(stop) = member.session.conclude(transaction).await {
                    return Err((member, stop));
                }
            }
            Ok(member)
        })
        .await
    }

    /// Ends the hosts on which something is still to be done.
    async fn skip(&mut self, members: Vec<Member>, reason: &str) -> Vec<Member> {
        let mut complete = Vec::new();
        for mut member in members {
            if member.plan.shown().count() == member.session.changed {
                complete.push(member);
            } else {
                member.session.close().await;
                self.ended(&member.session, Outcome::Skipped { reason: reason.to_owned() });
            }
        }
        complete
    }
}

/// Carries out what one play changes on one host, up to what has to wait for another host's secrets, and with
/// `--verify` asks the checks of its other roles. A failure raises the flag `fatal`, which keeps the play's other hosts
/// from going on.
async fn carry_out(
    mut member: Member,
    hosts: Arc<Hosts>,
    play: usize,
    verify: bool,
    fatal: Option<Arc<AtomicBool>>,
) -> Result<Member, (Member, Stop)> {
    let (before, mut result) = (member.done, Ok(()));
    while let Some(transaction) = member.plan.transactions.get(member.done) {
        let held = member.session.stopping() || fatal.as_ref().is_some_and(|fatal| fatal.load(Ordering::Relaxed));
        if transaction.role.0 != play || held || !transaction.awaits.is_empty() {
            break;
        }
        let name = match Session::random::<8>() {
            Ok(name) => name,
            Err(stop) => {
                result = Err(stop);
                break;
            }
        };
        match member.session.carry_out(transaction, &name).await {
            Ok(secrets) => {
                for Secret { name, value, .. } in secrets {
                    hosts.secrets().keep(&SecretName { host: member.work.name.clone(), name }, &value);
                }
            }
            Err(stop) => {
                result = Err(stop);
                break;
            }
        }
        member.done += 1;
    }
    let waits = member.next().is_some_and(|next| next.role.0 == play);
    if verify && !waits && result.is_ok() {
        let mut by_identity: HashMap<Identity, Vec<ResolvedCheck>> = HashMap::new();
        for (_, identity, check) in member.plan.other_checks.iter().filter(|(of, _, _)| of.0 == play) {
            by_identity.entry(identity.clone()).or_default().push(check.clone());
        }
        for (identity, checks) in by_identity {
            let runs = member.work.runs.iter().filter(|run| !run.absent && run.become_user == identity);
            let services: Vec<Watched> = runs.flat_map(Watched::declared).collect();
            match member.session.ask(&identity, "", &checks, &services, false).await {
                Ok(None) => {}
                Ok(Some(no)) => result = Err(member.session.check_failed(&no.place, &no.reason)),
                Err(stop) => result = Err(stop),
            }
        }
    }
    match result {
        Ok(()) => {
            if member.done > before {
                member.session.phase(Phase::Planned);
            }
            Ok(member)
        }
        Err(stop) => {
            if let Some(fatal) = fatal {
                fatal.store(true, Ordering::Relaxed);
            }
            Err((member, stop))
        }
    }
}
