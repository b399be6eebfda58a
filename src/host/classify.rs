//! What went wrong while connecting, told from what ssh, the login shell and sudo wrote.

use super::ConnectError;

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// Nothing of ours was started.
    Nothing,
    /// The login shell, which then started sudo.
    Login,
    /// The shell that answers.
    Shell,
}

/// Classifies a connection that ended before it answered: the lines that were written, the child's exit status,
/// how far it came, whether it went over ssh, and which program was to become whom.
pub(super) fn classify(
    lines: &[String],
    status: Option<i32>,
    reached: Reached,
    over_ssh: bool,
    (program, user): (&str, &str),
) -> ConnectError {
    let said = Said { lines };
    let last = || said.last();
    let sudo_is_next = reached != Reached::Shell && !user.is_empty();
    if let Some(error) = sudo_is_next.then(|| sudo(&said, program, user)).flatten() {
        return error;
    }
    if over_ssh && status == Some(255) {
        return ssh(&said);
    }
    if reached == Reached::Shell {
        return ConnectError::Ended { words: last() };
    }
    let missing = [" sh: not found", " sh: command not found", "sh: Command not found", "not found: sh"];
    if let Some(line) = said.any(&missing).or_else(|| said.any(&["command: sh", "find command"])) {
        return ConnectError::NoSh { words: plain(line) };
    }
    // whatever the words are: it is known who had its turn, and env(1) says by its status that there was nothing to start
    match (reached, status) {
        (Reached::Login, Some(127)) => ConnectError::SudoMissing { program: program.to_owned() },
        // a restricted shell may say something, but start nothing: it names what it was to do in every language
        (Reached::Login, _) if last().contains(" exec: ") => ConnectError::LoginShell { words: last() },
        (Reached::Login, _) => ConnectError::SudoRefused { words: last() },
        (_, Some(127)) => ConnectError::NoSh { words: last() },
        _ => ConnectError::LoginShell { words: last() },
    }
}

/// What ssh itself says.
fn ssh(said: &Said<'_>) -> ConnectError {
    if said.any(&["IDENTIFICATION HAS CHANGED", "DNS SPOOFING"]).is_some() {
        let fingerprint = said.any(&["SHA256:", "MD5:"]).map(|line| {
            let print = line.split_whitespace().find(|word| word.starts_with("SHA256:") || word.starts_with("MD5:"));
            format!("it shows {}", print.unwrap_or(line).trim_end_matches('.'))
        });
        let offending = said.any(&["Offending"]).map(str::to_owned);
        let words: Vec<String> = [fingerprint, offending].into_iter().flatten().collect();
        return ConnectError::HostKeyChanged { words: words.join("; ") };
    }
    if let Some(failed) = said.any(&["Host key verification failed"]) {
        let words = said.any(&["host key is known for", "authenticity of host"]).unwrap_or(failed);
        return ConnectError::HostKeyUnknown { words: words.to_owned() };
    }
    let refusals = ["Permission denied (", "Too many authentication failures", "No more authentication methods"];
    if let Some(refused) = said.any(&refusals) {
        let about_keys = ["Load key", "Identity file", "Permissions 0", "sign_and_send_pubkey"];
        let mut words: Vec<&str> =
            said.lines.iter().map(String::as_str).filter(|line| contains_any(line, &about_keys)).collect();
        words.push(refused);
        words.dedup();
        return ConnectError::LoginRefused { words: words.join("; ") };
    }
    // in the order in which ssh would meet them: behind a proxy the first is the cause
    if let Some(line) = said.any(&["Could not resolve hostname"]) {
        return ConnectError::NameNotFound { words: plain(line) };
    }
    let deaf = ["Connection refused", "No route to host", "unreachable", "timed out", "connect to host"];
    if let Some(line) = said.any(&deaf) {
        return ConnectError::Unreachable { words: plain(line) };
    }
    let cut = ["Connection closed by", "Connection reset by", "kex_exchange_identification", "banner exchange"];
    if let Some(line) = said.any(&cut) {
        return ConnectError::Unreachable { words: plain(line) };
    }
    ConnectError::Ended { words: said.last() }
}

