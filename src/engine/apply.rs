//! From the plans of all hosts to their end: a yes, everybody's turns, and what is taken back when all have had theirs.

use super::event::Outcome;
use super::faults::{Left, said_last};
use super::member::Member;
use super::request::{Approval, Command};
use super::run::Dispatcher;
use super::turns::Turns;
use super::waiting::Waiting;
use std::sync::Arc;
use std::time::Instant;

impl Dispatcher {
    pub(super) async fn apply(&mut self, members: Vec<Member>) -> Vec<Member> {
        if self.interrupted {
            return members;
        }
        let verify = matches!(self.command, Command::Apply { verify: true, .. });
        let mut members = self.without_a_task(members, verify).await;
        let wanted = members.iter().any(|member| member.plan.count() > 0);
        if wanted {
            let approve = Arc::clone(&self.outside.approve);
            let asked = Instant::now();
            let order: Vec<String> = members.iter().map(|member| member.work.name.clone()).collect();
            let mut waiting = Waiting::default();
            members.into_iter().for_each(|member| waiting.add(member));
            let answer = tokio::task::spawn_blocking(move || approve()).await;
            self.waited = asked.elapsed();
            members = self.back(waiting).await;
            members.sort_by_key(|member| order.iter().position(|name| *name == member.work.name));
            match answer {
                Ok(Approval::Yes) => {}
                Ok(Approval::No) => return self.skip(members, "declined").await,
                Ok(Approval::Nobody(why)) => {
                    self.invalid = Some(why.into());
                    return members;
                }
                Err(error) => {
                    let said = said_last(error);
                    for mut member in members {
                        member.session.close().await;
                        self.broke_off(Left::untouched(&member.work.name), &said);
                    }
                    return Vec::new();
                }
            }
        }
        match self.take_turns(members, verify).await {
            Turns::Over(members) => self.conclude(members).await,
            Turns::Halted(members) => {
                self.skip(members, "another host failed, and the play says any_errors_fatal").await
            }
        }
    }

    /// Lets the hosts go on which there is nothing to do: nobody has to wait for their locks.
    async fn without_a_task(&mut self, members: Vec<Member>, verify: bool) -> Vec<Member> {
        self.each(members, true, move |mut member| async move {
            let asks = verify && !member.plan.other_checks.is_empty();
            if member.plan.transactions.is_empty() && !asks {
                member.session.close().await;
            }
            Ok(member)
        })
        .await
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
            if member.plan.count() == member.session.changed {
                complete.push(member);
            } else {
                member.session.close().await;
                let changes = member.session.changed;
                self.ended(&member.session, Outcome::Skipped { changes, reason: reason.to_owned() });
            }
        }
        complete
    }
}
