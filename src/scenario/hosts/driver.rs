//! What boots throwaway hosts: podman, or docker on machines that have only that.

use super::machine::is_there;
use crate::source::Diagnostic;
use std::process::{Command, Stdio};

/// Programs that podman needs for hosts, and the packages of Debian and Ubuntu that have them.
const PODMAN: [(&str, &str); 5] = [
    ("podman", "podman"),
    ("runc", "runc"),
    ("/usr/lib/podman/netavark", "netavark"),
    ("/usr/lib/podman/aardvark-dns", "aardvark-dns"),
    ("newuidmap", "uidmap"),
];

/// The same for docker.
const DOCKER: [(&str, &str); 1] = [("docker", "docker.io")];

/// The variable that says which, where no option does.
const VARIABLE: &str = "SOLTI_TEST_DRIVER";

/// Seconds that podman or docker has for an answer.
const PATIENCE: &str = "20";

/// A container engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// Podman.
    Podman,
    /// Docker.
    Docker,
}

impl Driver {
    /// The one that was asked for; else podman, if this machine has it or has neither, else docker.
    pub fn choose(wanted: Option<Self>) -> Result<Self, Diagnostic> {
        match (wanted, std::env::var(VARIABLE)) {
            (Some(driver), _) => Ok(driver),
            (None, Ok(name)) if !name.is_empty() => {
                name.parse().map_err(|error| Diagnostic::new(format!("{VARIABLE}: {error}")))
            }
            _ if !is_there("podman") && is_there("docker") => Ok(Self::Docker),
            _ => Ok(Self::Podman),
        }
    }

    /// What it is called, as a command and for the scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }

    /// Programs that it needs, and their packages.
    pub fn programs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Podman => &PODMAN,
            Self::Docker => &DOCKER,
        }
    }

    /// The variable that tells the scripts.
    pub const fn variable(self) -> (&'static str, &'static str) {
        (VARIABLE, self.name())
    }

    /// Asks whether hosts can be started with it, by this user and with nobody there to type a password.
    pub fn ask(self) -> Result<(), Diagnostic> {
        match self {
            Self::Podman if super::is_root() => Ok(()),
            Self::Podman => {
                asked(&["sudo", "-n", "podman", "--version"]).map(drop).map_err(|said| no_sudo("podman", &said))
            }
            Self::Docker => ask_docker(),
        }
    }
}

impl std::str::FromStr for Driver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Podman, Self::Docker];
        let found = all.into_iter().find(|driver| driver.name() == text);
        found.ok_or_else(|| format!("there is no driver `{text}`; hosts are booted by podman or docker"))
    }
}

/// A daemon must answer, on this machine and as root, or hosts could not be reached.
fn ask_docker() -> Result<(), Diagnostic> {
    let info = ["docker", "info", "--format", "{{.OperatingSystem}} {{.SecurityOptions}}"];
    let said = match asked(&info) {
        Err(refused) if refused.contains("permission denied") => {
            let words = [["sudo", "-n"].as_slice(), &info].concat();
            asked(&words).map_err(|said| {
                no_sudo("docker", &said)
                    .hint("or let this user in: sudo usermod -aG docker \"$USER\", and log in again")
            })?
        }
        Err(said) => {
            let start =
                if is_there("dockerd") { "sudo systemctl start docker" } else { "sudo apt-get install docker.io" };
            return Err(Diagnostic::new(format!("docker does not answer: {said}")).hint(start));
        }
        Ok(said) => said,
    };
    for (sign, what) in [("Docker Desktop", "Docker Desktop"), ("name=rootless", "docker without root")] {
        if said.contains(sign) {
            let message = format!("hosts of {what} cannot be reached from this machine by their addresses");
            return Err(Diagnostic::new(message).hint("docker's own daemon, run by root, or podman boots hosts"));
        }
    }
    Ok(())
}

fn no_sudo(program: &str, said: &str) -> Diagnostic {
    let message = format!("hosts are started by root, and `sudo {program}` does not run by itself: {said}");
    Diagnostic::new(message).hint("run `sudo -v` before, or solti as root; or let sudo ask this user for no password")
}

/// What a command printed, or the last line that it complained with.
fn asked(words: &[&str]) -> Result<String, String> {
    let output = Command::new("timeout").arg(PATIENCE).args(words).env("LC_ALL", "C").stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot run timeout: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
    Err(last.unwrap_or_else(|| format!("`{}` says nothing for {PATIENCE} s", words.join(" "))))
}
