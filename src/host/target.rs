//! Where a host is and how it is reached, taken from Ansible's connection variables.

use std::path::PathBuf;

/// A host as the connection layer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The inventory's name for it.
    pub name: String,
    /// How it is reached.
    pub method: Method,
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
    pub fn from_variables(name: &str, get: impl Fn(&str) -> Option<String>) -> Result<Self, (String, String)> {
        // an unset variable must not come to another host, or another user
        for variable in WHERE_AND_WHO {
            if get(variable).is_some_and(|value| value.trim().is_empty()) {
                return Err((variable.to_owned(), "it is empty".to_owned()));
            }
        }
        let get = |variable: &str| get(variable).filter(|value| !value.is_empty());
        let first =
            |variables: &[&'static str]| variables.iter().find_map(|&variable| Some((variable, get(variable)?)));
        let wrong = |variable: &str, what: String| (variable.to_owned(), what);

        match get("ansible_connection").as_deref() {
            Some("local") => return Ok(Self { name: name.to_owned(), method: Method::Local }),
            None | Some("ssh" | "smart" | "ansible.builtin.ssh") => {}
            Some(paramiko) if paramiko.contains("paramiko") => {}
            Some(other) => {
                return Err(wrong("ansible_connection", format!("expected `ssh` or `local`, found `{other}`")));
            }
        }

        if let Some((variable, _)) = first(&["ansible_password", "ansible_ssh_password", "ansible_ssh_pass"]) {
            let what = "logging in with a stored password is not supported: use a key, or let ssh ask for it";
            return Err(wrong(variable, what.to_owned()));
        }
        let (variable, address) =
            first(&["ansible_host", "ansible_ssh_host"]).unwrap_or(("inventory_hostname", name.to_owned()));
        if address.starts_with('-') || address.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong(variable, format!("`{address}` is not an address")));
        }
        let port = match first(&["ansible_port", "ansible_ssh_port"]) {
            None => None,
            Some((variable, text)) => match text.parse::<u16>() {
                Ok(port) if port > 0 => Some(port),
                _ => return Err(wrong(variable, format!("expected a port from 1 to 65535, found `{text}`"))),
            },
        };
        let user = match first(&["ansible_user", "ansible_ssh_user"]) {
            Some((variable, user)) if user.starts_with('-') || user.contains(char::is_whitespace) => {
                return Err(wrong(variable, format!("`{user}` is not a user name")));
            }
            found => found.map(|(_, user)| user),
        };
        let private_key = match first(&["ansible_ssh_private_key_file", "ansible_private_key_file"]) {
            None => None,
            Some((variable, path)) => Some(expand_home(&path).ok_or_else(|| {
                wrong(variable, format!("`{path}`: the home folder is not known, write the whole path"))
            })?),
        };
        let mut extra_args = Vec::new();
        for variable in ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"] {
            if let Some(text) = get(variable) {
                let words = shell_words::split(&text).map_err(|error| wrong(variable, format!("`{text}`: {error}")))?;
                extra_args.extend(words);
            }
        }
        // last: what the arguments say themselves comes first for ssh, and wins
        if let Some(text) = get("ansible_ssh_timeout") {
            match text.parse::<u32>() {
                Ok(seconds) if seconds > 0 => extra_args.extend(["-o".to_owned(), format!("ConnectTimeout={seconds}")]),
                _ => return Err(wrong("ansible_ssh_timeout", format!("expected a number of seconds, found `{text}`"))),
            }
        }
        Ok(Self { name: name.to_owned(), method: Method::Ssh { address, port, user, private_key, extra_args } })
    }
}

impl Target {
    /// The same host for somebody who answers no questions and does not wait for long.
    #[must_use]
    pub fn unattended(mut self) -> Self {
        if let Method::Ssh { extra_args, .. } = &mut self.method {
            // what the user has said himself comes first, and wins
            extra_args.extend(["-o", "BatchMode=yes", "-o", "ConnectTimeout=5"].map(str::to_owned));
        }
        self
    }
}

/// `path` with a leading `~/` replaced by the home folder; `None` when that is not known.
fn expand_home(path: &str) -> Option<PathBuf> {
    match path.strip_prefix('~') {
        None => Some(PathBuf::from(path)),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty())?;
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
        ] {
            assert_eq!(target(&[(variable, value)]).map_err(|(variable, _)| variable), Err(variable.to_owned()));
        }
    }

    #[test]
    fn the_home_folder_is_filled_in() {
        let home = std::env::home_dir().unwrap_or_default();
        assert_eq!(expand_home("~/.ssh/id"), Some(home.join(".ssh/id")));
        assert_eq!(expand_home("~ops/.ssh/id"), Some("~ops/.ssh/id".into()));
    }
}
