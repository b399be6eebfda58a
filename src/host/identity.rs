//! Who the programs on a host run as.

use crate::secret::Secrets;
use std::fmt;

/// Who the programs on a host run as.
#[derive(Debug, Clone, Default)]
pub enum Identity {
    /// The user that logs in.
    #[default]
    Login,
    /// Another user, through `sudo`.
    Become {
        /// Whose shell it is to be.
        user: String,
        /// What sudo asks for. Without one, sudo is told not to ask.
        password: Option<Password>,
    },
}

impl Identity {
    /// Whether `user` is a user name that needs no quoting in any login shell.
    pub(super) fn is_user_name(user: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        !user.is_empty() && !user.starts_with('-') && user.chars().all(plain)
    }

    /// `user` as any login shell reads it, if it is a user name that sudo and such a shell both take: directories have
    /// `DOM\user`, `user@dom.org`, `machine$` and blanks.
    pub(super) fn in_any_shell(user: &str) -> Option<String> {
        if Self::is_user_name(user) {
            return Some(user.to_owned());
        }
        // in single quotes fish still reads two backslashes as one, and one before the closing quote as part of the word
        let name = user.strip_suffix('$').unwrap_or(user);
        let taken = |c: char| c.is_alphanumeric() || "_.-+@ \\".contains(c);
        let whole = !name.is_empty() && name.chars().all(taken) && user.trim() == user;
        let quotable = !name.starts_with(['-', '\\']) && !name.ends_with('\\') && !name.contains("\\\\");
        (whole && quotable).then(|| format!("'{user}'"))
    }
}

/// A password: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps a password, without its line ending.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Keeps it out of everything that is shown.
    pub fn hide(&self, secrets: &Secrets) {
        secrets.add(&self.0);
    }

    /// The password itself, for the one place that sends it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let identity = Identity::Become { user: "root".into(), password: Some(Password::new("hunter2")) };
        assert!(!format!("{identity:?}").contains("hunter2"));
    }

    #[test]
    fn user_names_need_no_quoting() {
        for (user, good) in
            [("root", true), ("svc-a.b_1", true), ("", false), ("-u", false), ("a b", false), ("$x", false)]
        {
            assert_eq!(Identity::is_user_name(user), good, "{user}");
        }
    }

    #[test]
    fn names_of_directories_are_quoted() {
        for (user, quoted) in [
            ("root", Some("root")),
            ("DOM\\user", Some("'DOM\\user'")),
            ("user@dom.org", Some("'user@dom.org'")),
            ("DOM\\John Smith", Some("'DOM\\John Smith'")),
            ("host01$", Some("'host01$'")),
            ("jürgen", Some("'jürgen'")),
            ("", None),
            ("-u", None),
            (" a", None),
            ("a; reboot", None),
            ("a'b", None),
            ("a!b", None),
            ("$x", None),
            ("DOM\\", None),
            ("DOM\\\\user", None),
            ("a\nb", None),
        ] {
            assert_eq!(Identity::in_any_shell(user).as_deref(), quoted, "{user}");
        }
    }
}
