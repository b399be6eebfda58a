//! What is told of a transaction in the generation that it becomes a part of on its host (`step/generations.sh`): when, by whom, of
//! which project, and what it changes in words. Who lists generations, or goes back to one, reads it there.

use super::host_plan::Transaction;
use super::project::Project;
use super::project_id::ProjectId;
use super::who::by;
use super::work::RoleRun;
use crate::plan::change::{Action, Change, Detail};
use crate::secret::Secrets;
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// The format that this version writes.
const FORMAT: u32 = 1;

/// How long it may take to find out what is checked out.
const LOOK: Duration = Duration::from_secs(2);

/// Whose changes a run makes; the same for all its hosts.
#[derive(Debug)]
pub struct Origin {
    /// What joins all that the run does, on whatever host.
    pub run: String,
    /// The user and the machine that solti was started on, as the lock has them.
    pub by: String,
    /// The project.
    pub project: String,
    /// Whether `solti.toml` gives that name.
    pub named: bool,
    pub(super) root: PathBuf,
    pub(super) commit: OnceCell<Option<String>>,
}

impl Origin {
    /// Of a run in a project.
    pub fn of(run: &str, project: &Project) -> Self {
        let ProjectId { name, given, .. } = &project.id;
        let (root, commit) = (project.root.clone(), OnceCell::new());
        Self { run: run.to_owned(), by: by(), project: name.clone(), named: *given, root, commit }
    }

    /// The commit that is checked out in the project's folder, if that is one of git's; files may have been changed since.
    async fn commit(&self) -> Option<&str> {
        self.commit.get_or_init(|| commit(&self.root)).await.as_deref()
    }
}

/// What git has checked out there. git itself is asked: it alone knows all ways in which that can be written down.
async fn commit(root: &Path) -> Option<String> {
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let mut git = Command::new("git");
    git.args(["rev-parse", "--verify", "--quiet", "HEAD"]).current_dir(root).kill_on_drop(true);
    // a hook that starts solti has set these for another folder
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"] {
        git.env_remove(variable);
    }
    let output = tokio::time::timeout(LOOK, git.stdin(std::process::Stdio::null()).output()).await.ok()?.ok()?;
    let commit = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !commit.is_empty()).then_some(commit)
}

/// A transaction's part of a generation.
#[derive(Debug, Clone)]
pub struct Part {
    /// The run, whose transactions on a host are one generation.
    pub run: String,
    /// What is told: one line of JSON, without secrets.
    pub record: String,
}

#[derive(Serialize)]
struct Record<'a> {
    format: u32,
    run: &'a str,
    begun: String,
    by: &'a str,
    project: &'a str,
    named: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    playbook: Option<&'a str>,
    play: &'a str,
    role: &'a str,
    instance: &'a str,
    changes: Vec<Changed>,
}

#[derive(Serialize)]
struct Changed {
    resource: String,
    action: Action,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Value>,
}

/// A version, a mode, an owner; texts are in the files that were kept.
#[derive(Serialize)]
struct Value {
    what: String,
    old: Option<String>,
    new: Option<String>,
}

impl Part {
    /// Of a transaction that begins now, of this use of a role, or of a role that is in no play any more; none where it changes
    /// nothing on the host.
    pub async fn of(
        transaction: &Transaction,
        run: Option<&RoleRun>,
        origin: &Origin,
        begun: Timestamp,
        secrets: &Secrets,
    ) -> Option<Self> {
        let changes = transaction.plan.steps.iter().flat_map(|step| &step.changes);
        let changes: Vec<Changed> = changes.map(|change| changed(change, secrets)).collect();
        if changes.is_empty() {
            return None;
        }
        let record = Record {
            format: FORMAT,
            run: &origin.run,
            begun: begun.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            by: &origin.by,
            project: &origin.project,
            named: origin.named,
            commit: origin.commit().await,
            playbook: run.map(|run| run.playbook.as_str()),
            play: &transaction.plan.play,
            role: &transaction.plan.role,
            instance: run.map_or(&transaction.plan.role, |run| &run.instance),
            changes,
        };
        let record = serde_json::to_string(&record).ok()?;
        Some(Self { run: origin.run.clone(), record })
    }
}

fn changed(change: &Change, secrets: &Secrets) -> Changed {
    let redacted = |text: &String| secrets.redact(text);
    let values = change.details.iter().filter_map(|detail| match detail {
        Detail::Value { what, old, new } => {
            let (old, new) = (old.as_ref().map(redacted), new.as_ref().map(redacted));
            Some(Value { what: secrets.redact_own(what), old, new })
        }
        _ => None,
    });
    Changed { resource: secrets.redact_own(&change.resource), action: change.action, values: values.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_commit_is_the_one_that_is_checked_out() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        assert_eq!(commit(folder.path()).await, None);
        let git = |words: &[&str]| {
            let mut git = std::process::Command::new("git");
            git.args(["-c", "user.name=a", "-c", "user.email=a@a"]).args(words).current_dir(folder.path()).output()
        };
        git(&["init", "-q"])?;
        assert_eq!(commit(folder.path()).await, None, "nothing is committed yet");
        git(&["commit", "-q", "--allow-empty", "-m", "first"])?;
        let head = String::from_utf8(git(&["rev-parse", "HEAD"])?.stdout)?;
        let below = folder.path().join("below");
        std::fs::create_dir(&below)?;
        assert_eq!(commit(&below).await.as_deref(), Some(head.trim()));
        Ok(())
    }
}