/// What sudo says, or the login shell about sudo.
fn sudo(said: &Said<'_>, program: &str, user: &str) -> Option<ConnectError> {
    let missing =
        ["sudo: not found", "sudo: command not found", "not found: sudo", "sudo: Command not found", "command: sudo"];
    let refused = [
        "not in the sudoers",
        "may not run sudo",
        "is not allowed to",
        "not allowed to run",
        "no new privileges",
        "effective uid is not 0",
        "must be owned by uid 0",
        "account validation failure",
        "unable to initialize policy",
    ];
    if said.any(&["incorrect password attempt", "Sorry, try again", "incorrect authentication"]).is_some() {
        return Some(ConnectError::PasswordRefused);
    }
    if said.any(&["a password is required", "interactive authentication is required"]).is_some() {
        return Some(ConnectError::PasswordNeeded);
    }
    if said.any(&missing).is_some() {
        return Some(ConnectError::SudoMissing { program: program.to_owned() });
    }
    if let Some(line) = said.any(&["must have a tty", "a terminal is required"]) {
        return Some(ConnectError::SudoNeedsTerminal { words: plain(line) });
    }
    if let Some(line) = said.any(&["unknown user", "User not found", "unknown uid"]) {
        return Some(ConnectError::UnknownUser { user: user.to_owned(), words: plain(line) });
    }
    said.any(&refused).map(|line| ConnectError::SudoRefused { words: plain(line) })
}

/// The lines that were written.
struct Said<'a> {
    lines: &'a [String],
}

impl<'a> Said<'a> {
    /// The first line with one of these texts in it.
    fn any(&self, texts: &[&str]) -> Option<&'a str> {
        self.lines.iter().map(String::as_str).find(|line| contains_any(line, texts))
    }

    fn last(&self) -> String {
        self.lines.last().map(|line| plain(line)).unwrap_or_default()
    }
}

fn contains_any(line: &str, texts: &[&str]) -> bool {
    texts.iter().any(|text| line.contains(text))
}

