//! A user's project in a temporary folder, and solti run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::hosts::{Host, Hosts};
use super::process::{Background, Output, run, run_with_input};
use super::terminal::Terminal;

/// A folder with `inventory.yml`, `playbooks/` and `roles/`; removed when dropped.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project whose inventory has these hosts.
    #[track_caller]
    pub fn new(hosts: &Hosts) -> Self {
        let project = Self::without_hosts();
        project.refresh(hosts);
        project
    }

    /// A project without an inventory.
    #[track_caller]
    pub fn without_hosts() -> Self {
        let project = Self { folder: tempfile::Builder::new().prefix("solti-project-").tempdir().unwrap() };
        for folder in ["playbooks", "roles"] {
            fs::create_dir(project.path(folder)).unwrap();
        }
        project
    }

    /// Writes the inventory again, for hosts that have other addresses since they were started again.
    #[track_caller]
    pub fn refresh(&self, hosts: &Hosts) {
        self.file("inventory.yml", &hosts.inventory());
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Where a file of the project is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file, and the folders that it is in.
    #[track_caller]
    pub fn file(&self, path: &str, contents: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    /// Runs solti in the project's folder, as a pipeline would: no terminal, nothing on standard input.
    #[track_caller]
    pub fn solti(&self, args: &[&str]) -> Output {
        run(self.command(args))
    }

    /// Runs a command of solti on the project's inventory: the command and its options, and extra variables.
    #[track_caller]
    pub fn with(&self, command: &[&str], variables: &[&str]) -> Output {
        let extra = variables.iter().flat_map(|variable| ["-e", variable]);
        let arguments = [command[0], "inventory.yml"].into_iter().chain(command[1..].iter().copied()).chain(extra);
        self.solti(&arguments.collect::<Vec<_>>())
    }

    /// Has a role take its package from the stand-ins' repository, which hosts have in `folder`; gives the variables.
    #[track_caller]
    pub fn packages_from(&self, host: &Host, folder: &str, role: &str) -> String {
        self.file("playbooks/standins.asc", &host.read_file("/srv/standins/apt/key.asc"));
        let fingerprint = host.read("cat /srv/standins/apt/fingerprint");
        format!(
            "{role}_repository_uris: file:{folder}\n{role}_repository_fingerprint: \"{fingerprint}\"\n\
             {role}_repository_key: \"{{{{ lookup('file', playbook_dir ~ '/standins.asc') }}}}\"\n"
        )
    }

    /// Runs solti with this text on its standard input.
    #[track_caller]
    pub fn solti_with_input(&self, args: &[&str], input: &str) -> Output {
        run_with_input(self.command(args), input.as_bytes())
    }

    /// Starts solti beside the test, to be watched and signalled.
    #[track_caller]
    pub fn solti_background(&self, args: &[&str]) -> Background {
        Background::spawn(self.command(args))
    }

    /// Starts solti on a terminal, to be typed at.
    #[track_caller]
    pub fn solti_on_terminal(&self, args: &[&str]) -> Terminal {
        Terminal::start(&self.command(args))
    }

    /// The command that runs solti, for a test that adds to it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_solti"));
        command.args(args).current_dir(self.root()).stdin(Stdio::null());
        // What the person or the pipeline running the tests has set must not change their outcome.
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CI", "GITHUB_ACTIONS"] {
            command.env_remove(name);
        }
        command
    }
}
