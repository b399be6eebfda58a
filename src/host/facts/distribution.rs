//! The distribution's name, version and family, spelt as Ansible spells them.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Ansible's name and family for an os-release `ID`.
const NAMES: &[(&str, &str, &str)] = &[
    ("debian", "Debian", "Debian"),
    ("ubuntu", "Ubuntu", "Debian"),
    ("raspbian", "Debian", "Debian"),
    ("linuxmint", "Linux Mint", "Debian"),
    ("devuan", "Devuan", "Debian"),
    ("kali", "Kali", "Debian"),
    ("pop", "Pop!_OS", "Debian"),
    ("neon", "KDE neon", "Debian"),
    ("parrot", "Parrot", "Debian"),
    ("deepin", "Deepin", "Debian"),
    ("rhel", "RedHat", "RedHat"),
    ("centos", "CentOS", "RedHat"),
    ("rocky", "Rocky", "RedHat"),
    ("almalinux", "AlmaLinux", "RedHat"),
    ("fedora", "Fedora", "RedHat"),
    ("ol", "OracleLinux", "RedHat"),
    ("amzn", "Amazon", "RedHat"),
    ("eurolinux", "EuroLinux", "RedHat"),
    ("openEuler", "openEuler", "RedHat"),
    ("opensuse-leap", "openSUSE Leap", "Suse"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed", "Suse"),
    ("opensuse-microos", "openSUSE MicroOS", "Suse"),
    ("sles", "SLES", "Suse"),
    ("sled", "SLED", "Suse"),
    ("arch", "Archlinux", "Archlinux"),
    ("archarm", "Archlinux", "Archlinux"),
    ("manjaro", "Manjaro", "Archlinux"),
    ("alpine", "Alpine", "Alpine"),
    ("gentoo", "Gentoo", "Gentoo"),
    ("void", "Void", "Void"),
    ("nixos", "NixOS", "NixOS"),
    ("flatcar", "Flatcar", "Flatcar"),
];

/// Adds the facts about the distribution, from the lines of os-release and Debian's version file.
pub(super) fn add(facts: &mut Map<String, Value>, os_release: &[&str], debian_version: Option<&str>) {
    let fields: HashMap<&str, String> = os_release.iter().filter_map(|line| field(line)).collect();
    let get = |key: &str| fields.get(key).map(String::as_str).filter(|value| !value.is_empty());

    let id = get("ID").unwrap_or("linux");
    let known = NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(id));
    let family_of = |id: &str| NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(id)).map(|name| name.2);
    let like =
        || get("ID_LIKE")?.split_whitespace().find_map(|id| if id == "suse" { Some("Suse") } else { family_of(id) });
    let name = known.map_or_else(|| get("NAME").unwrap_or("Linux"), |name| name.1);
    let family = known.map(|name| name.2).or_else(like).unwrap_or(name);

    // os-release has only Debian's major version
    let point_release = debian_version.filter(|text| id == "debian" && text.starts_with(|c: char| c.is_ascii_digit()));
    let testing = || debian_version.filter(|_| id == "debian");
    let version = point_release.or_else(|| get("VERSION_ID")).or_else(testing).or_else(|| get("BUILD_ID"));
    let version = version.unwrap_or("NA");
    let major = version.split('.').next().unwrap_or(version);
    let in_brackets = || get("VERSION")?.split_once('(')?.1.split_once(')').map(|(inner, _)| inner);
    let release = match (name, family) {
        ("CentOS", _) if get("NAME").is_some_and(|name| name.contains("Stream")) => Some("Stream"),
        ("Fedora", _) => None,
        (_, "Suse") => version.split_once('.').map(|(_, minor)| minor),
        _ => get("VERSION_CODENAME").or_else(|| get("UBUNTU_CODENAME")).or_else(in_brackets),
    };

    for (key, value) in [
        ("ansible_distribution", name),
        ("ansible_distribution_version", version),
        ("ansible_distribution_major_version", major),
        ("ansible_distribution_release", release.unwrap_or("NA")),
        ("ansible_os_family", family),
    ] {
        facts.insert(key.to_owned(), value.into());
    }
}

/// `KEY=value` with shell quotes.
fn field(line: &str) -> Option<(&str, String)> {
    let (key, value) = line.trim().split_once('=')?;
    let words = shell_words::split(value).ok()?;
    Some((key, words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(os_release: &str, debian_version: Option<&str>) -> String {
        let mut facts = Map::new();
        let lines: Vec<&str> = os_release.lines().collect();
        add(&mut facts, &lines, debian_version);
        let words: Vec<&str> = facts.values().filter_map(Value::as_str).collect();
        words.join(" | ")
    }

    #[test]
    fn names_are_ansibles() {
        let debian = "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n# comment";
        assert_eq!(facts(debian, Some("12.11")), "Debian | 12.11 | 12 | bookworm | Debian");
        let sid = "NAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=forky\nID=debian";
        assert_eq!(facts(sid, Some("forky/sid")), "Debian | forky/sid | forky/sid | forky | Debian");
        let ubuntu = "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble";
        assert_eq!(facts(ubuntu, Some("trixie/sid")), "Ubuntu | 24.04 | 24 | noble | Debian");
        let rocky = "NAME=\"Rocky Linux\"\nVERSION=\"9.5 (Blue Onyx)\"\nID=\"rocky\"\nVERSION_ID=\"9.5\"";
        assert_eq!(facts(rocky, None), "Rocky | 9.5 | 9 | Blue Onyx | RedHat");
        let stream = "NAME=\"CentOS Stream\"\nVERSION=\"9\"\nID=\"centos\"\nVERSION_ID=\"9\"";
        assert_eq!(facts(stream, None), "CentOS | 9 | 9 | Stream | RedHat");
        let leap = "NAME=\"openSUSE Leap\"\nID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"";
        assert_eq!(facts(leap, None), "openSUSE Leap | 15.6 | 15 | 6 | Suse");
        assert_eq!(
            facts("NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling", None),
            "Archlinux | rolling | rolling | NA | Archlinux"
        );
        assert_eq!(
            facts("NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.3", None),
            "Alpine | 3.20.3 | 3 | NA | Alpine"
        );
    }

    #[test]
    fn an_unknown_distribution_has_its_own_name_and_its_parents_family() {
        let nobara = "NAME=Nobara\nID=nobara\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=41";
        assert_eq!(facts(nobara, None), "Nobara | 41 | 41 | NA | RedHat");
        assert_eq!(facts("", None), "Linux | NA | NA | NA | Linux");
    }
}
