//! The steps that plan and carry out: `diff`, `apply`, `converged`.

use super::engine::Ran;
use super::outcome::{Bad, Done, problem};
use super::{Job, Known};
use crate::engine::request::Command;
use crate::scenario::inputs::What;

impl Job {
    /// A plan. Where a connection was lost, which says nothing of the roles, it is made once more.
    async fn planned(&self, known: &Known) -> Result<Ran, Bad> {
        const UNREACHABLE: u8 = 4;
        let ran = self.engine(Command::Diff { prune: false }, self.load(known, What::Roles)?).await?;
        if ran.exit != UNREACHABLE {
            return Ok(ran);
        }
        Ok(self.engine(Command::Diff { prune: false }, self.load(known, What::Roles)?).await?)
    }

    pub(super) async fn diff(&self, known: &mut Known) -> Result<Done, Bad> {
        let ran = self.planned(known).await?;
        known.accounts.extend(ran.names("user").chain(ran.names("group")));
        known.packages.extend(ran.names("package"));
        match ran.exit {
            2 => Ok(Done::of_plan(ran)),
            0 if known.reused || self.platform.existing().is_some() => Ok(Done::of_plan(ran)),
            0 => Err(Bad::ran("nothing would change on new hosts", ran)),
            _ => Err(Bad::ran(problem(&ran, "there is no plan"), ran)),
        }
    }

    pub(super) async fn apply(&self, known: &mut Known) -> Result<Done, Bad> {
        let project = self.load(known, What::Roles)?;
        let ran = self.engine(Command::Apply { verify: false, prune: false }, project).await?;
        match ran.exit {
            0 => Ok(Done::of_plan(ran)),
            _ => Err(Bad::ran(problem(&ran, "it could not be applied"), ran)),
        }
    }

    pub(super) async fn converged(&self, known: &mut Known) -> Result<Done, Bad> {
        let ran = self.planned(known).await?;
        match ran.exit {
            0 => Ok(Done::of_plan(ran)),
            2 => Err(Bad::ran(format!("a second run would make {}", ran.said()), ran)),
            _ => Err(Bad::ran(problem(&ran, "there is no second plan"), ran)),
        }
    }
}
