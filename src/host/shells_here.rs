//! The shells of hosts, as far as they are installed here: programs are tested in each.

use std::process::Command;

/// How each shell is called.
pub const SHELLS: [&[&str]; 3] = [&["dash"], &["bash"], &["busybox", "sh"]];

/// What programs find on a host: the marker of records, and the function that says them.
pub const SAY: &str = "S=mark\nsay() { local IFS=' '; printf '%s %s\\n' \"$S\" \"$*\"; }\n";

/// Those that are installed here.
pub fn shells() -> impl Iterator<Item = &'static [&'static str]> {
    SHELLS.into_iter().filter(|shell| command(shell, ":").output().is_ok())
}

/// A program for one of them.
pub fn command(shell: &[&str], program: &str) -> Command {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["-c", program]).env("LC_ALL", "C");
    command
}
