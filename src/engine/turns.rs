//! Everybody's turns: what the schedule says is carried out, as many hosts at once as there is room for.

use super::event::Phase;
use super::fallen::Watched;
use super::faults::{Left, said_last};
use super::generation::{Origin, Part};
use super::handover::carried_on;
use super::host_plan::Transaction;
use super::member::Member;
use super::project::Project;
use super::run::Dispatcher;
use super::schedule::{Node, Schedule, Work};
use super::session::{Session, Stop};
use super::waiting::Waiting;
use super::work::{Identity, ResolvedCheck};
use crate::ability::call::Secret;
use crate::secret::SecretName;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::task::JoinSet;

/// How the turns came to an end.
pub(super) enum Turns {
    /// By themselves, or because the user wants nothing new to be begun.
    Over(Vec<Member>),
    /// A host has failed in a play that fails as a whole.
    Halted(Vec<Member>),
}

impl Dispatcher {
    /// Carries out what is planned on all hosts, each thing as soon as nothing is to be done before it.
    pub(super) async fn take_turns(&mut self, members: Vec<Member>, verify: bool) -> Turns {
        let plays = self.project.plays().enumerate();
        let fatal: BTreeSet<usize> = plays.filter(|(_, (play, _))| play.any_errors_fatal).map(|(at, _)| at).collect();
        let names: Vec<String> = members.iter().map(|member| member.work.name.clone()).collect();
        let numbers: HashMap<String, usize> = names.iter().cloned().zip(0..).collect();
        let mut schedule = Schedule::new(members.len(), fatal);
        let mut waiting = Waiting::default();
        let mut over: BTreeSet<usize> = BTreeSet::new();
        // those who have just come back from something
        let mut back: BTreeMap<usize, Member> = BTreeMap::new();
        for (number, member) in members.into_iter().enumerate() {
            schedule.set(number, nodes(&member, verify));
            waiting.add(member);
        }
        let origin = Arc::new(Origin::of(&self.name, &self.project));
        let (mut tasks, mut at_work) = (JoinSet::new(), HashMap::new());
        loop {
            let idle = |number: &usize| !over.contains(number) && at_work.values().all(|(busy, _)| busy != number);
            let stale: Vec<usize> =
                (0..names.len()).filter(idle).filter(|number| self.is_stale(&names[*number])).collect();
            for number in &stale {
                self.fetch(*number, &names[*number], &mut waiting, &mut back).await;
            }
            let outdated = stale.iter().filter_map(|number| back.remove(number)).collect();
            for member in self.plan_again(outdated, true).await {
                if let Some(number) = numbers.get(&member.work.name) {
                    schedule.set(*number, nodes(&member, verify));
                    back.insert(*number, member);
                }
            }
            for number in stale.into_iter().filter(|number| !back.contains_key(number)) {
                over.insert(number);
                schedule.failed(number);
            }
            while at_work.len() < self.room.at_once
                && !self.outside.is_stopping()
                && let Some((number, node)) = schedule.begin()
            {
                self.fetch(number, &names[number], &mut waiting, &mut back).await;
                let Some(member) = back.remove(&number) else {
                    over.insert(number);
                    schedule.failed(number);
                    continue;
                };
                let left = Left::of(&member.session);
                let (project, prune) = (Arc::clone(&self.project), self.prune());
                let origin = Arc::clone(&origin);
                let task = tasks.spawn(async move {
                    match node.work {
                        Work::Transaction => carry_out(member, &project, &origin, prune).await,
                        Work::Checks => ask_others(member, node.batch).await,
                    }
                });
                at_work.insert(task.id(), (number, left));
            }
            for mut member in std::mem::take(&mut back).into_values() {
                member.session.phase(Phase::Planned);
                if self.room.crowded {
                    member.session.close().await;
                }
                waiting.add(member);
            }
            let Some(joined) = tasks.join_next_with_id().await else {
                let stuck = if self.outside.is_stopping() { Vec::new() } else { schedule.stuck() };
                if stuck.is_empty() {
                    break;
                }
                for (number, secret) in stuck {
                    self.fetch(number, &names[number], &mut waiting, &mut back).await;
                    if let Some(member) = back.remove(&number) {
                        let role = member.next().map(|next| next.plan.role.clone()).unwrap_or_default();
                        let SecretName { host, name } = secret;
                        let reason = format!("it needs the secret {name}, which was not made on {host}");
                        self.stopped(member, Session::stuck(&role, reason)).await;
                    }
                    over.insert(number);
                    schedule.failed(number);
                }
                continue;
            };
            let id = joined.as_ref().map_or_else(tokio::task::JoinError::id, |(id, _)| *id);
            let Some((number, left)) = at_work.remove(&id) else { continue };
            match joined {
                Ok((_, Ok(member))) => {
                    schedule.done(number);
                    back.insert(number, member);
                    continue;
                }
                Ok((_, Err((member, stop)))) => self.stopped(member, stop).await,
                Err(error) => self.broke_off(left, &said_last(error)),
            }
            over.insert(number);
            schedule.failed(number);
        }
        let mut members = self.back(waiting).await;
        members.sort_by_key(|member| numbers.get(&member.work.name).copied());
        if schedule.is_halted() { Turns::Halted(members) } else { Turns::Over(members) }
    }

