//! Who the programs on a host run as.

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
    /// Whether sudo would take `user` for a user name, so that it needs no quoting in any login shell.
    pub(super) fn is_user_name(user: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        !user.is_empty() && !user.starts_with('-') && user.chars().all(plain)
    }
}

/// A password: never shown, and overwritten when dropped.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Wraps a password, without its line ending.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
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

impl Drop for Password {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
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
}
