//! Where a host is and how it is reached, taken from Ansible's connection variables.

use std::path::PathBuf;

use super::Password;
use super::quote::quote;
use super::variables::{CONNECTION_VARIABLES, Standing, is_password};
use crate::yaml::truth;

/// A host as the connection layer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The inventory's name for it.
    pub name: String,
    /// How it is reached.
    pub method: Method,
    /// How another user is become there.
    pub escalation: Escalation,
}

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Over the `ssh` program. What is `None` is left to the user's own ssh configuration.
    Ssh {
        /// `ansible_host`, or the inventory's name.
        address: String,
        /// `ansible_port`.
        port: Option<u16>,
        /// `ansible_user`.
        user: Option<String>,
        /// `ansible_ssh_private_key_file`, with `~` expanded.
        private_key: Option<PathBuf>,
        /// `ansible_ssh_args`, `ansible_ssh_common_args` and `ansible_ssh_extra_args`, split into words.
        extra_args: Vec<String>,
    },
    /// On this machine, without ssh.
    Local,
}

/// How another user is become on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Escalation {
    /// `ansible_become_exe`; else `sudo`.
    pub program: Option<String>,
    /// `ansible_become_password`; else what the command line gives for all hosts.
    pub password: Option<Password>,
}

/// A variable, and what is wrong with its value.
type Wrong = (String, String);

/// What says which host is meant, and who logs in there.
const WHERE_AND_WHO: [&str; 7] = [
    "ansible_connection",
    "ansible_host",
    "ansible_ssh_host",
    "ansible_port",
    "ansible_ssh_port",
    "ansible_user",
    "ansible_ssh_user",
];

impl Target {
    /// Reads the connection variables of the host `name`. An error names the variable and says what is
    /// wrong with its value.
    pub fn from_variables(name: &str, get: impl Fn(&str) -> Option<String>) -> Result<Self, Wrong> {
        // an unset variable must not come to another host, or another user
        for variable in WHERE_AND_WHO {
            if get(variable).is_some_and(|value| value.trim().is_empty()) {
                return wrong(variable, "it is empty");
            }
        }
        let variables = Variables { get: &|variable| get(variable).filter(|value| !value.is_empty()) };
        let method = match variables.last(&["ansible_connection"]) {
            Some((_, local)) if local == "local" || local == "ansible.builtin.local" => Method::Local,
            None => variables.ssh(name)?,
            Some((_, ssh)) if ["ssh", "smart", "ansible.builtin.ssh"].contains(&ssh.as_str()) => variables.ssh(name)?,
            Some((_, paramiko)) if paramiko.contains("paramiko") => variables.ssh(name)?,
            Some((variable, other)) => {
                return wrong(variable, format!("expected `ssh` or `local`, found `{other}`"));
            }
        };
        variables.refused(&method)?;
        Ok(Self { name: name.to_owned(), method, escalation: variables.escalation()? })
    }
}

fn wrong<T>(variable: &str, what: impl Into<String>) -> Result<T, Wrong> {
    Err((variable.to_owned(), what.into()))
}

