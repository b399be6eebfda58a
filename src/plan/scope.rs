//! Whose systemd and podman something belongs to: the system's, or those of a user who need not be logged in.

/// The key of a thing in a scope: its name in the system's, `USER/NAME` in a user's own. Names of units and of podman's
/// things have no slash.
pub fn key(user: Option<&str>, name: &str) -> String {
    match user {
        Some(user) => format!("{user}/{name}"),
        None => name.to_owned(),
    }
}

/// The user, if any, and the name of a [`key`].
pub fn split(key: &str) -> (Option<&str>, &str) {
    match key.split_once('/') {
        Some((user, name)) => (Some(user), name),
        None => (None, key),
    }
}

/// A key as users read it: `loki`, or `loki of alice`.
pub fn shown(key: &str) -> String {
    match split(key) {
        (Some(user), name) => format!("{name} of {user}"),
        (None, name) => name.to_owned(),
    }
}
