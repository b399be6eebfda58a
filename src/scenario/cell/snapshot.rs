//! What is on a host, and what of it another look finds different: roles that have gone must leave nothing.
//!
//! Compared are files (kind, mode, owner, target; and in /etc, /opt, /srv, /home, /root, /usr/local and /var their content), accounts,
//! units, what podman has, and packages. Packages that were installed because others needed them may stay, as apt leaves
//! them, with their files and units; so may the configuration files of a package that has been removed, because a purge
//! would take data along, and accounts that the scripts of packages have made, as Debian's policy has it.

use std::collections::{BTreeMap, BTreeSet};

const PROGRAM: &str = include_str!("snapshot.sh");

/// Files that change with nearly everything, and tell nothing that the rest of the snapshot does not.
const VOLATILE: [&str; 24] = [
    "/",
    "/etc/group",
    "/etc/group-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/machine-id",
    "/etc/mtab",
    "/etc/passwd",
    "/etc/passwd-",
    "/etc/resolv.conf",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/subgid",
    "/etc/subgid-",
    "/etc/subuid",
    "/etc/subuid-",
    "/etc/.pwd.lock",
    "/etc/.updated",
    "/var/.updated",
    "/var/log/alternatives.log",
    "/var/log/dpkg.log",
];

/// Logs that every host writes.
const LOGS: [&str; 5] = ["/var/log/btmp", "/var/log/wtmp", "/var/log/lastlog", "/var/log/faillog", "/var/log/README"];

/// One look at a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    files: BTreeMap<String, String>,
    contents: BTreeMap<String, String>,
    accounts: BTreeMap<String, String>,
    units: BTreeMap<String, String>,
    active: BTreeMap<String, String>,
    podman: BTreeSet<String>,
    packages: BTreeMap<String, String>,
    /// The files of packages that the first look did not find.
    files_of: BTreeMap<String, BTreeSet<String>>,
}

/// What may stay, beside what packages leave.
#[derive(Debug)]
pub struct Allowed<'a> {
    /// Paths, `*` for anything in between.
    pub paths: &'a [String],
    /// Accounts that the roles themselves declare: these must go.
    pub declared: &'a BTreeSet<String>,
    /// Packages that the roles themselves declare: these must go.
    pub packages: &'a BTreeSet<String>,
}

/// The program that looks; after a `first` look it lists the files of packages that came since.
pub fn program(first: Option<&Snapshot>) -> String {
    let known = first.map(|first| first.packages.keys().map(String::as_str).collect::<Vec<_>>().join(" "));
    match known {
        Some(known) => format!("known='{known}'\n{PROGRAM}"),
        // the same program, which then finds every list to be known
        None => format!("known=$(dpkg-query -W -f '${{Package}} ' 2>/dev/null)\n{PROGRAM}"),
    }
}

