//! The names of facts: what a template cannot know before a host was asked.

/// The facts that solti gathers, without the prefix `ansible_`.
pub const FACTS: &[&str] = &[
    "all_ipv4_addresses",
    "all_ipv6_addresses",
    "apparmor",
    "architecture",
    "date_time",
    "default_ipv4",
    "default_ipv6",
    "devices",
    "distribution",
    "distribution_file_variety",
    "distribution_major_version",
    "distribution_release",
    "distribution_version",
    "dns",
    "domain",
    "effective_user_id",
    "env",
    "fqdn",
    "hostname",
    "interfaces",
    "is_chroot",
    "kernel",
    "kernel_version",
    "local",
    "lsb",
    "machine",
    "machine_id",
    "memfree_mb",
    "memory_mb",
    "memtotal_mb",
    "mounts",
    "nodename",
    "os_family",
    "pkg_mgr",
    "processor",
    "processor_cores",
    "processor_count",
    "processor_nproc",
    "processor_vcpus",
    "product_name",
    "real_user_id",
    "selinux",
    "service_mgr",
    "swaptotal_mb",
    "system",
    "system_vendor",
    "uptime_seconds",
    "user_dir",
    "user_gid",
    "user_id",
    "user_shell",
    "user_uid",
    "userspace_architecture",
    "virtualization_role",
    "virtualization_type",
];

/// podman's version: the one fact that is gathered only when somebody asks, because podman takes its time.
pub const PODMAN_VERSION: &str = "solti_podman_version";

/// The homes of the host's users, by name.
pub const HOMES: &str = "solti_homes";

/// The facts that only solti has; Ansible has no name for them.
pub const OWN_FACTS: &[&str] = &[PODMAN_VERSION, HOMES, "solti_systemd_version", "solti_users"];

/// Whether `name` is the variable of a fact: `ansible_os_family`.
pub fn is_fact(name: &str) -> bool {
    OWN_FACTS.contains(&name) || name.strip_prefix("ansible_").is_some_and(|fact| FACTS.binary_search(&fact).is_ok())
}
