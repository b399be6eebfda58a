//! What is to be done on one host, as data.

use super::event::{HostPlan, ShownRole};
use super::work::{Identity, ResolvedCheck, RolePlace};
use crate::ability::memory::manifest::{Manifest, Owned};
use crate::plan::change::Change;
use crate::plan::few::few;
use crate::plan::role_plan::RolePlan;
use crate::secret::SecretName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many resources are named; of more only the number is said.
const NAMED: usize = 3;

/// A role's changes on one host, which are made or put back as one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Transaction {
    /// The role that it is of.
    pub role: RolePlace,
    /// Whether it keeps the role's generated secrets, which comes before all else of the role.
    pub keeps: bool,
    /// What it does.
    pub plan: RolePlan,
    /// Who carries it out.
    pub identity: Identity,
    /// What is asked before it counts.
    pub checks: Vec<ResolvedCheck>,
    /// The host's manifest once it is done.
    pub manifest: Manifest,
    /// What of that may stay even if it is put back.
    pub lasting: Vec<Owned>,
    /// Secrets that must be known before it can be carried out.
    pub awaits: BTreeSet<SecretName>,
}

impl Transaction {
    /// What comes first is carried out first.
    pub fn place(&self) -> (RolePlace, bool) {
        (self.role, !self.keeps)
    }

    /// How many changes it makes.
    pub fn count(&self) -> usize {
        self.plan.steps.iter().map(|step| step.changes.len()).sum()
    }

    /// The secrets that it makes.
    pub fn makes(&self) -> Vec<String> {
        let changes = self.plan.steps.iter().flat_map(|step| &step.changes);
        changes.flat_map(Change::calls).flat_map(|call| call.makes.iter().cloned()).collect()
    }
}

/// What is to be done on a host. It is data: written as JSON and read back, it is carried out just the same. As JSON it has all
/// that it needs in it, secrets too, so it is for root's eyes alone; what is reported is [`Plan::shown`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Plan {
    /// In order.
    pub transactions: Vec<Transaction>,
    /// For the user.
    pub notes: Vec<String>,
    /// What nobody could be asked for, and what is left as it is for that.
    pub(super) unknown: BTreeMap<String, Vec<String>>,
    /// Checks of roles without changes, for `--verify`.
    pub other_checks: Vec<(RolePlace, Identity, ResolvedCheck)>,
}

impl Plan {
    /// How many changes there are.
    pub fn count(&self) -> usize {
        self.transactions.iter().map(Transaction::count).sum()
    }

    /// The plan as it is shown.
    pub fn shown(&self) -> HostPlan {
        HostPlan {
            roles: self.transactions.iter().filter(|it| it.count() > 0).map(|it| ShownRole::from(&it.plan)).collect(),
            notes: self.notes.iter().cloned().chain(self.unknown.iter().map(left_as_it_is)).collect(),
        }
    }

    /// What is read back of what is written of it, which is the same plan.
    ///
    /// # Errors
    /// When it is another one.
    pub(super) fn written_and_read(self) -> Result<Self, String> {
        let text = serde_json::to_string(&self).map_err(|error| format!("it cannot be written down: {error}"))?;
        let read: Self = serde_json::from_str(&text).map_err(|error| format!("it cannot be read back: {error}"))?;
        let plans = |plan: &Self| plan.transactions.iter().map(|it| it.plan.clone()).collect::<Vec<_>>();
        let same = plans(&read) == plans(&self) && format!("{read:?}") == format!("{self:?}");
        if same { Ok(read) } else { Err("it is another one once it was written down and read back".to_owned()) }
    }
}

fn left_as_it_is((reason, ids): (&String, &Vec<String>)) -> String {
    format!("{reason}; left as it is: {}", few(ids, NAMED))
}