    fn is_stale(&self, host: &str) -> bool {
        self.project.hosts.secrets().is_stale(host)
    }

    /// Brings a host back that waits. Where that has come to a fault meanwhile, it does not come.
    async fn fetch(&mut self, number: usize, host: &str, waiting: &mut Waiting, back: &mut BTreeMap<usize, Member>) {
        match waiting.take(host).await {
            Some(Ok(member)) => drop(back.insert(number, member)),
            Some(Err((left, said))) => self.broke_off(left, &said),
            None => {}
        }
    }
}

/// What is still to be done on a host: play after play its transactions, and with `--verify` the checks of its other roles.
fn nodes(member: &Member, verify: bool) -> Vec<Node<SecretName>> {
    let rest = member.plan.transactions.iter().skip(member.done);
    let transactions = rest.map(|transaction| Node {
        batch: transaction.role.0,
        work: Work::Transaction,
        awaits: transaction.awaits.clone(),
    });
    let others = member.plan.other_checks.iter().map(|(place, ..)| place.0).filter(|play| *play >= member.asked);
    let plays: BTreeSet<usize> = others.filter(|_| verify).collect();
    let checks = plays.into_iter().map(|batch| Node { batch, work: Work::Checks, awaits: BTreeSet::new() });
    let mut nodes: Vec<_> = transactions.chain(checks).collect();
    // stable: the checks of a play come behind what is changed in it
    nodes.sort_by_key(|node| node.batch);
    nodes
}

/// Carries out a host's next transaction.
async fn carry_out(
    mut member: Member,
    project: &Project,
    origin: &Origin,
    prune: bool,
) -> Result<Member, (Member, Stop)> {
    if member.next().is_some_and(|next| !member.session.holds(&next.identity))
        && let Err(stop) = take_up(&mut member, project, prune).await
    {
        return Err((member, stop));
    }
    let Some(transaction) = member.plan.transactions.get(member.done) else { return Ok(member) };
    let name = match Session::random::<8>() {
        Ok(name) => name,
        Err(stop) => return Err((member, stop)),
    };
    let run = member.work.runs.iter().find(|run| run.place == transaction.role);
    let part = Part::of(transaction, run, origin, Timestamp::now(), &project.secrets).await;
    match member.session.carry_out(transaction, part.as_ref(), &name).await {
        Ok(secrets) => {
            for Secret { name, value, .. } in secrets {
                project.hosts.secrets().keep(&SecretName { host: member.work.name.clone(), name }, &value);
            }
        }
        Err(stop) => return Err((member, stop)),
    }
    member.done += 1;
    Ok(member)
}

/// Locks a host again that has given up its connection, and with it its lock, and plans it once more: what was shown is
/// carried out only where the host is still as it was then.
async fn take_up(member: &mut Member, project: &Project, prune: bool) -> Result<(), Stop> {
    let fresh = member.session.plan(&member.work, project.ownership(prune)).await?;
    let shown = member.plan.transactions.get(member.done..).unwrap_or_default();
    if member.done == 0 && as_shown(shown) != as_shown(&fresh.transactions) || what(shown) != what(&fresh.transactions)
    {
        let changed = member.session.changed > 0;
        return Err(if changed { Session::stuck("", Stop::Stale.reason()) } else { Stop::Stale });
    }
    member.plan = carried_on(std::mem::take(&mut member.plan), member.done, fresh);
    Ok(())
}

/// All that the user sees of transactions.
fn as_shown(transactions: &[Transaction]) -> Vec<Option<String>> {
    transactions.iter().map(|transaction| serde_json::to_string(&transaction.plan).ok()).collect()
}

/// What transactions change, however much is known of it by now.
fn what(transactions: &[Transaction]) -> Vec<(&str, &'static str)> {
    let steps = transactions.iter().flat_map(|transaction| &transaction.plan.steps);
    steps.flat_map(|step| &step.changes).map(|change| (change.resource.as_str(), change.action.word())).collect()
}

/// Asks the checks of a play's roles in which nothing has changed.
async fn ask_others(mut member: Member, play: usize) -> Result<Member, (Member, Stop)> {
    let mut by_identity: BTreeMap<Identity, Vec<ResolvedCheck>> = BTreeMap::new();
    for (_, identity, check) in member.plan.other_checks.iter().filter(|(of, _, _)| of.0 == play) {
        by_identity.entry(identity.clone()).or_default().push(check.clone());
    }
    let mut result = Ok(());
    for (identity, checks) in by_identity {
        let services = Watched::of_identity(&member.work, &identity);
        match member.session.ask(&identity, "", &checks, &services, false).await {
            Ok(None) => {}
            Ok(Some(no)) => result = Err(member.session.check_failed(&no.place, &no.reason)),
            Err(stop) => result = Err(stop),
        }
    }
    member.asked = play + 1;
    match result {
        Ok(()) => Ok(member),
        Err(stop) => Err((member, stop)),
    }
}
