//! Carrying out an action of a role: nothing is planned, and nothing is put back.

use super::event::{ActionResult, Event, Outcome, Phase};
use super::member::Member;
use super::progress::whole;
use super::run::Dispatcher;
use super::session::{Session, Stop};
use super::work::ResolvedAction;
use crate::secret::SecretName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::time::Instant;

impl Dispatcher {
    /// Carries out the action on all hosts; each of them once for each use of its role.
    pub(super) async fn act(&mut self, members: Vec<Member>) -> Vec<Member> {
        self.each(members, false, |mut member| async move {
            let (mut done, mut failed) = (0, false);
            for run in member.work.runs.iter().filter(|run| !run.absent) {
                let Some(action) = &run.action else { continue };
                let result = match member.session.act(&run.become_user, action, &run.awaits).await {
                    Ok(result) => result,
                    Err(stop) => return Err((member, stop)),
                };
                done += 1;
                failed |= result.status != Some(0);
                member.session.emit(Event::Acted { host: member.session.name().to_owned(), result });
            }
            member.session.close().await;
            let outcome = if failed { Outcome::Failed { changes: 0 } } else { Outcome::Acted { actions: done } };
            member.session.outcome = Some(outcome);
            Ok(member)
        })
        .await
    }
}

impl Session {
    async fn act(
        &mut self,
        identity: &Option<String>,
        action: &ResolvedAction,
        awaits: &BTreeSet<SecretName>,
    ) -> Result<ActionResult, Stop> {
        if let Some(secret) = awaits.first() {
            let reason = format!(
                "it needs the secret {} of {}, which is not kept there yet: `solti apply` makes it",
                secret.name, secret.host
            );
            return Err(Self::stuck(&action.id, reason));
        }
        self.phase(Phase::Acting { action: action.id.clone() });
        let begun = Instant::now();
        let (_, records) = self.run(identity, &action.action.program()).await?;
        let said = records.iter().find(|(tag, _)| tag == "acted").map(|(_, rest)| rest.as_str());
        let (output, status) = said.and_then(answer).unwrap_or_default();
        let status = status.filter(|status| *status != TIMED_OUT || begun.elapsed() < action.action.within());
        Ok(ActionResult { action: action.id.clone(), status, output, millis: whole(begun.elapsed()) })
    }
}

/// What timeout(1) ends with where time was up.
const TIMED_OUT: i32 = 124;

/// What an action said, and its status, which stands in the last line.
fn answer(encoded: &str) -> Option<(String, Option<i32>)> {
    let text = String::from_utf8_lossy(&STANDARD.decode(encoded).ok()?).into_owned();
    let (output, status) = text.rsplit_once('\n')?;
    Some((output.to_owned(), status.parse().ok()))
}
