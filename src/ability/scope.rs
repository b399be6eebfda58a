//! Whose systemd and podman something belongs to: the system's, or those of a user who need not be logged in.

/// Where the system's units are, see systemd.unit(5).
pub const UNITS: &str = "/etc/systemd/system";

/// Where a user's units are, below the home.
pub const USER_UNITS: &str = "/.config/systemd/user";

/// Where the system's quadlets are, see podman-systemd.unit(5).
pub const QUADLETS: &str = "/etc/containers/systemd";

/// Where a user's quadlets are, below the home.
pub const USER_QUADLETS: &str = "/.config/containers/systemd";

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

/// What one types on the host to have systemd do this with a unit of that key.
pub fn systemctl(verb: &str, key: &str) -> String {
    match split(key) {
        (Some(user), name) => format!("systemctl --user -M {user}@ {verb} {name}"),
        (None, name) => format!("systemctl {verb} {name}"),
    }
}

/// Whether a unit is a template, which systemd says nothing of: only of instances, such as `app@one.service`.
pub fn is_template(unit: &str) -> bool {
    unit.contains("@.")
}