impl Snapshot {
    /// Reads what the program printed; nothing, if it was cut short.
    pub fn read(text: &str) -> Option<Self> {
        let mut snapshot = Self::default();
        let mut section = "";
        let mut of = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("# ") {
                section = if let Some(package) = name.strip_prefix("files of ") {
                    of = package.to_owned();
                    "files of"
                } else {
                    name
                };
                continue;
            }
            snapshot.line(section, &of, line);
        }
        (section == "end").then_some(snapshot)
    }

    fn line(&mut self, section: &str, of: &str, line: &str) {
        match section {
            "files" => {
                let Some((what, rest)) = line.split_once('\t') else { return };
                let Some((target, path)) = rest.split_once('\t') else { return };
                let target = if target.is_empty() { String::new() } else { format!(" -> {target}") };
                self.files.insert(path.to_owned(), format!("{what}{target}"));
            }
            "contents" => {
                if let Some((sum, path)) = line.split_once("  ") {
                    self.contents.insert(path.to_owned(), sum.to_owned());
                }
            }
            "accounts" => {
                let (name, rest) = line.split_once(':').unwrap_or((line, ""));
                self.accounts.insert(name.to_owned(), rest.to_owned());
            }
            "units" => add(&mut self.units, line),
            "active" => add(&mut self.active, line),
            "podman" => {
                self.podman.insert(line.to_owned());
            }
            "packages" => add(&mut self.packages, line),
            "files of" => {
                self.files_of.entry(of.to_owned()).or_default().insert(line.to_owned());
            }
            _ => {}
        }
    }

    /// What `later` has that this one has not, lacks, or has otherwise; each a line.
    pub fn differences(&self, later: &Self, allowed: &Allowed<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let is_there = |state: &String| state.starts_with("ii");
        let mut stays = BTreeSet::new();
        let mut came = false;
        for (package, state) in &later.packages {
            match self.packages.get(package) {
                Some(before) if before == state => {}
                Some(before) => found.push(format!("package {package}: {before} -> {state}")),
                None if is_there(state) && !allowed.packages.contains(package) => {
                    stays.insert(package.as_str());
                    came = true;
                }
                None if is_there(state) => found.push(format!("package {package} is still installed")),
                None => {
                    stays.insert(package.as_str());
                    came = true;
                }
            }
        }
        found.extend(
            self.packages
                .keys()
                .filter(|name| !later.packages.contains_key(*name))
                .map(|name| format!("package {name} is gone")),
        );
        came |= !allowed.packages.is_empty();
        let packaged: BTreeSet<&str> =
            stays.iter().filter_map(|package| later.files_of.get(*package)).flatten().map(String::as_str).collect();
        // /bin/x in a list is /usr/bin/x on a host whose /bin is a link
        let is_packaged = |path: &str| {
            packaged.contains(path) || path.strip_prefix("/usr").is_some_and(|short| packaged.contains(short))
        };
        let may_differ = |path: &str| {
            VOLATILE.contains(&path)
                || LOGS.contains(&path)
                || path.ends_with(".pyc")
                || is_packaged(path)
                || allowed.paths.iter().any(|pattern| matches(pattern, path))
        };
        let made = |path: &str, what: &str| {
            let target = what.split_once(" -> ").map(|(_, target)| resolved(path, target));
            may_differ(path) || target.is_some_and(|target| is_packaged(&target))
        };
        for (path, what) in &later.files {
            match self.files.get(path) {
                _ if may_differ(path) => {}
                None if made(path, what) || later.holds_only(path, &made) => {}
                None => found.push(format!("{path} is still there ({what})")),
                Some(before) if before != what => found.push(format!("{path}: {before} -> {what}")),
                Some(_) => match (self.contents.get(path), later.contents.get(path)) {
                    (Some(one), Some(other)) if one != other => found.push(format!("{path} has another content")),
                    _ => {}
                },
            }
        }
        let gone = self.files.keys().filter(|path| !later.files.contains_key(*path) && !may_differ(path));
        found.extend(gone.map(|path| format!("{path} is gone")));
        self.accounts_differ(later, came, allowed, &mut found);
        self.units_differ(later, &is_packaged, &mut found);
        let extra = later.podman.difference(&self.podman).map(|thing| format!("{thing} of podman is still there"));
        found.extend(extra);
        found.extend(self.podman.difference(&later.podman).map(|thing| format!("{thing} of podman is gone")));
        found
    }

    /// Whether there is something in a folder, and nothing but what scripts of packages make: links to their files.
    fn holds_only(&self, folder: &str, made: &dyn Fn(&str, &str) -> bool) -> bool {
        let start = format!("{folder}/");
        let inside = self.files.range(start.clone()..).take_while(|(path, _)| path.starts_with(&start));
        let mut inside = inside.peekable();
        inside.peek().is_some() && inside.all(|(path, what)| made(path, what))
    }

    fn accounts_differ(&self, later: &Self, packages_came: bool, allowed: &Allowed<'_>, found: &mut Vec<String>) {
        for (account, what) in &later.accounts {
            let name = account.split_once(' ').map_or(account.as_str(), |(_, name)| name);
            match self.accounts.get(account) {
                Some(before) if before == what => {}
                None if packages_came && !allowed.declared.contains(name) => {}
                None => found.push(format!("{account} is still there")),
                // a package's user may have been put into a group
                Some(before) => {
                    let members = |text: &str| -> BTreeSet<String> {
                        text.rsplit(':').next().unwrap_or_default().split(',').map(str::to_owned).collect()
                    };
                    let made = |name: &String| name.is_empty() || !self.accounts.contains_key(&format!("user {name}"));
                    let only_new = account.starts_with("group ")
                        && packages_came
                        && members(before).iter().all(|name| name.is_empty() || members(what).contains(name))
                        && members(what).difference(&members(before)).all(made);
                    if !only_new {
                        found.push(format!("{account}: {before} -> {what}"));
                    }
                }
            }
        }
        let gone = self.accounts.keys().filter(|account| !later.accounts.contains_key(*account));
        found.extend(gone.map(|account| format!("{account} is gone")));
    }

    fn units_differ(&self, later: &Self, is_packaged: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
        let of_package = |unit: &str| {
            ["/usr/lib/systemd/system", "/usr/lib/systemd/user"]
                .iter()
                .any(|folder| is_packaged(&format!("{folder}/{unit}")))
        };
        for (unit, state) in &later.units {
            match self.units.get(unit) {
                _ if of_package(unit) => {}
                // made by systemd as it goes
                _ if ["transient", "generated"].contains(&state.as_str()) => {}
                None => found.push(format!("unit {unit} is still there ({state})")),
                Some(before) if before != state => found.push(format!("unit {unit}: {before} -> {state}")),
                Some(_) => {}
            }
        }
        let is_known = |unit: &str| later.units.contains_key(unit) || unit.contains('@');
        for (unit, state) in &later.active {
            let own = unit.starts_with("systemd-") || unit.starts_with("user") || unit.starts_with("dbus");
            if !self.active.contains_key(unit) && !own && !of_package(unit) && !unit.ends_with(".mount") {
                let state = if is_known(unit) { state.clone() } else { format!("{state}, without a unit file") };
                found.push(format!("{unit} is {state}"));
            }
        }
        for (unit, state) in &self.active {
            // what a socket starts may end when nobody needs it
            let on_demand =
                unit.strip_suffix(".service").is_some_and(|name| self.units.contains_key(&format!("{name}.socket")));
            let oneself = self.units.get(unit).is_some_and(|state| state.starts_with("enabled"));
            let starts_by_itself = oneself && !on_demand;
            if starts_by_itself && state == "active" && !later.active.contains_key(unit) {
                found.push(format!("{unit} does not run any more"));
            }
        }
    }
}

