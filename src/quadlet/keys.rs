//! The keys that podman knows, and the podman that brought each.
//!
//! Taken from podman's generator, which refuses a file with a key that it does not know.

use super::{Kind, Version};

/// A key and the first podman that knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// The first podman that knows it.
    pub since: Version,
}

const fn key(name: &'static str, major: u32, minor: u32) -> Key {
    Key { name, since: Version::new(major, minor) }
}

/// The keys of the section that describes a kind.
pub fn of_kind(kind: Kind) -> &'static [Key] {
    match kind {
        Kind::Container => CONTAINER,
        Kind::Volume => VOLUME,
        Kind::Network => NETWORK,
        Kind::Image => IMAGE,
    }
}

/// The first podman that has a kind.
pub fn kind_since(kind: Kind) -> Version {
    match kind {
        Kind::Container | Kind::Volume | Kind::Network => Version::FIRST_WITH_QUADLETS,
        Kind::Image => Version::new(4, 8),
    }
}

/// The keys of `[Quadlet]`, a section of all kinds.
pub const QUADLET: &[Key] = &[key("DefaultDependencies", 5, 3)];

const CONTAINER: &[Key] = &[
    key("AddCapability", 4, 4),
    key("AddDevice", 4, 4),
    key("AddHost", 5, 3),
    key("Annotation", 4, 4),
    key("AppArmor", 5, 8),
    key("AutoUpdate", 4, 6),
    key("CgroupsMode", 5, 3),
    key("ContainerName", 4, 4),
    key("ContainersConfModule", 4, 8),
    key("DNS", 4, 7),
    key("DNSOption", 4, 7),
    key("DNSSearch", 4, 7),
    key("DropCapability", 4, 4),
    key("Entrypoint", 5, 0),
    key("Environment", 4, 4),
    key("EnvironmentFile", 4, 4),
    key("EnvironmentHost", 4, 4),
    key("Exec", 4, 4),
    key("ExposeHostPort", 4, 4),
    key("GIDMap", 4, 8),
    key("GlobalArgs", 4, 8),
    key("Group", 4, 4),
    key("GroupAdd", 5, 1),
    key("HealthCmd", 4, 5),
    key("HealthInterval", 4, 5),
    key("HealthLogDestination", 5, 3),
    key("HealthMaxLogCount", 5, 3),
    key("HealthMaxLogSize", 5, 3),
    key("HealthOnFailure", 4, 5),
    key("HealthRetries", 4, 5),
    key("HealthStartPeriod", 4, 5),
    key("HealthStartupCmd", 4, 5),
    key("HealthStartupInterval", 4, 5),
    key("HealthStartupRetries", 4, 5),
    key("HealthStartupSuccess", 4, 5),
    key("HealthStartupTimeout", 4, 5),
    key("HealthTimeout", 4, 5),
    key("HostName", 4, 6),
    key("HttpProxy", 5, 7),
    key("IP", 4, 5),
    key("IP6", 4, 5),
    key("Image", 4, 4),
    key("Label", 4, 4),
    key("LogDriver", 4, 5),
    key("LogOpt", 5, 2),
    key("Mask", 4, 6),
    key("Memory", 5, 5),
    key("Mount", 4, 5),
    key("Network", 4, 4),
    key("NetworkAlias", 5, 2),
    key("NoNewPrivileges", 4, 4),
    key("Notify", 4, 4),
    key("PidsLimit", 4, 7),
    key("Pod", 5, 0),
    key("PodmanArgs", 4, 4),
    key("PublishPort", 4, 4),
    key("Pull", 4, 6),
    key("ReadOnly", 4, 4),
    key("ReadOnlyTmpfs", 4, 8),
    key("ReloadCmd", 5, 5),
    key("ReloadSignal", 5, 5),
    key("RemapGid", 4, 4),
    key("RemapUid", 4, 4),
    key("RemapUidSize", 4, 4),
    key("RemapUsers", 4, 4),
    key("Retry", 5, 5),
    key("RetryDelay", 5, 5),
    key("Rootfs", 4, 5),
    key("RunInit", 4, 4),
    key("SeccompProfile", 4, 4),
    key("Secret", 4, 5),
    key("SecurityLabelDisable", 4, 5),
    key("SecurityLabelFileType", 4, 5),
    key("SecurityLabelLevel", 4, 5),
    key("SecurityLabelNested", 4, 6),
    key("SecurityLabelType", 4, 5),
    key("ServiceName", 5, 3),
    key("ShmSize", 4, 7),
    key("StartWithPod", 5, 3),
    key("StopSignal", 5, 2),
    key("StopTimeout", 5, 0),
    key("SubGIDMap", 4, 8),
    key("SubUIDMap", 4, 8),
    key("Sysctl", 4, 6),
    key("Timezone", 4, 4),
    key("Tmpfs", 4, 5),
    key("UIDMap", 4, 8),
    key("Ulimit", 4, 7),
    key("Unmask", 4, 6),
    key("User", 4, 4),
    key("UserNS", 4, 5),
    key("VolatileTmp", 4, 4),
    key("Volume", 4, 4),
    key("WorkingDir", 4, 6),
];

const VOLUME: &[Key] = &[
    key("ContainersConfModule", 4, 8),
    key("Copy", 4, 4),
    key("Device", 4, 4),
    key("Driver", 4, 8),
    key("GID", 6, 0),
    key("GlobalArgs", 4, 8),
    key("Group", 4, 4),
    key("Image", 4, 8),
    key("Label", 4, 4),
    key("Options", 4, 4),
    key("PodmanArgs", 4, 6),
    key("ServiceName", 5, 3),
    key("Type", 4, 4),
    key("UID", 6, 0),
    key("User", 4, 4),
    key("VolumeName", 4, 7),
];

const NETWORK: &[Key] = &[
    key("ContainersConfModule", 4, 8),
    key("DNS", 4, 7),
    key("DisableDNS", 4, 4),
    key("Driver", 4, 4),
    key("Gateway", 4, 4),
    key("GlobalArgs", 4, 8),
    key("IPAMDriver", 4, 4),
    key("IPRange", 4, 4),
    key("IPv6", 4, 4),
    key("InterfaceName", 5, 6),
    key("Internal", 4, 4),
    key("Label", 4, 4),
    key("NetworkDeleteOnStop", 5, 5),
    key("NetworkName", 4, 7),
    key("Options", 4, 4),
    key("PodmanArgs", 4, 6),
    key("ServiceName", 5, 3),
    key("Subnet", 4, 4),
];

const IMAGE: &[Key] = &[
    key("AllTags", 4, 8),
    key("Arch", 4, 8),
    key("AuthFile", 4, 8),
    key("CertDir", 4, 8),
    key("ContainersConfModule", 4, 8),
    key("Creds", 4, 8),
    key("DecryptionKey", 4, 8),
    key("GlobalArgs", 4, 8),
    key("Image", 4, 8),
    key("ImageTag", 4, 8),
    key("OS", 4, 8),
    key("PodmanArgs", 4, 8),
    key("Policy", 5, 6),
    key("Retry", 5, 5),
    key("RetryDelay", 5, 5),
    key("ServiceName", 5, 3),
    key("TLSVerify", 4, 8),
    key("Variant", 4, 8),
];
