//! The command lines: what is started here, and what ssh is told to start there.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use super::descriptors::given_back;
use super::{ConnectError, Identity, Method, RunDir, Target};

/// Starts `"$0" "$@"` deaf to the terminal's Ctrl-C, so that a step in hand can be finished. It stays in the
/// terminal's process group, because ssh may have to ask for a passphrase there.
const DEAF: &str = r#"trap "" INT QUIT; exec "$0" "$@""#;

/// The same, and away from the terminal: as over ssh.
const DETACHED: &str =
    r#"trap "" INT QUIT; command -v setsid >/dev/null 2>&1 && exec setsid "$0" "$@"; exec "$0" "$@""#;

/// What is said and asked before a shell runs: all of it goes through arguments, so none of it is secret.
#[derive(Debug)]
pub(super) struct Opening {
    /// The word that only our own lines contain.
    pub mark: String,
    /// Through sudo as this user.
    pub sudo: Option<Sudo>,
}

/// How sudo is to be called.
#[derive(Debug)]
pub(super) struct Sudo {
    /// The user, as any login shell reads it.
    pub user: String,
    /// The program, which needs no quoting.
    pub program: String,
    /// Whether it may ask.
    pub asks: bool,
}

impl Opening {
    /// How `identity` is reached on `target`; no sudo for who is already there.
    pub fn new(target: &Target, identity: &Identity, mark: String) -> Result<Self, ConnectError> {
        let Identity::Become { user, password } = identity else { return Ok(Self { mark, sudo: None }) };
        let Some(quoted) = Identity::in_any_shell(user) else {
            return Err(ConnectError::UnknownUser { user: user.clone(), words: "not a user name".into() });
        };
        let already = match &target.method {
            Method::Ssh { user: login, .. } => login.as_ref() == Some(user),
            Method::Local => user == "root" && std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0),
        };
        let program = target.escalation.program.clone().unwrap_or_else(|| "sudo".to_owned());
        let sudo = (!already).then(|| Sudo { user: quoted, program, asks: password.is_some() });
        Ok(Self { mark, sudo })
    }

    /// What sudo writes when it wants the password.
    pub fn prompt(&self) -> String {
        format!("{}-password", self.mark)
    }

    /// What the login shell writes before it starts sudo.
    pub fn login(&self) -> String {
        format!("{}-login", self.mark)
    }

    /// What the command writes when its shell is there.
    pub fn begin(&self) -> String {
        format!("{}-begin", self.mark)
    }

    /// The command that becomes a running shell. Any login shell reads it the same way (sh, fish, csh): one
    /// pair of single quotes, and no quote, newline, backslash or exclamation mark inside. sudo speaks English: what it
    /// says is told apart by its words, and how far it came by the lines before and after it.
    pub fn command(&self) -> String {
        // a background job gets /dev/null as its input unless told otherwise, hence descriptor 3
        let shell = format!(
            "sh -c 'echo {}; if command -v setsid >/dev/null 2>&1; then exec 3<&0; setsid sh -s own <&3 3<&- & \
             exec 3<&-; wait; else exec sh -s shared; fi'",
            self.begin()
        );
        match &self.sudo {
            None => format!("exec {shell}"),
            Some(Sudo { user, program, asks }) => {
                let (login, prompt) = (self.login(), self.prompt());
                let how = if *asks { format!("-S -p {prompt}") } else { "-n".to_owned() };
                format!("echo {login}; exec env LC_ALL=C {program} -H {how} -u {user} -- {shell}")
            }
        }
    }

    /// The process to start here for `target`.
    pub fn process(&self, run: &RunDir, target: &Target) -> Result<Command, ConnectError> {
        let (launcher, arguments) = match &target.method {
            Method::Local => (DETACHED, vec!["/bin/sh".into(), "-c".into(), self.command().into()]),
            Method::Ssh { .. } => {
                let mut words = ssh(run, target)?;
                // a RemoteCommand of the user's would be refused beside ours
                words.extend(["-o", "RemoteCommand=none", "-T", &destination(target), "--"].map(OsString::from));
                words.push(self.command().into());
                (DEAF, words)
            }
        };
        let mut process = Command::new("/bin/sh");
        process.arg("-c").arg(given_back() + launcher).args(arguments);
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        if let (Method::Ssh { .. }, Some(askpass)) = (&target.method, &run.askpass) {
            askpass.tell(&mut process);
        }
        Ok(process)
    }
}

