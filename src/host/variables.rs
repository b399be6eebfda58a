//! What becomes of every variable by which Ansible is told how a host is reached and who its programs run as.

/// What is done with a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It means what it means in Ansible, or what this says.
    Honoured(&'static str),
    /// It has no effect, for this reason, and a note says so.
    Ignored(&'static str),
    /// It says how solti works anyway, or is about a connection that is not used; nothing is said of it.
    Silent(&'static str),
    /// An error: this is what to do instead.
    Refused(&'static str),
}

use Standing::{Honoured, Ignored, Refused, Silent};

const NO_PYTHON: &str = "nothing of Python runs on hosts";
const NO_COPIES: &str = "nothing is copied to hosts: programs travel through the shell that is open";
const OWN_SOCKET: &str = "each run has sockets of its own";
const NO_STORED_LOGIN: &str = "logging in with a stored password is not supported: use a key, or let ssh ask for it";
const OWN_NAMES: &str = "use `ansible_host`, `ansible_port`, `ansible_user` and `ansible_ssh_private_key_file`";
const OTHER_CONNECTION: &str = "about a connection that is not used";
const SUDO_ALONE: &str = "`sudo` is used";

/// The variables, those that mean the same beside each other: where several are set, the last of them wins. A name that
/// ends with `*` stands for all that begin like it.
pub const CONNECTION_VARIABLES: &[(&[&str], Standing)] = &[
    (&["ansible_connection"], Honoured("`ssh` (`smart`, `paramiko` mean the same), or `local`")),
    (&["ansible_host", "ansible_ssh_host"], Honoured("the address; else the host's name")),
    (&["ansible_port", "ansible_ssh_port"], Honoured("else what ssh's configuration says")),
    (
        &["ansible_user", "ansible_ssh_user"],
        Honoured("who logs in; else the play's `remote_user`, `-u`, ssh's configuration"),
    ),
    (
        &["ansible_private_key_file", "ansible_ssh_private_key_file"],
        Honoured("the key; else `--private-key`, ssh's configuration and agent"),
    ),
    (
        &["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"],
        Honoured(
            "further arguments for ssh, such as `-J gate`; all of them count. With `-F FILE` that file alone is in \
             force, and a second identity takes a second connection unless it sets `ControlMaster`",
        ),
    ),
    (
        &["ansible_timeout", "ansible_ssh_timeout"],
        Honoured("how many seconds ssh may take to get a greeting; else ssh's configuration, else 10"),
    ),
    (
        &["ansible_host_key_checking", "ansible_ssh_host_key_checking"],
        Honoured("`true`: host keys are always checked; `false` is an error"),
    ),
    (&["ansible_shell_type"], Honoured("any POSIX shell, `csh` or `fish`; `powershell` and `cmd` are errors")),
    (&["ansible_become"], Honoured("whether to become another user; wins over the play's")),
    (&["ansible_become_user", "ansible_sudo_user"], Honoured("which user; wins over the play's")),
    (&["ansible_become_method"], Honoured("`sudo`")),
    (
        &["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"],
        Honoured("what sudo asks for; wins over `-K` and `--become-password-file`, and is hidden in all output"),
    ),
    (&["ansible_become_exe", "ansible_sudo_exe"], Honoured("the `sudo` to call, by its name or path")),
    (
        &["ansible_become_flags", "ansible_sudo_flags"],
        Honoured("`-H`, `-S` and `-n`, which are set anyway; the effect of others belongs into sudoers"),
    ),
    (&["ansible_become_ask_pass"], Refused("use `-K`")),
    (&["ansible_sudo_chdir"], Refused("say `chdir` at the command")),
    (&["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"], Refused(NO_STORED_LOGIN)),
    (
        &["ansible_private_key", "ansible_ssh_private_key"],
        Refused("put the key into a file that only you can read, and name that with `ansible_ssh_private_key_file`"),
    ),
    (
        &["ansible_private_key_passphrase", "ansible_ssh_private_key_passphrase"],
        Refused(
            "add the key to an agent (`ssh-add`), or let ssh ask for the passphrase: it is asked for once in a run",
        ),
    ),
    (&["ansible_ssh_executable"], Refused("put the folder of that `ssh` first in `PATH`")),
    (
        &["ansible_ssh_pkcs11_provider"],
        Refused("write `-o PKCS11Provider=…` into `ansible_ssh_common_args` or ssh's configuration"),
    ),
    (
        &["ansible_paramiko_proxy_command"],
        Refused("write `-o 'ProxyCommand=…'` into `ansible_ssh_common_args` or ssh's configuration"),
    ),
    (
        &[
            "ansible_paramiko_host",
            "ansible_paramiko_port",
            "ansible_paramiko_user",
            "ansible_paramiko_private_key_file",
        ],
        Refused(OWN_NAMES),
    ),
    (&["ansible_paramiko_pass", "ansible_paramiko_password"], Refused(NO_STORED_LOGIN)),
    (&["ansible_ssh_retries"], Ignored("`ConnectionAttempts` in ssh's configuration does that")),
    (&["ansible_ssh_use_tty"], Ignored("no terminal is needed on hosts")),
    (&["ansible_shell_executable"], Ignored("the host's `sh` is used")),
    (&["ansible_python_interpreter"], Ignored(NO_PYTHON)),
    (&["ansible_interpreter_python_fallback"], Ignored(NO_PYTHON)),
    (&["ansible_pipelining", "ansible_ssh_pipelining"], Ignored(NO_COPIES)),
    (&["ansible_ssh_transfer_method"], Ignored(NO_COPIES)),
    (&["ansible_remote_tmp"], Ignored(NO_COPIES)),
    (&["ansible_control_path", "ansible_control_path_dir"], Ignored(OWN_SOCKET)),
    (&["ansible_su_*", "ansible_runas_*"], Ignored(SUDO_ALONE)),
    (&["ansible_scp_*", "ansible_sftp_*", "ansible_system_tmpdirs"], Silent(NO_COPIES)),
    (
        &["ansible_common_remote_group", "ansible_admin_users", "ansible_shell_allow_world_readable_temp"],
        Silent(NO_COPIES),
    ),
    (
        &["ansible_module_compression", "ansible_async_dir", "ansible_python_module_rlimit_nofile"],
        Silent("there are no modules"),
    ),
    (&["ansible_facts_modules", "ansible_no_target_syslog", "ansible_target_log_info"], Silent("there are no modules")),
    (&["ansible_ssh_verbosity", "ansible_deprecation_warnings"], Silent("about Ansible's own output")),
    (&["ansible_ssh_password_mechanism", "ansible_sshpass_prompt"], Silent("no password is handed to ssh")),
    (&["ansible_paramiko_*", "ansible_winrm_*", "ansible_psrp_*", "ansible_docker_*"], Silent(OTHER_CONNECTION)),
    (
        &["ansible_local_become_*", "ansible_win_*", "ansible_network_os", "ansible_connection_user"],
        Silent(OTHER_CONNECTION),
    ),
];

/// What is done with the variable `name`, if the table has it: by its whole name before the beginning of one.
pub fn standing(name: &str) -> Option<Standing> {
    let find = |is: fn(&str, &str) -> bool| {
        CONNECTION_VARIABLES.iter().find(|(names, _)| names.iter().any(|listed| is(listed, name)))
    };
    let whole = find(|listed, name| listed == name);
    let beginning = || find(|listed, name| listed.strip_suffix('*').is_some_and(|start| name.starts_with(start)));
    whole.or_else(beginning).map(|(_, standing)| *standing)
}

/// Whether the value of the variable is for nobody's eyes.
pub fn is_password(name: &str) -> bool {
    name.starts_with("ansible_")
        && ["_pass", "_password", "_passphrase", "_private_key"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_whole_name_counts_before_a_beginning() {
        assert!(matches!(standing("ansible_paramiko_proxy_command"), Some(Refused(_))));
        assert!(matches!(standing("ansible_paramiko_timeout"), Some(Silent(_))));
        assert!(matches!(standing("ansible_become_pass"), Some(Honoured(_))));
        assert_eq!(standing("ansible_managed"), None);
    }

    #[test]
    fn no_variable_is_in_the_table_twice() {
        let names = CONNECTION_VARIABLES.iter().flat_map(|(names, _)| names.iter());
        let mut seen = HashSet::new();
        let twice: Vec<_> = names.filter(|name| !seen.insert(**name)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn what_is_refused_for_being_secret_is_a_password() {
        for name in ["ansible_become_pass", "ansible_ssh_private_key", "ansible_sudo_pass", "ansible_password"] {
            assert!(is_password(name), "{name}");
        }
        for name in ["ansible_ssh_private_key_file", "ansible_become_user", "ansible_ssh_password_mechanism"] {
            assert!(!is_password(name), "{name}");
        }
    }
}
