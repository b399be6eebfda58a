//! Which images a step fetches.

use crate::ability::Operation;
use crate::ability::accounts::AccountOperation;
use crate::ability::packages::PackageOperation;
use crate::ability::podman::PodmanOperation;
use crate::plan::role_plan::StepPlan;

/// An image to fetch, and the resource that wants it.
#[derive(Debug, Clone, Copy)]
pub struct Pull<'a> {
    /// The resource's id.
    pub resource: &'a str,
    /// Whose podman; none for the system's.
    pub user: Option<&'a str>,
    /// The image's full name.
    pub image: &'a str,
}

/// The images that each step of a transaction fetches: all of them before anything is staged or stopped, but not before
/// there are podman and the users who run it.
pub fn pulls(steps: &[StepPlan]) -> Vec<Vec<Pull<'_>>> {
    let mut pulls: Vec<Vec<Pull<'_>>> = vec![Vec::new(); steps.len()];
    let mut earliest = 0;
    for (number, step) in steps.iter().enumerate() {
        let operations = || {
            step.changes
                .iter()
                .flat_map(|change| change.operations.iter().map(|operation| (change.resource.as_str(), operation)))
        };
        if operations().any(|(_, operation)| {
            matches!(
                operation,
                Operation::Packages(PackageOperation::Install { .. })
                    | Operation::Accounts(AccountOperation::Tool { .. })
                    | Operation::Accounts(AccountOperation::Linger { .. })
            )
        }) {
            earliest = number;
        }
        for (resource, operation) in operations() {
            if let Operation::Podman(PodmanOperation::Pull { user, image }) = operation {
                let known = pulls.iter().flatten().any(|pull| (pull.user, pull.image) == (user.as_deref(), image));
                if let (Some(pulls), false) = (pulls.get_mut(earliest), known) {
                    pulls.push(Pull { resource, user: user.as_deref(), image });
                }
            }
        }
    }
    pulls
}
