//! One host on its way through a run.

use super::host_plan::{Plan, Transaction};
use super::session::Session;
use super::work::HostWork;

/// One host on its way through the run.
pub(super) struct Member {
    pub session: Session,
    pub work: HostWork,
    pub plan: Plan,
    /// Whether its plan was made in the same breath as it was asked for facts.
    pub planned: bool,
    /// How many of the plan's transactions have been carried out.
    pub done: usize,
    /// The plays whose other checks have been asked: those before this one.
    pub asked: usize,
}

impl Member {
    /// A host of which nothing is known yet.
    pub fn new(session: Session, work: HostWork) -> Self {
        Self { session, work, plan: Plan::default(), planned: false, done: 0, asked: 0 }
    }

    /// What is to be carried out next.
    pub fn next(&self) -> Option<&Transaction> {
        self.plan.transactions.get(self.done)
    }
}
