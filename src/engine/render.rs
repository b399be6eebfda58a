//! What a role's files will hold on a host, without talking to it.

use super::project::Project;
use super::resolve::resolve;
use crate::ability::Probe;
use crate::host::facts;
use crate::resource::Resource;
use crate::source::{Diagnostic, Diagnostics};

/// What is shown of a file that is a secret as a whole.
const HIDDEN: &str = "(a secret; its content is not shown)\n";

/// The files that a role writes on a host: path and text, in the order declared.
///
/// # Errors
/// What is wrong in the input, an unknown host or role, or a file that needs the host's facts.
pub fn files(project: &Project, host: &str, role: &str) -> Result<Vec<(String, String)>, Diagnostics> {
    known(project, host)?;
    let mut work = resolve(project, host)?;
    let name = role.rsplit('.').next().unwrap_or(role);
    let mut runs = work.runs.iter().filter(|run| run.role == name).peekable();
    if runs.peek().is_none() {
        let roles: Vec<&str> = work.runs.iter().map(|run| run.role.as_str()).collect();
        return Err(Diagnostic::new(format!("no play gives host {host} a role {name}"))
            .hint(format!("it has: {}", roles.join(", ")))
            .into());
    }
    let runs = work.runs.iter_mut().filter(|run| run.role == name);
    let resources = runs.flat_map(|run| &mut run.steps).flat_map(|step| &mut step.resources);
    let files: Vec<(String, String)> = resources
        .filter_map(|resolved| resolved.resource.as_mut())
        .flat_map(|resource| shown(resource.as_mut()))
        .map(|(path, text)| (path, project.secrets.redact(&text)))
        .collect();
    if files.is_empty() && work.needs_facts {
        return Err(Diagnostic::new(format!("the files of role {name} need facts of host {host}"))
            .hint("`solti diff` connects, and shows them")
            .into());
    }
    Ok(files)
}

/// The texts of a resource as they may be shown.
fn shown(resource: &mut dyn Resource) -> Vec<(String, String)> {
    let texts = resource.texts();
    let contents = resource.contents_mut();
    let with = |(path, bytes): (String, Vec<u8>)| {
        let text = match contents.iter().find(|content| content.path == path) {
            Some(content) => content.shown().unwrap_or_else(|| HIDDEN.to_owned()),
            None => String::from_utf8_lossy(&bytes).into_owned(),
        };
        (path, text)
    };
    texts.into_iter().map(with).collect()
}

/// The programs that a run sends to a host before it plans: facts, then the probe.
///
/// # Errors
/// What is wrong in the input, or an unknown host.
pub fn programs(project: &Project, host: &str) -> Result<(String, String), Diagnostics> {
    known(project, host)?;
    let work = resolve(project, host)?;
    let probes: Vec<String> = super::planner::questions(&work).values().map(Probe::program).collect();
    Ok((facts::program(project.hosts.extras(host)), probes.concat()))
}

fn known(project: &Project, host: &str) -> Result<(), Diagnostics> {
    project.inventory.select(host, None).map(|_| ())
}
