//! The step `removed`: the roles go, and must leave nothing.

use super::outcome::{Bad, Done, problem};
use super::snapshot::Allowed;
use super::{Job, Known};
use crate::engine::request::Command;
use crate::report::text::words::counted;
use crate::scenario::inputs::{self, What};
use std::collections::BTreeSet;

impl Job {
    pub(super) async fn removed(&self, known: &mut Known) -> Result<Done, Bad> {
        let set = self.set(known)?;
        let mut project = self.load(known, What::Roles)?;
        let prune = inputs::has_resources(&project);
        inputs::remove_roles(&mut project);
        project.complete |= prune;
        let ran = self.engine(Command::Apply { verify: false, prune }, project).await?;
        if ran.exit != 0 {
            return Err(Bad::ran(problem(&ran, "the roles could not be removed"), ran));
        }
        let declared: BTreeSet<String> =
            ran.names("user").chain(ran.names("group")).chain(known.accounts.iter().cloned()).collect();
        let packages: BTreeSet<String> = ran.names("package").chain(known.packages.iter().cloned()).collect();
        let allowed = Allowed { paths: &self.scenario.may_stay, declared: &declared, packages: &packages };
        let mut left = Vec::new();
        for (host, (_, after)) in self.look(set, &known.before).await? {
            let Some(before) = known.before.get(&host) else { continue };
            left.extend(before.differences(&after, &allowed).into_iter().map(|line| format!("{host}: {line}")));
        }
        if left.is_empty() {
            let seen = format!("{}, nothing left", ran.said());
            return Ok(Done::of(ran, seen));
        }
        let message = match left.as_slice() {
            [one] => format!("it is not as before: {one}"),
            _ => format!("{} are not as before", counted(left.len(), "thing")),
        };
        Err(Bad { message, details: left, at: None, done: Box::new(Done::of(ran, "")) })
    }
}