/// Where a link leads.
fn resolved(link: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { link.split('/').collect() };
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
}

fn add(map: &mut BTreeMap<String, String>, line: &str) {
    if let Some((name, what)) = line.split_once(' ') {
        map.insert(name.to_owned(), what.to_owned());
    }
}

/// Whether a path is meant by a pattern, or is below one that is.
fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.trim_end_matches('/').split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (number, part) in parts.iter().enumerate() {
        let last = number + 1 == parts.len();
        let at = if last && !part.is_empty() {
            rest.match_indices(part).map(|(at, _)| at + part.len()).find(|end| is_end(&rest[*end..]))
        } else {
            rest.find(part).map(|at| at + part.len())
        };
        let Some(end) = at else { return false };
        rest = &rest[end..];
        if last && part.is_empty() {
            return true;
        }
    }
    is_end(rest)
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn snapshot(text: &str) -> Snapshot {
        Snapshot::read(&format!("{text}\n# end\n")).unwrap()
    }

    fn differences(before: &str, after: &str, paths: &[&str]) -> Vec<String> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let allowed = Allowed { paths: &paths, declared: &BTreeSet::new(), packages: &BTreeSet::new() };
        snapshot(before).differences(&snapshot(after), &allowed)
    }

    #[test]
    fn what_differs_is_named() {
        let before = "# files\nd 755 root:root\t\t/etc\nf 644 root:root\t\t/etc/a\nf 644 root:root\t\t/etc/b\n# contents\n1  /etc/a\n2  /etc/b\n\
             # accounts\nuser root:x:0:0::/root:/bin/sh\n# units\nssh.service enabled\n# active\nssh.service active\n# podman\nnetwork podman";
        let after = "# files\nd 750 root:root\t\t/etc\nf 644 root:root\t\t/etc/b\nl 777 root:root\tb\t/etc/c\n# contents\n3  /etc/b\n\
             # accounts\nuser root:x:0:0::/root:/bin/sh\nuser app:x:1:1::/:/bin/sh\n# units\nssh.service disabled\napp.service static\n\
             # active\napp.service failed\n# podman\nnetwork podman\nvolume data";
        assert_eq!(
            differences(before, after, &[]),
            [
                "/etc: d 755 root:root -> d 750 root:root",
                "/etc/b has another content",
                "/etc/c is still there (l 777 root:root -> b)",
                "/etc/a is gone",
                "user app is still there",
                "unit app.service is still there (static)",
                "unit ssh.service: enabled -> disabled",
                "app.service is failed",
                "ssh.service does not run any more",
                "volume data of podman is still there",
            ]
        );
        assert_eq!(differences(before, before, &[]), [""; 0]);
    }

    #[test]
    fn what_apt_leaves_may_stay() {
        let after = "# files\nf 644 root:root\t\t/usr/lib/libx.so\nf 644 root:root\t\t/etc/x.conf\nf 644 root:root\t\t/etc/y\n\
             # accounts\nuser x:x:1:1::/:/bin/sh\n# packages\nlibx ii\n# files of libx\n/lib/libx.so\n/etc/x.conf";
        assert_eq!(differences("", after, &[]), ["/etc/y is still there (f 644 root:root)"]);
        let declared = BTreeSet::from(["libx".to_owned()]);
        let allowed = Allowed { paths: &[], declared: &BTreeSet::new(), packages: &declared };
        let found = snapshot("").differences(&snapshot(after), &allowed);
        assert!(found.contains(&"package libx is still installed".to_owned()), "{found:?}");
    }

    #[test]
    fn a_snapshot_that_was_cut_short_is_none() {
        assert_eq!(Snapshot::read("# files\nf 644 root:root\t\t/etc/a\n"), None);
    }

    #[test]
    fn what_scripts_of_packages_link_may_stay_with_them() {
        let after = "# files\nd 755 root:root\t\t/etc/enabled\nl 777 root:root\t../available/x\t/etc/enabled/x\nd 755 root:root\t\t/etc/empty\n\
             # packages\nlibx ii\n# files of libx\n/etc/available/x";
        assert_eq!(differences("", after, &[]), ["/etc/empty is still there (d 755 root:root)"]);
    }

    #[test]
    fn patterns_of_paths() {
        let all = ["/srv/a", "/srv/a/b", "/srv/ab", "/srv"];
        let by = |pattern: &str| all.into_iter().filter(|path| matches(pattern, path)).collect::<Vec<_>>();
        assert_eq!(by("/srv/a"), ["/srv/a", "/srv/a/b"]);
        assert_eq!(by("/srv/a*"), ["/srv/a", "/srv/a/b", "/srv/ab"]);
        assert_eq!(by("/*/b"), ["/srv/a/b"]);
        assert_eq!(by("/srv/*/b"), ["/srv/a/b"]);
    }
}
