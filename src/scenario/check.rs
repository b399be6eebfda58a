//! What can be known of a scenario before there is a host: wrong input is said before anything is started.

use super::inputs::{self, What};
use super::spec::existing;
use super::{Expectation, Host, Preparation, Scenario, Step};
use crate::engine::render;
use crate::source::Diagnostics;
use std::path::Path;

/// Reads all that a scenario is about, for each of its platforms.
///
/// # Errors
/// Everything that is wrong in it, in its playbooks and in the roles, unless just that is what it expects.
pub fn check(root: &Path, scenario: &Scenario) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    for platform in &scenario.platforms {
        let there = platform.existing().map_or(Ok(()), |existing| existing::check(scenario, platform, existing));
        if errors.collect(there).is_none() {
            continue;
        }
        let hosts: Vec<&Host> = scenario.hosts.iter().collect();
        let of_hosts = hosts.iter().filter_map(|host| host.platform.as_ref()).flat_map(|platform| &platform.prepare);
        for preparation in platform.prepare.iter().chain(of_hosts).chain(&scenario.prepare) {
            if let Preparation::Playbook(path) = preparation {
                let project =
                    errors.collect(inputs::load(root, scenario, platform, What::Playbook(path, &hosts), None));
                if let Some(project) = project {
                    errors.collect(resolved(&project));
                }
            }
        }
        let roles = inputs::load(root, scenario, platform, What::Roles, None).and_then(|mut project| {
            inputs::add_checks(&mut project, scenario)?;
            resolved(&project)
        });
        match (&scenario.expect, roles) {
            (Some(Expectation { fails, at: Step::Diff | Step::Apply }), Err(found))
                if found.render(false).contains(fails) => {}
            (_, roles) => {
                errors.collect(roles);
            }
        }
    }
    errors.or(())
}

fn resolved(project: &crate::engine::Project) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    for host in project.selected() {
        errors.collect(render::programs(project, &host));
    }
    errors.or(())
}
