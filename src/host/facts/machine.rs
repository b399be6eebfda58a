//! The machine, its kernel, and what runs on it.

use serde_json::{Map, Value, json};

use super::Said;

/// Adds the facts about the machine. Needs the distribution's family.
pub(super) fn add(facts: &mut Map<String, Value>, said: &Said<'_>, tools: &[String]) {
    facts.insert("ansible_system".into(), json!("Linux"));
    for (key, tag) in [
        ("ansible_kernel", "kernel"),
        ("ansible_kernel_version", "kernel_version"),
        ("ansible_machine", "machine"),
        ("ansible_machine_id", "machine_id"),
        ("ansible_nodename", "nodename"),
        ("ansible_product_name", "product_name"),
        ("ansible_system_vendor", "system_vendor"),
    ] {
        if let Some(value) = said.first(tag) {
            facts.insert(key.into(), json!(value));
        }
    }
    if let Some(machine) = said.first("machine") {
        let architecture = if matches!(machine, "i486" | "i586" | "i686") { "i386" } else { machine };
        facts.insert("ansible_architecture".into(), json!(architecture));
    }
    names(facts, said);
    user(facts, said);

    for line in said.all("mem") {
        let Some((key, kilobytes)) = line.split_once(' ') else { continue };
        let (Some(name), Ok(kilobytes)) = (key.strip_suffix(':'), kilobytes.parse::<u64>()) else { continue };
        facts.insert(format!("ansible_{}_mb", name.to_ascii_lowercase()), json!(kilobytes / 1024));
    }
    for (key, tag) in [("ansible_processor_vcpus", "cpus_online"), ("ansible_processor_nproc", "cpus_allowed")] {
        if let Some(count) = said.first(tag).and_then(count_listed) {
            facts.insert(key.into(), json!(count));
        }
    }

    facts.insert("ansible_service_mgr".into(), json!(service_manager(said)));
    let family = facts.get("ansible_os_family").and_then(Value::as_str).unwrap_or_default();
    if let Some(manager) = package_manager(family, tools) {
        facts.insert("ansible_pkg_mgr".into(), json!(manager));
    }
    facts.insert(
        "ansible_selinux".into(),
        match said.first("enforce") {
            None => json!({"status": "disabled"}),
            Some("1") => json!({"status": "enabled", "mode": "enforcing"}),
            Some(_) => json!({"status": "enabled", "mode": "permissive"}),
        },
    );
    let apparmor = if said.first("apparmor").is_some() { "enabled" } else { "disabled" };
    facts.insert("ansible_apparmor".into(), json!({"status": apparmor}));
    let (kind, role) = virtualization(said);
    facts.insert("ansible_virtualization_type".into(), json!(kind));
    facts.insert("ansible_virtualization_role".into(), json!(role));

    if let Some(version) = said.first("systemd").and_then(number_in) {
        facts.insert("solti_systemd_version".into(), json!(version));
    }
    let podman = said.first("podman").and_then(|text| text.split_whitespace().next_back());
    if let Some(version) = podman {
        facts.insert("solti_podman_version".into(), json!(version));
    }
}

/// The host's names. The whole one is what /etc/hosts says, because asking DNS can take long.
fn names(facts: &mut Map<String, Value>, said: &Said<'_>) {
    let Some(node) = said.first("nodename") else { return };
    let in_hosts = said.first("hosts").and_then(|names| names.split_whitespace().find(|name| name.contains('.')));
    let whole = if node.contains('.') { node } else { in_hosts.unwrap_or(node) };
    facts.insert("ansible_hostname".into(), json!(node.split('.').next().unwrap_or(node)));
    facts.insert("ansible_fqdn".into(), json!(whole));
    facts.insert("ansible_domain".into(), json!(whole.split_once('.').map_or("", |(_, domain)| domain)));
}

/// Who the shell runs as: `name:uid:gid:home:shell`.
fn user(facts: &mut Map<String, Value>, said: &Said<'_>) {
    let fields: Vec<&str> = said.first("me").unwrap_or_default().split(':').collect();
    let [name, uid, gid, home, shell] = fields[..] else { return };
    facts.insert("ansible_user_id".into(), json!(name));
    facts.insert("ansible_user_dir".into(), json!(home));
    facts.insert("ansible_user_shell".into(), json!(shell));
    for (key, number) in [("ansible_user_uid", uid), ("ansible_user_gid", gid)] {
        if let Ok(number) = number.parse::<u32>() {
            facts.insert(key.into(), json!(number));
        }
    }
}

