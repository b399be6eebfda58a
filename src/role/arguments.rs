//! The kinds of resources, and the names of their arguments.

/// A kind of resource that is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A file with fixed content.
    File,
    /// A file rendered from a template.
    Template,
    /// Several files in one folder, validated together and swapped as one.
    Config,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A path that should not be there.
    Absent,
    /// A user account.
    User,
    /// A group.
    Group,
    /// A package from the system's package manager.
    Package,
    /// A systemd unit or drop-in.
    Unit,
    /// A container, volume, network or image that systemd runs through podman.
    Quadlet,
    /// A running (or stopped) service.
    Service,
    /// The first user of an InfluxDB, with organization, bucket and token.
    InfluxdbSetup,
    /// A bucket of an InfluxDB.
    InfluxdbBucket,
    /// The tokens that an organization of an InfluxDB gives out.
    InfluxdbTokens,
    /// A command with a state that can be asked for.
    Command,
}

/// Kinds that the design names and that are not built yet.
pub const UNBUILT_KINDS: &[&str] = &["container", "datasource", "cron", "mount", "sysctl"];

impl ResourceKind {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 16] = [
        Self::File,
        Self::Template,
        Self::Config,
        Self::Directory,
        Self::Symlink,
        Self::Absent,
        Self::User,
        Self::Group,
        Self::Package,
        Self::Unit,
        Self::Quadlet,
        Self::Service,
        Self::InfluxdbSetup,
        Self::InfluxdbBucket,
        Self::InfluxdbTokens,
        Self::Command,
    ];

    /// Its name in YAML and in ids.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Template => "template",
            Self::Config => "config",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Absent => "absent",
            Self::User => "user",
            Self::Group => "group",
            Self::Package => "package",
            Self::Unit => "unit",
            Self::Quadlet => "quadlet",
            Self::Service => "service",
            Self::InfluxdbSetup => "influxdb_setup",
            Self::InfluxdbBucket => "influxdb_bucket",
            Self::InfluxdbTokens => "influxdb_tokens",
            Self::Command => "command",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The names of its arguments, beside those that every resource has.
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::File => &["path", "content", "src", "owner", "group", "mode", "validate", "secret"],
            Self::Template => &["src", "dest", "owner", "group", "mode", "validate", "secret"],
            Self::Config => &[
                "dir",
                "files",
                "validate",
                "owner",
                "group",
                "mode",
                "dir_owner",
                "dir_group",
                "dir_mode",
                "exclusive",
            ],
            Self::Directory => &["path", "owner", "group", "mode"],
            Self::Symlink => &["path", "src"],
            Self::Absent => &["path", "recursive"],
            Self::User => &["name", "uid", "group", "groups", "home", "shell", "system", "comment", "create_home"],
            Self::Group => &["name", "gid", "system"],
            Self::Package => &["name", "names", "version", "state", "recommends", "repository"],
            Self::Unit => &["name", "template", "content", "src", "drop_in", "user"],
            Self::Quadlet => &[
                "name",
                "template",
                "content",
                "src",
                "unit",
                "container",
                "volume",
                "network",
                "image",
                "quadlet",
                "service",
                "install",
                "drop_in",
                "user",
                "pull",
                "validate",
            ],
            Self::Service => {
                &["name", "user", "running", "state", "enabled", "uses", "packages", "on_change", "settle"]
            }
            Self::InfluxdbSetup => &["url", "org", "token", "user", "password", "bucket", "retention", "within"],
            Self::InfluxdbBucket => &["name", "url", "org", "token", "retention", "description", "within"],
            Self::InfluxdbTokens => &["url", "org", "token", "tokens", "within"],
            Self::Command => &["command", "creates", "unless", "probe", "value", "chdir", "environment", "stdin"],
        }
    }

    /// Arguments of which exactly (`true`) or at least (`false`) one must be there.
    pub(crate) const fn one_of(self) -> Option<(bool, &'static [&'static str])> {
        match self {
            Self::File => Some((true, &["content", "src"])),
            Self::Package => Some((true, &["name", "names"])),
            Self::Unit => Some((true, &["template", "content", "src"])),
            Self::Command => Some((false, &["creates", "unless", "probe"])),
            _ => None,
        }
    }

    /// Arguments that must be there.
    pub(crate) const fn required(self) -> &'static [&'static str] {
        match self {
            Self::File | Self::Directory | Self::Absent => &["path"],
            Self::Template => &["src", "dest"],
            Self::Config => &["dir", "files"],
            Self::Symlink => &["path", "src"],
            Self::User | Self::Group | Self::Unit | Self::Quadlet | Self::Service => &["name"],
            Self::Package => &[],
            Self::InfluxdbSetup => &["url", "org", "token", "user", "password", "bucket"],
            Self::InfluxdbBucket => &["name", "url", "org", "token"],
            Self::InfluxdbTokens => &["url", "org", "token", "tokens"],
            Self::Command => &["command"],
        }
    }

    /// The argument that names the resource within its step, unless it has a `name` of its own.
    pub(crate) const fn identity(self) -> &'static [&'static str] {
        match self {
            Self::File | Self::Directory | Self::Symlink | Self::Absent => &["path"],
            Self::Template => &["dest"],
            Self::Config => &["dir"],
            Self::Package => &["name", "names"],
            Self::User | Self::Group | Self::Unit | Self::Quadlet | Self::Service | Self::InfluxdbBucket => &["name"],
            Self::InfluxdbSetup | Self::InfluxdbTokens => &["org"],
            Self::Command => &["command"],
        }
    }

    /// Whether `name` is one of its arguments, not just a label.
    pub(crate) fn has_name(self) -> bool {
        self.arguments().contains(&"name")
    }
}
