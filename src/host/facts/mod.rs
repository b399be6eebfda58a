//! What is asked of a host first, under the names that Ansible gives it.

mod distribution;
mod machine;
mod network;

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a host said about itself.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The facts by their names, such as `ansible_distribution`.
    pub values: Map<String, Value>,
    /// The users in /etc/passwd.
    pub users: Vec<String>,
    /// Which of the tools that solti may want are in the path.
    pub tools: Vec<String>,
    /// The folder in which solti keeps secrets there.
    pub secrets_folder: String,
    /// The secrets that it keeps, by name, where they were asked for.
    pub secrets: BTreeMap<String, String>,
}

/// What is asked beside what is always asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extras {
    /// podman's version, which costs a process of its own.
    pub podman: bool,
    /// The secrets that solti keeps on the host.
    pub secrets: bool,
}

/// Defines `podman_version`, which prints what [`Extras::podman`] is about; for where there is podman.
pub const PODMAN_VERSION: &str = include_str!("podman.sh");

/// The program that says the facts.
pub fn program(extras: Extras) -> String {
    let mut program = include_str!("program.sh").to_owned();
    if extras.podman {
        program.push_str(PODMAN_VERSION);
        program.push_str("case \" $f_tools \" in *\" podman \"*) say podman \"$(podman_version)\" ;; esac\n");
    }
    if extras.secrets {
        program.push_str(
            // neither what an editor has left there nor an empty file is a secret
            "for f_file in \"$f_kept\"/*; do case ${f_file##*/} in *[!A-Za-z0-9_.-]*) continue ;; esac; \
             [ ! -f \"$f_file\" ] || { IFS= read -r f_line <\"$f_file\" || :; \
             [ -z \"$f_line\" ] || say secret \"${f_file##*/} $f_line\"; }; done\n",
        );
    }
    program
}

/// Reads the records of [`program`]. What a host did not say is left out, or has the value that Ansible gives it then.
pub fn parse<'a>(records: impl IntoIterator<Item = (&'a str, &'a str)>) -> Facts {
    let mut said = Said::default();
    let mut network = network::Network::default();
    for (tag, rest) in records {
        match tag {
            "interface" => network.interfaces.push(rest),
            "route" => network.routes.push(rest),
            "address" => network.addresses.push(rest),
            "network" => network.networks.push(rest),
            "local" => network.locals.push(rest),
            "address6" => network.addresses6.push(rest),
            _ => said.records.push((tag, rest)),
        }
    }
    let words = |tag: &str| -> Vec<String> {
        said.first(tag).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    let (users, tools) = (words("users"), words("tools"));
    let mut values = Map::new();
    distribution::add(&mut values, &said.all("os"), said.first("debian_version"));
    machine::add(&mut values, &said, &tools);
    network.add(&mut values, said.first("machine").unwrap_or_default());
    values.insert("solti_users".into(), json!(users));
    let homes: Vec<&str> = said.first("homes").unwrap_or_default().split(':').collect();
    let homes: Map<String, Value> = homes
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [name, home] => Some(((*name).to_owned(), json!(home))),
            _ => None,
        })
        .collect();
    values.insert("solti_homes".into(), homes.into());
    let secrets = said.all("secret").into_iter().filter_map(|entry| entry.split_once(' '));
    let secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let secrets_folder = said.first("kept").unwrap_or_default().to_owned();
    Facts { values, users, tools, secrets_folder, secrets }
}

/// The records by their tags.
#[derive(Default)]
struct Said<'a> {
    records: Vec<(&'a str, &'a str)>,
}

impl<'a> Said<'a> {
    fn first(&self, tag: &str) -> Option<&'a str> {
        self.records.iter().find(|record| record.0 == tag).map(|record| record.1)
    }

    fn all(&self, tag: &str) -> Vec<&'a str> {
        self.records.iter().filter(|record| record.0 == tag).map(|record| record.1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::shells_here::{command, shells};

    /// What a host's podman is taken for: where it is, what dpkg-query says, and what is found out.
    const PODMANS: [(&str, &str, &str); 8] = [
        ("/usr/bin/podman", "ii :4.3.1+ds1-8+deb12u1", "4.3.1"),
        ("/usr/bin/podman", "hi :5.4.2+ds1-2+b1", "5.4.2"),
        ("/bin/podman", "ii :4:4.6.2-0ubuntu22.04", "4.6.2"),
        ("/usr/bin/podman", "ii :5.4.2+ds1-1~bpo12+1", "5.4.2"),
        // what podman itself is asked for
        ("/usr/bin/podman", "ii :5.5.0~rc1+ds1-1", "podman version itself"),
        ("/usr/bin/podman", "rc :5.4.2+ds1-2", "podman version itself"),
        ("/usr/bin/podman", "", "podman version itself"),
        ("/usr/local/bin/podman", "ii :5.4.2+ds1-2", "podman version itself"),
    ];

    #[test]
    fn podmans_version_is_its_packages() {
        let programs = tempfile::tempdir().unwrap();
        for (name, text) in [("dpkg-query", "printf '%s' \"$PACKAGE\""), ("podman", "echo podman version itself")] {
            let path = programs.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        for shell in shells() {
            for (place, package, expected) in PODMANS {
                let program = format!("{PODMAN_VERSION}\ncommand() {{ echo {place}; }}\npodman_version");
                let mut asked = command(shell, &program);
                let path = format!("{}:/usr/bin:/bin", programs.path().display());
                let output = asked.env("PATH", path).env("PACKAGE", package).output().unwrap();
                assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{shell:?} {place} {package}");
            }
        }
    }

    #[test]
    fn homes_may_have_blanks() {
        let facts = parse([("homes", "root:/root:app:/srv/my home:none::more:/")]);
        let homes = json!({"root": "/root", "app": "/srv/my home", "none": "", "more": "/"});
        assert_eq!(facts.values["solti_homes"], homes);
    }
}
