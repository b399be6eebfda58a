//! The scripts that boot hosts and build their images, which are in the program.

use super::{Driver, Trouble, cache, short, state};
use crate::engine::request::{Interrupt, interrupted};
use crate::scenario::Image;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::{self, BufRead as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::watch;

/// `hosts.sh` and `images/`, packed by `build.rs`.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hosts.tar"));

/// What the names of folders begin with into which the scripts are being unpacked.
const DRAFT: &str = ".scripts-";

/// The scripts, written out so that they can be run.
#[derive(Debug, Clone)]
pub struct Scripts {
    folder: PathBuf,
    /// What new hosts are booted by; those that are there have it noted.
    pub(super) driver: Option<Driver>,
}

impl Scripts {
    /// Writes them out, unless an earlier run has.
    pub fn unpack(driver: Option<Driver>) -> io::Result<Self> {
        let parent = cache()?;
        let folder = parent.join(format!("scripts-{}", short(Sha256::new_with_prefix(ARCHIVE))));
        if !folder.is_dir() {
            fs::create_dir_all(&parent)?;
            remove_drafts(&parent, DRAFT);
            let draft = tempfile::Builder::new().prefix(DRAFT).tempdir_in(&parent)?;
            let mut archive = tempfile::tempfile()?;
            archive.write_all(ARCHIVE)?;
            archive.rewind()?;
            let mut tar = std::process::Command::new("tar");
            let status = tar.args(["--no-same-owner", "-xpf", "-", "-C"]).arg(draft.path()).stdin(archive).status()?;
            if !status.success() {
                return Err(io::Error::other("tar could not unpack them"));
            }
            fs::set_permissions(draft.path(), fs::Permissions::from_mode(0o755))?;
            // Whoever comes second finds the folder there: it has the same in it.
            if fs::rename(draft.path(), &folder).is_ok() {
                let _ = draft.keep();
            }
        }
        Ok(Self { folder, driver })
    }

    /// Runs `hosts.sh`; what it printed, or what it complained about. An interrupt ends it, and it puts away what it began.
    pub(super) async fn hosts(
        &self,
        arguments: &[&str],
        environment: &[(&str, String)],
        interrupt: Option<watch::Receiver<Interrupt>>,
    ) -> Result<String, Trouble> {
        let failed = |error: io::Error| Trouble::new(format!("cannot run hosts.sh: {error}"));
        let mut command = Command::new("bash");
        command.arg(self.folder.join("hosts.sh")).args(arguments);
        command.env("SOLTI_TEST_STATE", state().map_err(failed)?).envs(environment.iter().map(|(k, v)| (k, v)));
        command.envs(self.driver.map(Driver::variable));
        // a group of its own: Ctrl-C is for solti, which then says what is to be done
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().map_err(failed)?;
        let group = child.id().map(|id| format!("-{id}"));
        let ended = child.wait_with_output();
        tokio::pin!(ended);
        let output = match interrupt {
            None => ended.await,
            Some(interrupt) => tokio::select! {
                output = &mut ended => output,
                () = interrupted(interrupt) => {
                    if let Some(group) = group {
                        let _ = Command::new("kill").args(["-s", "TERM", "--", &group]).status().await;
                    }
                    let _ = ended.await;
                    return Err(Trouble::new("interrupted"));
                }
            },
        }
        .map_err(failed)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("hosts.sh failed");
        let message = last.strip_prefix("hosts.sh: ").unwrap_or(last).to_owned();
        Err(Trouble::with(message, &said))
    }

    /// Sees to it that an image is there, which may mean to build it: its name. What takes long is told.
    pub fn image(&self, image: &Image, mut told: impl FnMut(&str)) -> Result<String, Trouble> {
        let failed = |error: io::Error| Trouble::new(error.to_string());
        let project = ["images/project.sh"];
        let mut command = std::process::Command::new("bash");
        command.current_dir(&self.folder).envs(self.driver.map(Driver::variable));
        match image {
            Image::Suite(suite) => command.args(["images/host.sh", suite]),
            Image::Named(name) => command.args(project).args(["pull", name]),
            Image::Built(build) => {
                command.args(project).arg("build").arg(&build.folder).arg(&build.file).args(&build.arguments)
            }
        };
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let mut said = String::new();
        // what it prints is one line, for which there is always room
        for line in child.stderr.take().map(|stderr| io::BufReader::new(stderr).split(b'\n')).into_iter().flatten() {
            let line = String::from_utf8_lossy(&line.map_err(failed)?).into_owned();
            if line.starts_with("building ") {
                told(&line);
            }
            said.push_str(&line);
            said.push('\n');
        }
        let output = child.wait_with_output().map_err(failed)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing says why");
        Err(Trouble::with(last.trim_start_matches("Error: "), &said))
    }

    /// Removes the hosts of runs that are gone.
    pub async fn collect_garbage(&self) -> Result<(), Trouble> {
        self.hosts(&["gc"], &[], None).await.map(drop)
    }
}

/// Removes what killed runs have left half written. Nobody takes minutes to write such a thing.
pub(super) fn remove_drafts(folder: &Path, prefix: &str) {
    const OLD: Duration = Duration::from_secs(600);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let old = written.is_some_and(|at| at.elapsed().is_ok_and(|age| age > OLD));
        if old && entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