/// A line without the name of the program that wrote it, where our own words name it.
fn plain(line: &str) -> String {
    let line = line.strip_prefix("ssh: ").or_else(|| line.strip_prefix("sudo: ")).unwrap_or(line);
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Reached, classify};

    /// What is shown for recorded words; `status` is the child's.
    fn shown(words: &str, status: i32, user: &str) -> String {
        let lines: Vec<String> = words.lines().map(str::to_owned).collect();
        classify(&lines, Some(status), Reached::Nothing, true, ("sudo", user)).to_string()
    }

    #[test]
    fn ssh_has_its_say() {
        let changed = "\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:3lk+CfoSBXwxzpa8hwBPK3WiS4pU6yOQDsXgdbiwAjo.
Please contact your system administrator.
Add correct host key in /home/ops/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/ops/.ssh/known_hosts:12
Host key for 10.0.0.7 has changed and you have requested strict checking.
Host key verification failed.";
        let open_key = "\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for '/home/ops/.ssh/id' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key \"/home/ops/.ssh/id\": bad permissions
ops@10.0.0.7: Permission denied (publickey,password).";
        for (words, expected) in [
            (
                changed,
                "the host's key is not the recorded one: it shows SHA256:3lk+CfoSBXwxzpa8hwBPK3WiS4pU6yOQDsXgdbiwAjo; \
                 Offending ED25519 key in /home/ops/.ssh/known_hosts:12",
            ),
            (
                "No ED25519 host key is known for 10.0.0.7 and you have requested strict checking.\n\
                 Host key verification failed.",
                "the host's key is not known: No ED25519 host key is known for 10.0.0.7 and you have requested \
                 strict checking.",
            ),
            ("Host key verification failed.", "the host's key is not known: Host key verification failed."),
            (
                open_key,
                "the login was refused: Permissions 0644 for '/home/ops/.ssh/id' are too open.; \
                 Load key \"/home/ops/.ssh/id\": bad permissions; ops@10.0.0.7: Permission denied (publickey,password).",
            ),
            (
                "ssh: Could not resolve hostname db1: Name or service not known",
                "Could not resolve hostname db1: Name or service not known",
            ),
            (
                "ssh: connect to host 10.0.0.7 port 22: Connection refused",
                "connect to host 10.0.0.7 port 22: Connection refused",
            ),
            ("Connection timed out during banner exchange", "Connection timed out during banner exchange"),
            (
                "ssh: connect to host jump port 22: No route to host\nConnection closed by UNKNOWN port 65535",
                "connect to host jump port 22: No route to host",
            ),
            (
                "command-line: line 0: Bad configuration option: nonsense",
                "the connection ended before the shell answered: command-line: line 0: Bad configuration option: nonsense",
            ),
            ("", "the connection ended before the shell answered"),
        ] {
            assert_eq!(shown(words, 255, ""), expected);
            assert_eq!(shown(words, 255, "root"), expected, "with sudo to come");
        }
    }

    #[test]
    fn login_shells_have_their_say() {
        for (words, status, expected) in [
            (
                "Welcome\nThis account is currently not available.",
                1,
                "the login shell did not start `sh`: This account is currently not available.",
            ),
            ("", 1, "the login shell did not start `sh`"),
            ("bash: line 1: exec: sh: not found", 127, "no `sh` on the host: bash: line 1: exec: sh: not found"),
            ("zsh:1: command not found: sh", 127, "no `sh` on the host: zsh:1: command not found: sh"),
            (
                "fish: Unknown command: sh\nfish: \nexec sh -c 'echo'\n     ^^",
                127,
                "no `sh` on the host: fish: Unknown command: sh",
            ),
            ("sh: Command not found.", 1, "no `sh` on the host: sh: Command not found."),
        ] {
            assert_eq!(shown(words, status, ""), expected);
        }
    }

    #[test]
    fn sudo_has_its_say() {
        for (words, status, expected) in [
            ("sudo: a password is required", 1, "sudo asks for a password"),
            ("sudo: interactive authentication is required", 1, "sudo asks for a password"),
            ("Sorry, try again.\nsudo: 1 incorrect password attempt", 1, "sudo did not accept the password"),
            ("ops is not in the sudoers file.", 1, "sudo refused: ops is not in the sudoers file."),
            (
                "Sorry, user ops is not allowed to execute '/bin/sh -c x' as root on h.",
                1,
                "sudo refused: Sorry, user ops is not allowed to execute '/bin/sh -c x' as root on h.",
            ),
            (
                "sudo: sorry, you must have a tty to run sudo",
                1,
                "sudo asks for a terminal: sorry, you must have a tty to run sudo",
            ),
            ("sudo: unknown user alloy", 1, "no user `alloy` to become: unknown user alloy"),
            ("bash: line 1: exec: sudo: not found", 127, "`sudo` was not found on the host"),
            ("fish: Unknown command: sudo\n     ^^^^", 127, "`sudo` was not found on the host"),
            ("zsh:1: command not found: sudo", 127, "`sudo` was not found on the host"),
            ("sudo: Command not found.", 1, "`sudo` was not found on the host"),
            ("sudo: sh: command not found", 1, "no `sh` on the host: sh: command not found"),
        ] {
            assert_eq!(shown(words, status, "alloy"), expected);
        }
    }
    /// Words that nobody knows, in any language: what remains is who had its turn.
    #[test]
    fn sudo_needs_no_words() {
        for (words, status, expected) in [
            ("sudo: ein Passwort ist notwendig", 1, "sudo refused: ein Passwort ist notwendig"),
            ("", 1, "sudo refused"),
            (
                "rbash: line 1: exec: restricted",
                1,
                "the login shell did not start `sh`: rbash: line 1: exec: restricted",
            ),
            ("env: „sudo“: Datei oder Verzeichnis nicht gefunden", 127, "`sudo` was not found on the host"),
            ("sudo: a password is required", 1, "sudo asks for a password"),
            ("sudo: sh: command not found", 1, "no `sh` on the host: sh: command not found"),
        ] {
            let lines: Vec<String> = words.lines().map(str::to_owned).collect();
            let found = classify(&lines, Some(status), Reached::Login, true, ("sudo", "root"));
            assert_eq!(found.to_string(), expected);
        }
    }
}
