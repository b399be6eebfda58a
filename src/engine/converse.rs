//! Talking to the services of a host: by its own curl, or from here through the connection where it has none.

use super::host_plan::Transaction;
use super::request::Interrupt;
use super::session::{Session, Stop};
use super::undo::Undo;
use super::work::Identity;
use super::{http, step};
use crate::ability::Operation;
use crate::ability::call::{Call, Secret};
use crate::ability::files::{Attributes, Body};
use crate::ability::http::{Reply, Request, program, replies};
use crate::api::{Next, Standing};
use crate::plan::change::Change;
use crate::plan::role_plan::StepPlan;
use crate::resource::{OBJECTS, check};
use std::time::{Duration, Instant};

fn keep(secret: &Secret) -> Operation {
    let attributes = Attributes { owner: None, group: None, mode: Some(0o600) };
    let content = format!("{}\n", secret.value).into_bytes();
    Operation::write_file(Body { path: secret.path.clone(), content, attributes })
}

/// Whether the same is worth asking once more. What changes something is asked twice only where the service has said that it
/// has not even looked at it.
fn may_ask_again(method: &str, status: u16) -> bool {
    Standing::of(status) == Standing::Later && (method == "GET" || status == 429)
}

impl Session {
    /// Carries out the calls of a change, in the open transaction; the secrets that they give are kept on the
    /// host. Gives these secrets, or what a service refused and why.
    ///
    /// # Errors
    /// When the host is lost.
    pub(super) async fn converse(
        &mut self,
        identity: &Identity,
        (number, change): (usize, &Change),
        undo: &mut Undo,
    ) -> Result<Result<Vec<Secret>, String>, Stop> {
        let mut all = Vec::new();
        for call in change.calls() {
            let (said, touched) = self.talk(identity, call).await?;
            if touched {
                undo.keeps(number, &call.stays);
            }
            match said {
                Ok(secrets) => all.extend(secrets),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        if all.is_empty() {
            return Ok(Ok(all));
        }
        let change = Change { operations: all.iter().map(keep).collect(), ..change.clone() };
        let step = StepPlan { step: String::new(), changes: vec![change], in_order: false };
        let (_, records) = self.run(identity, &step::program(&step, "kept", &[])).await?;
        records.iter().for_each(|(tag, rest)| undo.record(tag, rest));
        let kept = std::mem::take(&mut undo.done);
        Ok(if kept { Ok(all) } else { Err("its secrets could not be kept on the host".to_owned()) })
    }

    /// Does what is left to do of what a transaction has changed behind APIs.
    ///
    /// # Errors
    /// When a service refuses, or the host is lost.
    pub(super) async fn conclude(&mut self, transaction: &Transaction) -> Result<(), Stop> {
        let changes = transaction.plan.steps.iter().flat_map(|step| &step.changes);
        let mut left = Vec::new();
        for change in changes {
            let calls = change.calls().filter_map(|call| call.afterwards.as_deref());
            left.extend(calls.map(|call| (change.resource.as_str(), call)));
        }
        for (resource, call) in left {
            let (said, _) = self.talk(&transaction.identity, call).await?;
            said.map_err(|reason| Self::stuck(resource, reason))?;
        }
        Ok(())
    }

    /// Carries out one call. Says too whether the service may have changed anything by it.
    async fn talk(&mut self, identity: &Identity, call: &Call) -> Result<(Result<Vec<Secret>, String>, bool), Stop> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(100);
        let mut answers = Vec::new();
        let mut touched = false;
        loop {
            let request = match OBJECTS.next(call, &answers) {
                Next::Done(secrets) => return Ok((Ok(secrets), touched)),
                Next::Failed(reason) => return Ok((Err(reason), touched)),
                Next::Ask(request) => request,
            };
            let (_, records) = self.run(identity, &program(&[&request])).await?;
            let reply = self.replies(&[&request], &records).await.pop().unwrap_or_default();
            // without an answer it may have been done all the same
            touched |= request.method != "GET" && matches!(reply.status, 0 | 200..300);
            if self.interrupted() == Interrupt::PutBack {
                return Ok((Err("interrupted".to_owned()), touched));
            }
            if may_ask_again(request.method, reply.status) && begun.elapsed() < call.within {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
                continue;
            }
            answers.push(reply);
        }
    }

    /// The answers to requests that a program had in it; where the host could not ask, they are asked from here.
    pub(super) async fn replies(&self, requests: &[&Request], records: &[(String, String)]) -> Vec<Reply> {
        let said = records.iter().find(|(tag, _)| tag == "http").and_then(|(_, rest)| replies(rest, requests));
        if let Some(replies) = said {
            return replies;
        }
        let mut replies: Vec<Reply> = Vec::new();
        for request in requests {
            let mut tried = requests.iter().zip(&replies).filter(|(other, _)| other.password() == request.password());
            let refused = tried.find(|(_, reply)| Standing::of(reply.status) == Standing::Refused);
            if let (Some(_), Some((_, refused))) = (request.password(), refused) {
                replies.push(refused.clone());
                continue;
            }
            let Request { method, url, headers, body } = request;
            let patience = request.patience();
            let request = check::Request { url, method, headers, body: body.as_deref(), patience };
            let reply = http::ask(&self.run_dir, &self.target, &request).await;
            // without an answer, the HTTP status is 0
            replies.push(Reply { status: reply.http, body: reply.body });
        }
        replies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_again() {
        let asked_again = |method| -> Vec<u16> { (0..=599).filter(|status| may_ask_again(method, *status)).collect() };
        // a wrong password, above all, is none of it
        assert_eq!(asked_again("GET"), [0, 429, 502, 503, 504]);
        assert_eq!(asked_again("POST"), [429]);
    }
}