/// What is set for a host.
struct Variables<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    /// The last of the variables that is set, as Ansible has it.
    fn last(&self, names: &[&'static str]) -> Option<(&'static str, String)> {
        names.iter().rev().find_map(|&variable| Some((variable, (self.get)(variable)?)))
    }

    /// How the host `name` is reached over ssh.
    fn ssh(&self, name: &str) -> Result<Method, Wrong> {
        let (variable, address) =
            self.last(&["ansible_host", "ansible_ssh_host"]).unwrap_or(("inventory_hostname", name.to_owned()));
        if address.starts_with('-') || address.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return wrong(variable, format!("`{address}` is not an address"));
        }
        let port = match self.last(&["ansible_port", "ansible_ssh_port"]) {
            None => None,
            Some((variable, text)) => match text.parse::<u16>() {
                Ok(port) if port > 0 => Some(port),
                _ => return wrong(variable, format!("expected a port from 1 to 65535, found `{text}`")),
            },
        };
        let user = match self.last(&["ansible_user", "ansible_ssh_user"]) {
            Some((variable, user)) if user.starts_with('-') || user.contains(char::is_whitespace) => {
                return wrong(variable, format!("`{user}` is not a user name"));
            }
            found => found.map(|(_, user)| user),
        };
        let private_key = match self.last(&["ansible_private_key_file", "ansible_ssh_private_key_file"]) {
            None => None,
            Some((variable, path)) => match expand_home(&path) {
                None => {
                    return wrong(variable, format!("`{path}`: the home folder is not known, write the whole path"));
                }
                known => known,
            },
        };
        for variable in ["ansible_host_key_checking", "ansible_ssh_host_key_checking"] {
            if (self.get)(variable).is_some_and(|text| truth(&text) == Some(false)) {
                let what = "host keys are always checked: add the host's key to known_hosts, or set \
                            `StrictHostKeyChecking` for it in ssh's configuration";
                return wrong(variable, what);
            }
        }
        if let Some((variable, shell)) = self.last(&["ansible_shell_type"])
            && ["powershell", "cmd"].contains(&shell.rsplit('.').next().unwrap_or(&shell))
        {
            return wrong(variable, format!("a host needs a POSIX shell, and `{shell}` is none"));
        }
        Ok(Method::Ssh { address, port, user, private_key, extra_args: self.arguments()? })
    }

    /// Further arguments for ssh.
    fn arguments(&self) -> Result<Vec<String>, Wrong> {
        let mut arguments = Vec::new();
        for variable in ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"] {
            if let Some(text) = (self.get)(variable) {
                match shell_words::split(&text) {
                    Ok(words) => arguments.extend(words),
                    Err(error) => return wrong(variable, format!("`{text}`: {error}")),
                }
            }
        }
        // last: what the arguments say themselves comes first for ssh, and wins
        if let Some((variable, text)) = self.last(&["ansible_timeout", "ansible_ssh_timeout"]) {
            match text.parse::<u32>() {
                Ok(seconds) if seconds > 0 => arguments.extend(["-o".to_owned(), format!("ConnectTimeout={seconds}")]),
                _ => return wrong(variable, format!("expected a number of seconds, found `{text}`")),
            }
        }
        Ok(arguments)
    }

    /// How another user is become.
    fn escalation(&self) -> Result<Escalation, Wrong> {
        if let Some((variable, method)) = self.last(&["ansible_become_method"])
            && !["sudo", "ansible.builtin.sudo"].contains(&method.as_str())
        {
            return wrong(variable, format!("expected `sudo`, found `{method}`: nothing else is built yet"));
        }
        if let Some((variable, flags)) = self.last(&["ansible_become_flags", "ansible_sudo_flags"])
            && let Some(other) = flags.split_whitespace().find(|flag| !is_set_anyway(flag))
        {
            return wrong(variable, format!("`{other}` cannot be handed to sudo: set it in sudoers"));
        }
        let program = match self.last(&["ansible_become_exe", "ansible_sudo_exe"]) {
            Some((variable, text)) if text.starts_with('-') || quote(&text) != text => {
                return wrong(variable, format!("expected the name or path of `sudo`, found `{text}`"));
            }
            found => found.map(|(_, text)| text),
        };
        let names = ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"];
        let password = match self.last(&names) {
            None => None,
            Some((variable, text)) => {
                // the lines after the first would be taken for commands
                let text = text.trim_end_matches(['\r', '\n']);
                if text.contains(char::is_control) {
                    return wrong(variable, "a password is one line, without control characters");
                }
                Some(Password::new(text))
            }
        };
        Ok(Escalation { program, password })
    }

    /// What says something about this way to the host that is not done.
    fn refused(&self, method: &Method) -> Result<(), Wrong> {
        for (names, standing) in CONNECTION_VARIABLES {
            let Standing::Refused(instead) = standing else { continue };
            // what is about ssh means nothing without it
            let about_ssh = |name: &str| !name.starts_with("ansible_become_") && !name.starts_with("ansible_sudo_");
            let counts = |name: &&&str| *method != Method::Local || !about_ssh(name);
            if let Some(name) = names.iter().filter(counts).find(|name| (self.get)(name).is_some()) {
                let has = if is_password(name) { "" } else { "it has no effect here: " };
                return wrong(name, format!("{has}{instead}"));
            }
        }
        Ok(())
    }
}

/// Whether a word of flags for sudo says nothing but what sudo is called with anyway.
fn is_set_anyway(flag: &str) -> bool {
    let letters = flag.strip_prefix('-').unwrap_or_default();
    let long = ["--set-home", "--stdin", "--non-interactive"].contains(&flag);
    long || (!letters.is_empty() && letters.chars().all(|letter| "HSn".contains(letter)))
}

impl Target {
    /// The same host for somebody who answers no questions and does not wait for long.
    #[must_use]
    pub fn unattended(mut self) -> Self {
        if let Method::Ssh { extra_args, .. } = &mut self.method {
            // what comes first wins
            extra_args.splice(0..0, ["-o", "BatchMode=yes", "-o", "ConnectTimeout=5"].map(str::to_owned));
        }
        self
    }
}

