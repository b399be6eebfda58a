//! Why there is no shell on a host, or no longer: one calm line, in ssh's and sudo's own words.

use std::fmt;

use thiserror::Error;

/// Why a host, or an identity on it, cannot be reached.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ConnectError {
    /// There is no `ssh` program here.
    #[error("`ssh` was not found in PATH")]
    NoSsh,
    /// The child could not be started.
    #[error("ssh could not be started: {0}")]
    Start(String),
    /// The deadline passed.
    #[error("no answer within {seconds} s{}", after(words))]
    NoAnswer {
        /// The deadline.
        seconds: u64,
        /// What the host had said by then, if anything.
        words: String,
    },
    /// The name does not resolve.
    #[error("{words}")]
    NameNotFound {
        /// In ssh's own words.
        words: String,
    },
    /// Nobody answers at the address: refused, no route, timed out.
    #[error("{words}")]
    Unreachable {
        /// In ssh's own words.
        words: String,
    },
    /// The host shows another key than the recorded one.
    #[error("the host's key is not the recorded one: {words}")]
    HostKeyChanged {
        /// The fingerprint and where the recorded key stands.
        words: String,
    },
    /// No key of the host is recorded, and ssh was not allowed to accept it.
    #[error("the host's key is not known: {words}")]
    HostKeyUnknown {
        /// In ssh's own words.
        words: String,
    },
    /// The host refused the login.
    #[error("the login was refused: {words}")]
    LoginRefused {
        /// In ssh's own words, with what it said about the key files.
        words: String,
    },
    /// The login worked, but the host has no `sh` for us.
    #[error("no `sh` on the host: {words}")]
    NoSh {
        /// In the login shell's words.
        words: String,
    },
    /// The login shell ran something else, such as nologin.
    #[error("the login shell did not start `sh`{}", after(words))]
    LoginShell {
        /// What it said.
        words: String,
    },
    /// There is no sudo.
    #[error("`{program}` was not found on the host")]
    SudoMissing {
        /// `sudo`, or what `ansible_become_exe` names.
        program: String,
    },
    /// sudo does not allow it.
    #[error("sudo refused{}", after(words))]
    SudoRefused {
        /// In sudo's own words.
        words: String,
    },
    /// sudo wants a password and there is none.
    #[error("sudo asks for a password")]
    PasswordNeeded,
    /// sudo asked again.
    #[error("sudo did not accept the password")]
    PasswordRefused,
    /// sudo wants a terminal.
    #[error("sudo asks for a terminal: {words}")]
    SudoNeedsTerminal {
        /// In sudo's own words.
        words: String,
    },
    /// The user to become does not exist.
    #[error("no user `{user}` to become: {words}")]
    UnknownUser {
        /// The user.
        user: String,
        /// In sudo's own words.
        words: String,
    },
    /// The shell ended before it answered.
    #[error("the connection ended before the shell answered{}", after(words))]
    Ended {
        /// What was said last.
        words: String,
    },
}

impl ConnectError {
    /// What the user can do about it, where there is one thing to do.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::PasswordNeeded => "give it with -K or --become-password-file",
            Self::HostKeyChanged { .. } => {
                "if the host was installed anew, remove the recorded key with `ssh-keygen -R`"
            }
            Self::HostKeyUnknown { .. } => {
                "connect once with `ssh` and compare the fingerprint, or add the key to known_hosts"
            }
            Self::LoginRefused { .. } => {
                "try it with `ssh`; ansible_user and ansible_ssh_private_key_file say who logs in"
            }
            Self::SudoNeedsTerminal { .. } => "remove `requiretty` for this user in sudoers",
            Self::SudoMissing { program } if program != "sudo" => "`ansible_become_exe` names it",
            Self::SudoMissing { .. } => "install sudo, or log in as the user itself and set `become: false`",
            Self::Unreachable { words } if words.contains("kex_exchange_identification") => {
                "after failed logins or too many at once, sshd turns an address away for a while \
                 (PerSourcePenalties, MaxStartups)"
            }
            _ => return None,
        })
    }
}

fn after(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

/// A conversation that broke off.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What happened.
    pub reason: LostReason,
    /// The last lines that the host or ssh said beside their answers.
    pub lines: Vec<String>,
}

/// How a conversation broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostReason {
    /// ssh lost the host.
    Connection,
    /// The shell on the host ended: a program called `exit`, or somebody killed it.
    ShellEnded,
    /// An earlier program was given up before it had answered.
    GivenUp,
    /// The host answered something that is not in the protocol.
    Garbled,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            LostReason::Connection => "the connection was lost",
            LostReason::ShellEnded => "the shell on the host ended",
            LostReason::GivenUp => "an earlier program was given up and its answer is outstanding",
            LostReason::Garbled => "the host's answer makes no sense",
        })?;
        match self.lines.last() {
            Some(line) => write!(f, ": {line}"),
            None => Ok(()),
        }
    }
}
