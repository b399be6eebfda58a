//! The same piece of work on many hosts side by side, as many at once as there is room for.

use super::event::{Event, Outcome};
use super::faults::{Left, said_last};
use super::member::Member;
use super::request::interrupted;
use super::run::Dispatcher;
use super::session::Stop;
use super::waiting::Waiting;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;

impl Dispatcher {
    /// Runs a piece of work for every member side by side; an interrupt in the meantime drops what is not `firm`.
    pub async fn each<F, W>(&mut self, members: Vec<Member>, firm: bool, work: W) -> Vec<Member>
    where
        W: Fn(Member) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Member, (Member, Stop)>> + Send + 'static,
    {
        let mut order: Vec<String> = members.iter().map(|member| member.session.name().to_owned()).collect();
        let (mut tasks, mut at_work) = (JoinSet::new(), HashMap::new());
        let work = Arc::new(work);
        let crowded = self.room.crowded;
        for mut member in members {
            let left = Left::of(&member.session);
            let (forks, work) = (Arc::clone(&self.forks), Arc::clone(&work));
            let task = tasks.spawn(async move {
                let _turn = member.while_waiting(forks.acquire_owned()).await;
                let mut result = work(member).await;
                if crowded || result.is_err() {
                    let (Ok(member) | Err((member, _))) = &mut result;
                    member.session.close().await;
                }
                result
            });
            at_work.insert(task.id(), left);
        }
        let mut waiting = Waiting::default();
        loop {
            let joined = tokio::select! {
                joined = tasks.join_next() => joined,
                () = interrupted(self.outside.interrupt.clone()), if !firm => {
                    self.interrupted = true;
                    tasks.shutdown().await;
                    break;
                }
            };
            match joined {
                None => break,
                Some(Ok(Ok(member))) => waiting.add(member),
                Some(Ok(Err((member, stop)))) => self.stopped(member, stop).await,
                Some(Err(error)) => {
                    if let Some(left) = at_work.remove(&error.id()) {
                        self.broke_off(left, &said_last(error));
                    }
                }
            }
        }
        let done = self.back(waiting).await;
        let mut done: HashMap<String, Member> =
            done.into_iter().map(|member| (member.session.name().to_owned(), member)).collect();
        // whoever vanished with an interrupt still gets a last word
        let unasked = |name: &str| self.unasked.iter().any(|(host, _)| host == name);
        let vanished = order
            .iter()
            .filter(|name| !done.contains_key(*name) && !self.outcomes.contains_key(*name) && !unasked(name));
        for name in vanished.cloned().collect::<Vec<_>>() {
            let outcome = Outcome::Skipped { changes: 0, reason: "interrupted".to_owned() };
            self.outcomes.insert(name.clone(), outcome.clone());
            let _ = self.outside.events.send(Event::HostDone { host: name.clone(), outcome, exchanges: 0, millis: 0 });
        }
        order.retain(|name| done.contains_key(name));
        order.iter().filter_map(|name| done.remove(name)).collect()
    }

    /// Those who have waited. Who came to a fault meanwhile is no longer among them.
    pub(super) async fn back(&mut self, waiting: Waiting) -> Vec<Member> {
        let mut members = Vec::new();
        for waited in waiting.end().await {
            match waited {
                Ok(member) => members.push(member),
                Err((left, said)) => self.broke_off(left, &said),
            }
        }
        members
    }
}
