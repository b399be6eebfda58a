//! The one place where the command line meets the engine.

use solti::engine::request::{Command, Outside, Selection};
use solti::engine::{self, Project};
use solti::host::Password;
use solti::secret::Secrets;
use solti::source::Diagnostics;

pub fn load(selection: &Selection) -> Result<Project, Diagnostics> {
    engine::load(selection)
}

/// The errors without the secrets that are known.
fn without(errors: &Diagnostics, secrets: &Secrets) -> Diagnostics {
    errors.without(&|text| secrets.redact_own(text), &|text| secrets.redact(text))
}

pub async fn run(
    command: Command,
    project: Project,
    password: Option<Password>,
    outside: Outside,
) -> Result<u8, Diagnostics> {
    let secrets = project.secrets.clone();
    engine::run(command, project, password, outside).await.map_err(|errors| without(&errors, &secrets))
}

/// The files that a role makes for a host: path and text.
pub fn files(project: &Project, host: &str, role: &str) -> Result<Vec<(String, String)>, Diagnostics> {
    engine::render::files(project, host, role).map_err(|errors| without(&errors, &project.secrets))
}

/// The programs that a run sends to a host before it plans, one after the other.
pub fn programs(project: &Project, host: &str) -> Result<String, Diagnostics> {
    let programs = engine::render::programs(project, host);
    let (facts, probe) = programs.map_err(|errors| without(&errors, &project.secrets))?;
    Ok(format!("{facts}\n{probe}"))
}