/// `path` with a leading `~/` replaced by the home folder; `None` when that is not known.
fn expand_home(path: &str) -> Option<PathBuf> {
    match path.strip_prefix('~') {
        None => Some(PathBuf::from(path)),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = std::env::home_dir().filter(|home| home.is_absolute())?;
            Some(home.join(rest.trim_start_matches('/')))
        }
        // `~name/`: ssh itself expands it
        Some(_) => Some(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(variables: &[(&str, &str)]) -> Result<Target, (String, String)> {
        Target::from_variables("web1", |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_timeout_is_told_to_ssh() {
        let args = |variables: &[(&str, &str)]| match target(variables).map(|target| target.method) {
            Ok(Method::Ssh { extra_args, .. }) => Ok(extra_args.join(" ")),
            Ok(Method::Local) => Ok("local".to_owned()),
            Err((variable, what)) => Err(format!("{variable}: {what}")),
        };
        assert_eq!(args(&[("ansible_ssh_timeout", "30")]), Ok("-o ConnectTimeout=30".to_owned()));
        let both = [("ansible_ssh_timeout", "30"), ("ansible_ssh_common_args", "-o ConnectTimeout=5")];
        assert_eq!(args(&both), Ok("-o ConnectTimeout=5 -o ConnectTimeout=30".to_owned()));
        assert_eq!(
            args(&[("ansible_ssh_timeout", "soon")]),
            Err("ansible_ssh_timeout: expected a number of seconds, found `soon`".to_owned())
        );
    }

    #[test]
    fn a_bare_name_leaves_everything_to_ssh() {
        let expected =
            Method::Ssh { address: "web1".into(), port: None, user: None, private_key: None, extra_args: vec![] };
        assert_eq!(target(&[]).map(|target| target.method), Ok(expected));
    }

    #[test]
    fn connection_variables_are_read() {
        let found = target(&[
            ("ansible_host", "10.0.0.7"),
            ("ansible_port", "2222"),
            ("ansible_user", "ops"),
            ("ansible_ssh_private_key_file", "/keys/ops"),
            ("ansible_ssh_common_args", "-o 'ProxyCommand=nc %h %p'"),
            ("ansible_ssh_extra_args", "-v"),
            ("ansible_connection", "smart"),
        ]);
        let expected = Method::Ssh {
            address: "10.0.0.7".into(),
            port: Some(2222),
            user: Some("ops".into()),
            private_key: Some("/keys/ops".into()),
            extra_args: vec!["-o".into(), "ProxyCommand=nc %h %p".into(), "-v".into()],
        };
        assert_eq!(found.map(|target| target.method), Ok(expected));
        assert_eq!(target(&[("ansible_connection", "local")]).map(|target| target.method), Ok(Method::Local));
    }

    #[test]
    fn wrong_values_name_their_variable() {
        for (variable, value) in [
            ("ansible_port", "0"),
            ("ansible_port", "ssh"),
            ("ansible_host", "-oProxyCommand=id"),
            ("ansible_user", "-l"),
            ("ansible_user", ""),
            ("ansible_host", ""),
            ("ansible_port", " "),
            ("ansible_connection", ""),
            ("ansible_ssh_pass", "secret"),
            ("ansible_connection", "docker"),
            ("ansible_ssh_common_args", "-o 'open"),
            ("ansible_ssh_private_key", "-----BEGIN"),
            ("ansible_host_key_checking", "False"),
            ("ansible_ssh_host_key_checking", "n"),
            ("ansible_shell_type", "powershell"),
            ("ansible_become_method", "su"),
            ("ansible_become_exe", "sudo -i"),
            ("ansible_become_exe", "$(reboot)"),
            ("ansible_become_flags", "-H -i"),
            ("ansible_become_password", "first\nreboot"),
            ("ansible_become_ask_pass", "true"),
            ("ansible_paramiko_proxy_command", "nc %h %p"),
        ] {
            assert_eq!(target(&[(variable, value)]).map_err(|(variable, _)| variable), Err(variable.to_owned()));
        }
    }

    #[test]
    fn how_a_user_is_become_is_read() {
        let variables = [
            ("ansible_become_password", "first"),
            ("ansible_sudo_pass", "last\n"),
            ("ansible_become_exe", "/opt/bin/sudo"),
            ("ansible_become_flags", "-H -Sn"),
            ("ansible_become_method", "ansible.builtin.sudo"),
        ];
        let expected = Escalation { program: Some("/opt/bin/sudo".into()), password: Some(Password::new("last")) };
        for connection in ["local", "ssh"] {
            let variables = [&variables[..], &[("ansible_connection", connection)]].concat();
            assert_eq!(target(&variables).map(|target| target.escalation), Ok(expected.clone()), "{connection}");
        }
        assert_eq!(target(&[]).map(|target| target.escalation), Ok(Escalation::default()));
    }

    #[test]
    fn what_is_about_ssh_means_nothing_without_it() {
        let local = |variable: &'static str| target(&[("ansible_connection", "local"), (variable, "x")]);
        assert!(local("ansible_password").is_ok());
        assert!(local("ansible_become_ask_pass").is_err());
    }

    #[test]
    fn of_two_names_the_one_wins_that_wins_in_ansible() {
        let both =
            [("ansible_ssh_port", "22"), ("ansible_port", "2222"), ("ansible_host", "a"), ("ansible_ssh_host", "b")];
        let Ok(Method::Ssh { address, port, .. }) = target(&both).map(|target| target.method) else {
            panic!("no ssh");
        };
        assert_eq!((address.as_str(), port), ("b", Some(22)));
    }

    #[test]
    fn the_home_folder_is_filled_in() {
        let home = std::env::home_dir().unwrap_or_default();
        assert_eq!(expand_home("~/.ssh/id"), Some(home.join(".ssh/id")));
        assert_eq!(expand_home("~ops/.ssh/id"), Some("~ops/.ssh/id".into()));
    }
}