/// The process that is a TCP connection from the host of `target` to `address`, on its input and output.
pub(super) fn tunnel(run: &RunDir, target: &Target, address: &str) -> Result<Command, ConnectError> {
    let mut words = ssh(run, target)?;
    words.extend(["-W", address, &destination(target)].map(OsString::from));
    let mut process = Command::new("/bin/sh");
    process.arg("-c").arg(given_back() + DEAF).args(words);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    Ok(process)
}

fn destination(target: &Target) -> String {
    match &target.method {
        Method::Ssh { address, .. } => address.clone(),
        Method::Local => "localhost".to_owned(),
    }
}

/// ssh with its options, up to where it is to go.
fn ssh(run: &RunDir, target: &Target) -> Result<Vec<OsString>, ConnectError> {
    let Method::Ssh { address, port, user, private_key, extra_args } = &target.method else { return Ok(vec![]) };
    let ssh = in_path("ssh").ok_or(ConnectError::NoSsh)?;
    let mut words: Vec<OsString> = vec![ssh.into()];
    words.extend(extra_args.iter().map(OsString::from));
    if !extra_args.iter().any(|word| word.starts_with("-F")) {
        let config = run.ssh_config(&target.name, address);
        let config = config.map_err(|error| ConnectError::Start(format!("its configuration: {error}")))?;
        words.extend(["-F".into(), config.into()]);
    }
    if let Some(port) = port {
        words.extend(["-p".into(), port.to_string().into()]);
    }
    if let Some(user) = user {
        words.extend(["-l".into(), user.into()]);
    }
    if let Some(key) = private_key {
        words.extend(["-i".into(), key.into()]);
    }
    Ok(words)
}

/// A program in `PATH`. Looked up here, because a missing one is told apart better than by an exit status.
fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(target: &Target, user: &str) -> Result<Opening, ConnectError> {
        let identity = Identity::Become { user: user.into(), password: None };
        Opening::new(target, &identity, "m".into())
    }

    #[test]
    fn any_login_shell_can_read_the_command() {
        for sudo in [None, Some(Sudo { user: "root".into(), program: "sudo".into(), asks: true })] {
            let command = Opening { mark: "m".into(), sudo }.command();
            assert_eq!(command.matches('\'').count(), 2, "{command}");
            assert!(!command.contains(['\n', '!', '\\', '"', '`']), "{command}");
        }
    }

    #[test]
    fn nobody_becomes_who_they_are() -> Result<(), (String, String)> {
        let target = Target::from_variables("h", |name| (name == "ansible_user").then(|| "root".to_owned()))?;
        assert!(opening(&target, "root").is_ok_and(|opening| opening.sudo.is_none()));
        assert!(opening(&target, "grafana").is_ok_and(|opening| opening.sudo.is_some()));
        assert!(opening(&target, "a; reboot").is_err());
        Ok(())
    }

    /// As ssh itself understands it: what comes first wins.
    #[test]
    fn who_answers_no_questions_is_not_waited_for() -> Result<(), Box<dyn std::error::Error>> {
        let run = RunDir::new()?;
        for arguments in ["-o ConnectTimeout=30 -o BatchMode=no", "-F /dev/null -o ConnectTimeout=30"] {
            let target =
                Target::from_variables("h", |name| (name == "ansible_ssh_common_args").then(|| arguments.to_owned()))
                    .map_err(|(_, what)| what)?;
            let timeout = |target: &Target| -> Result<String, Box<dyn std::error::Error>> {
                let words = ssh(&run, target)?;
                let output = std::process::Command::new(&words[0]).args(&words[1..]).args(["-G", "h"]).output()?;
                let said = String::from_utf8(output.stdout)?;
                let told = |line: &&str| line.starts_with("connecttimeout") || line.starts_with("batchmode");
                let mut lines: Vec<&str> = said.lines().filter(told).collect();
                lines.sort_unstable();
                Ok(lines.join(", "))
            };
            assert_eq!(timeout(&target)?, "batchmode no, connecttimeout 30", "{arguments}");
            assert_eq!(timeout(&target.unattended())?, "batchmode yes, connecttimeout 5", "{arguments}");
        }
        Ok(())
    }

    #[test]
    fn a_configuration_file_of_the_users_own_replaces_ours() -> Result<(), Box<dyn std::error::Error>> {
        let run = RunDir::new()?;
        let config = run.ssh_config("h", "h")?;
        for (arguments, ours) in [("-F /dev/null", false), ("-C", true)] {
            let target =
                Target::from_variables("h", |name| (name == "ansible_ssh_common_args").then(|| arguments.to_owned()))
                    .map_err(|(_, what)| what)?;
            let words = ssh(&run, &target)?;
            assert_eq!(words.iter().any(|word| config == **word), ours, "{words:?}");
        }
        Ok(())
    }
}
