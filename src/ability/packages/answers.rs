//! What a host has answered about packages.

use super::Packages;

/// Takes in the records about packages.
#[derive(Debug, Default)]
pub struct Answers {
    packages: Packages,
    /// Packages that dpkg knows: name, architecture, status, version.
    known: Vec<[String; 4]>,
}

impl Answers {
    /// Takes one record; says whether it is one of these.
    pub fn record(&mut self, tag: &str, rest: &str) -> bool {
        let packages = &mut self.packages;
        match tag {
            "package" => {
                // what is not installed may have no version
                let words: Vec<&str> = rest.split_whitespace().collect();
                if let [status, version, name, architecture] = words[..] {
                    self.known.push([name, architecture, status, version].map(str::to_owned));
                } else if let [status, name, architecture] = words[..] {
                    self.known.push([name, architecture, status, ""].map(str::to_owned));
                }
            }
            "candidate" => {
                if let Some((name, version)) = rest.split_once(' ') {
                    packages.apt.offered.entry(name.to_owned()).or_default();
                    if version != "(none)" {
                        packages.candidates.insert(name.to_owned(), version.to_owned());
                    }
                }
            }
            "offer" => {
                if let Some((name, version)) = rest.split_once(' ') {
                    packages.apt.offered.entry(name.to_owned()).or_default().push(version.to_owned());
                }
            }
            "unlisted" => drop(packages.apt.unlisted.insert(rest.to_owned())),
            "dpkg" => packages.apt.busy = true,
            _ => return false,
        }
        true
    }

    /// What dpkg says of packages, by their names alone and with their architecture. A name alone means the package of the
    /// host's own architecture, which is dpkg's.
    pub fn finish(mut self) -> Packages {
        let native =
            self.known.iter().find(|[name, ..]| name == "dpkg").map(|[_, architecture, ..]| architecture.clone());
        let packages = &mut self.packages;
        for [name, architecture, status, version] in std::mem::take(&mut self.known) {
            let own = architecture == "all" || native.as_ref().is_none_or(|native| *native == architecture);
            for name in [own.then(|| name.clone()), Some(format!("{name}:{architecture}"))].into_iter().flatten() {
                if status.starts_with('h') {
                    packages.apt.held.insert(name.clone());
                }
                // Status-Abbrev is three characters, the last one mostly blank: "ii ", "rc "
                match status.as_bytes().get(1) {
                    Some(b'i' | b't' | b'W') => drop(packages.installed.insert(name, version.clone())),
                    Some(b'U') => drop(packages.apt.unfinished.insert(name, format!("{version}, unpacked"))),
                    Some(b'F') => drop(packages.apt.unfinished.insert(name, format!("{version}, half configured"))),
                    Some(b'H') => drop(packages.apt.unfinished.insert(name, format!("{version}, half installed"))),
                    _ => {}
                }
            }
        }
        packages.apt.native = native;
        self.packages
    }
}
