//! The step `verify`.

use super::outcome::{Bad, Done, problem};
use super::{Job, Known};
use crate::engine::request::Command;
use crate::report::text::words::counted;
use crate::scenario::inputs::{self, What};

impl Job {
    pub(super) async fn verify(&self, known: &mut Known) -> Result<Done, Bad> {
        let mut project = self.load(known, What::Roles)?;
        inputs::add_checks(&mut project, &self.scenario)?;
        let ran = self.engine(Command::Verify { within: None }, project).await?;
        let asked = counted(ran.checks.len(), "check");
        match ran.exit {
            0 if ran.checks.is_empty() => {
                Err(Bad::ran("nothing was asked: neither the roles nor the scenario have checks", ran))
            }
            0 => {
                let seen = match self.scenario.breaks.len() {
                    0 => asked,
                    count => format!("{asked}, {} noticed", counted(count, "break")),
                };
                let mut done = Done::of(ran, seen);
                done.checks.extend(self.breaks(known).await?);
                Ok(done)
            }
            _ => {
                let failed: Vec<_> = ran.checks.iter().filter(|asked| !asked.result.passed).collect();
                let first = failed.first().map(|asked| {
                    format!(
                        "{} of {asked_of} failed: {}: {}: {}",
                        failed.len(),
                        asked.host,
                        asked.result.check,
                        asked.result.seen,
                        asked_of = ran.checks.len()
                    )
                });
                let message = first.unwrap_or_else(|| problem(&ran, "the checks could not be asked"));
                Err(Bad::ran(message, ran))
            }
        }
    }
}