/// How many numbers a kernel list such as `0-3,8` has.
fn count_listed(list: &str) -> Option<u32> {
    let mut count = 0_u32;
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        count = count.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    Some(count)
}

/// The first number in a text.
fn number_in(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn service_manager<'a>(said: &Said<'a>) -> &'a str {
    match (said.first("booted"), said.first("init")) {
        (Some(booted), _) => booted,
        (None, Some("runit" | "runit-init")) => "runit",
        (None, Some(s6)) if s6.starts_with("s6-") => "s6",
        _ => "service",
    }
}

/// The family's own package manager if it is there, else the first that is.
fn package_manager(family: &str, tools: &[String]) -> Option<&'static str> {
    const MANAGERS: &[(&str, &str, &str)] = &[
        ("Debian", "apt-get", "apt"),
        ("RedHat", "dnf", "dnf"),
        ("RedHat", "dnf5", "dnf5"),
        ("RedHat", "yum", "yum"),
        ("Suse", "zypper", "zypper"),
        ("Alpine", "apk", "apk"),
        ("Archlinux", "pacman", "pacman"),
    ];
    let has = |tool: &str| tools.iter().any(|found| found == tool);
    let own = MANAGERS.iter().find(|(of, tool, _)| *of == family && has(tool));
    own.or_else(|| MANAGERS.iter().find(|(_, tool, _)| has(tool))).map(|manager| manager.2)
}

/// What the host runs in, as far as files tell: type and role.
fn virtualization<'a>(said: &Said<'a>) -> (&'a str, &'static str) {
    if let Some(container) = said.first("container") {
        return (container, "guest");
    }
    let product = said.first("product_name").unwrap_or_default();
    let vendor = said.first("system_vendor").unwrap_or_default();
    let kind = match (product, vendor) {
        _ if said.first("hypervisor") == Some("xen") => "xen",
        ("VirtualBox", _) => "virtualbox",
        ("OpenStack Nova" | "OpenStack Compute", _) => "openstack",
        ("Virtual Machine", "Microsoft Corporation") => "VirtualPC",
        (_, vendor) if vendor.starts_with("VMware") => "VMware",
        ("KVM" | "KVM Server" | "Bochs" | "AHV" | "Google Compute Engine" | "RHEV Hypervisor" | "oVirt Node", _) => {
            "kvm"
        }
        (_, "QEMU" | "Amazon EC2" | "DigitalOcean" | "Hetzner") => "kvm",
        _ => return ("NA", "NA"),
    };
    (kind, "guest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_counted() {
        assert_eq!(count_listed("0-3,8"), Some(5));
        assert_eq!(count_listed("0\n"), Some(1));
        assert_eq!(count_listed("3-1"), None);
        assert_eq!(count_listed("0-4294967295"), None);
    }

    #[test]
    fn a_familys_own_package_manager_is_preferred() {
        let tools = ["apt-get".to_owned(), "dnf".to_owned()];
        assert_eq!(package_manager("RedHat", &tools), Some("dnf"));
        assert_eq!(package_manager("Debian", &tools), Some("apt"));
        assert_eq!(package_manager("Void", &[]), None);
    }

    #[test]
    fn the_systemd_version_is_the_first_number() {
        assert_eq!(number_in("257.so"), Some(257));
        assert_eq!(number_in("systemd 255 (255.4-1ubuntu8)"), Some(255));
        assert_eq!(number_in("none"), None);
    }

    #[test]
    fn the_whole_name_comes_from_hosts() {
        let mut facts = Map::new();
        names(&mut facts, &Said { records: vec![("nodename", "web1"), ("hosts", "web1 web1.example.org")] });
        assert_eq!(facts["ansible_fqdn"], "web1.example.org");
        assert_eq!((&facts["ansible_hostname"], &facts["ansible_domain"]), (&json!("web1"), &json!("example.org")));
    }
}
