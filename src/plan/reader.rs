//! What a host has answered to a probe.

use super::manifest::Manifest;
use super::probe::ProbeError;
use super::scope;
use super::state::{Answer, GroupState, Meta, PathState, State, UnitState, UserState};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, VecDeque};

/// Takes in a probe's records one by one.
#[derive(Debug, Default)]
pub struct Reader {
    state: State,
    unit: BTreeMap<String, String>,
    /// The user whose units follow; none for the system's.
    scope: Option<String>,
    /// Packages that dpkg knows: name, architecture, status, version.
    packages: Vec<[String; 4]>,
    /// Links whose targets are still to come, in the same order.
    links: VecDeque<String>,
    complete: bool,
    error: Option<ProbeError>,
}

impl Reader {
    /// Takes one record; unknown ones are left to others.
    pub fn record(&mut self, tag: &str, rest: &str) {
        match tag {
            "manifest" => match Manifest::parse(rest) {
                Ok(manifest) => self.state.manifest = manifest,
                Err(error) => self.error = Some(error.into()),
            },
            // what cannot be read was cut off when it was noted, and nothing was made then
            "made" => drop(serde_json::from_str(rest).map(|left| self.state.manifest.add(left))),
            "interrupted" => self.state.interrupted = true,
            "unfinished" => self.state.unfinished = true,
            "leftover" => self.state.leftovers.push(rest.to_owned()),
            "busy" => self.state.busy = Some(rest.to_owned()),
            "probed" => self.complete = true,
            "locked" => self.error = Some(ProbeError::Locked(rest.to_owned())),
            "refused" => self.error = Some(ProbeError::Lacking(rest.to_owned())),
            "path" => self.path(rest),
            "unseen" => {
                // stat: cannot statx '/root/x': Permission denied; busybox says "can't"; sha256sum: /root/x: Permission denied
                let (place, reason) = rest.rsplit_once(": ").unwrap_or((rest, rest));
                let path = place.find('/').map_or(place, |start| &place[start..]);
                let path = path.strip_suffix(['\'', '"']).unwrap_or(path);
                self.state.unreadable.insert(path.to_owned(), reason.to_owned());
            }
            "astray" => {
                if let Some((folder, why)) = rest.split_once("//") {
                    self.state.astray.insert(folder.to_owned(), why.to_owned());
                }
            }
            "sum" => {
                if let Some((sum, path)) = rest.split_once(' ')
                    && let Some(PathState::File { sha256, .. }) = self.state.paths.get_mut(path)
                {
                    *sha256 = Some(sum.to_owned());
                }
            }
            "content" => self.content(rest),
            "link" => self.links.push_back(rest.to_owned()),
            "target" => {
                if let Some(path) = self.links.pop_front() {
                    self.state.paths.insert(path, PathState::Link { target: Some(rest.to_owned()) });
                }
            }
            "user" => self.user(rest),
            "group" => self.group(rest),
            "package" => {
                // what is not installed may have no version
                let words: Vec<&str> = rest.split_whitespace().collect();
                if let [status, version, name, architecture] = words[..] {
                    self.packages.push([name, architecture, status, version].map(str::to_owned));
                } else if let [status, name, architecture] = words[..] {
                    self.packages.push([name, architecture, status, ""].map(str::to_owned));
                }
            }
            "candidate" => {
                if let Some((name, version)) = rest.split_once(' ') {
                    self.state.apt.offered.entry(name.to_owned()).or_default();
                    if version != "(none)" {
                        self.state.candidates.insert(name.to_owned(), version.to_owned());
                    }
                }
            }
            "offer" => {
                if let Some((name, version)) = rest.split_once(' ') {
                    self.state.apt.offered.entry(name.to_owned()).or_default().push(version.to_owned());
                }
            }
            "unlisted" => drop(self.state.apt.unlisted.insert(rest.to_owned())),
            "dpkg" => self.state.apt.busy = true,
            "scope" => self.scope = Some(rest.to_owned()),
            "unit" => self.unit(rest),
            "podman" => self.state.podman.version = rest.rsplit(' ').next().map(str::to_owned),
            "image" => self.image(rest),
            "volume" | "network" => {
                if let Some((user, name)) = rest.split_once(' ') {
                    let key = scope::key(some_user(user), name);
                    let podman = &mut self.state.podman;
                    if tag == "volume" { &mut podman.volumes } else { &mut podman.networks }.insert(key);
                }
            }
            "subordinate" => {
                self.state.podman.subordinate.insert(rest.to_owned());
            }
            "answer" => self.answer(rest),
            "lacks" => {
                self.state.missing_tools.insert(rest.to_owned());
            }
            _ => {}
        }
    }

    /// What the host answered in all.
    ///
    /// # Errors
    /// When it is locked, lacks something, or its manifest is of no use.
    pub fn finish(mut self) -> Result<State, ProbeError> {
        self.packages();
        match self.error {
            Some(error) => Err(error),
            None if !self.complete => Err(ProbeError::Incomplete),
            None => Ok(self.state),
        }
    }

    /// What dpkg says of packages, by their names alone and with their architecture. A name alone means the package of the
    /// host's own architecture, which is dpkg's.
    fn packages(&mut self) {
        let native =
            self.packages.iter().find(|[name, ..]| name == "dpkg").map(|[_, architecture, ..]| architecture.clone());
        let state = &mut self.state;
        for [name, architecture, status, version] in std::mem::take(&mut self.packages) {
            let own = architecture == "all" || native.as_ref().is_none_or(|native| *native == architecture);
            for name in [own.then(|| name.clone()), Some(format!("{name}:{architecture}"))].into_iter().flatten() {
                if status.starts_with('h') {
                    state.apt.held.insert(name.clone());
                }
                // Status-Abbrev is three characters, the last one mostly blank: "ii ", "rc "
                match status.as_bytes().get(1) {
                    Some(b'i' | b't' | b'W') => drop(state.packages.insert(name, version.clone())),
                    Some(b'U') => drop(state.apt.unfinished.insert(name, format!("{version}, unpacked"))),
                    Some(b'F') => drop(state.apt.unfinished.insert(name, format!("{version}, half configured"))),
                    Some(b'H') => drop(state.apt.unfinished.insert(name, format!("{version}, half installed"))),
                    _ => {}
                }
            }
        }
        state.apt.native = native;
    }

    fn path(&mut self, rest: &str) {
        let words: Vec<&str> = rest.splitn(8, '/').collect();
        let [mode, owner, group, uid, gid, size, modified, path] = words[..] else { return };
        let mode = u32::from_str_radix(mode, 16).unwrap_or_default();
        let name = |name: &str, number: &str| if name == "UNKNOWN" { number.to_owned() } else { name.to_owned() };
        let meta = Meta {
            owner: name(owner, uid),
            group: name(group, gid),
            uid: uid.parse().ok(),
            gid: gid.parse().ok(),
            mode: mode & 0o7777,
        };
        // the kinds of st_mode, see inode(7)
        let state = match mode & 0o170_000 {
            0o100_000 => PathState::File {
                meta,
                sha256: None,
                content: None,
                size: size.parse().unwrap_or_default(),
                modified: modified.parse().ok(),
            },
            0o040_000 => PathState::Directory { meta },
            0o120_000 => PathState::Link { target: None },
            _ => PathState::Other,
        };
        self.state.paths.insert(format!("/{path}"), state);
    }

    fn content(&mut self, rest: &str) {
        let Some((body, path)) = rest.split_once(' ') else { return };
        let Ok(bytes) = STANDARD.decode(body.strip_prefix('=').unwrap_or(body)) else { return };
        if let Some(PathState::File { content, size, .. }) = self.state.paths.get_mut(path)
            && bytes.len() as u64 == *size
        {
            *content = Some(bytes);
        }
    }

    fn user(&mut self, rest: &str) {
        let fields: Vec<&str> = rest.split(':').collect();
        if let [name, _, uid, gid, comment, home, shell] = fields[..] {
            let user = UserState {
                uid: uid.parse().ok(),
                gid: gid.parse().ok(),
                comment: comment.to_owned(),
                home: home.to_owned(),
                shell: shell.to_owned(),
            };
            self.state.users.insert(name.to_owned(), user);
        }
    }

    fn group(&mut self, rest: &str) {
        let fields: Vec<&str> = rest.split(':').collect();
        if let [name, _, gid, members] = fields[..] {
            let members = members.split(',').filter(|member| !member.is_empty()).map(str::to_owned).collect();
            self.state.groups.insert(name.to_owned(), GroupState { gid: gid.parse().ok(), members });
        }
    }

    fn unit(&mut self, rest: &str) {
        if let Some((key, value)) = rest.split_once('=') {
            self.unit.insert(key.to_owned(), value.to_owned());
            return;
        }
        let mut properties = std::mem::take(&mut self.unit);
        let mut take = |key: &str| properties.remove(key).unwrap_or_default();
        let (id, names) = (take("Id"), take("Names"));
        let unit = UnitState {
            load: take("LoadState"),
            active: take("ActiveState"),
            enabled: take("UnitFileState"),
            stale: take("NeedDaemonReload") == "yes",
            can_reload: take("CanReload") == "yes",
            since: timestamp(&take("ActiveEnterTimestamp")),
            fragment: take("FragmentPath"),
        };
        for name in names.split_whitespace().chain([id.as_str()]).filter(|name| !name.is_empty()) {
            self.state.units.insert(scope::key(self.scope.as_deref(), name), unit.clone());
        }
    }

    fn image(&mut self, rest: &str) {
        let words: Vec<&str> = rest.split(' ').collect();
        let [user, id, repository, tag, digest] = words[..] else { return };
        // some of podman's commands say which digest it is
        let id = id.strip_prefix("sha256:").unwrap_or(id);
        for name in [format!("{repository}:{tag}"), format!("{repository}@{digest}")] {
            self.state.podman.images.insert(scope::key(some_user(user), &name), id.to_owned());
        }
    }

    fn answer(&mut self, rest: &str) {
        let words: Vec<&str> = rest.splitn(3, ' ').collect();
        let [key, status, body] = words[..] else { return };
        let Ok(key) = STANDARD.decode(key) else { return };
        let output = match (body.strip_prefix('+'), body.strip_prefix('=')) {
            (Some(plain), _) => plain.to_owned(),
            (None, Some(encoded)) => match STANDARD.decode(encoded) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(_) => return,
            },
            _ => return,
        };
        let answer = Answer { status: status.parse().unwrap_or(-1), output };
        self.state.answers.insert(String::from_utf8_lossy(&key).into_owned(), answer);
    }
}

/// In records, `-` stands for the system's scope.
fn some_user(word: &str) -> Option<&str> {
    (word != "-").then_some(word)
}

/// systemd's `Sat 2026-11-21 11:06:00 UTC` in seconds since 1970; 0 if there is none.
fn timestamp(text: &str) -> i64 {
    jiff::civil::DateTime::strptime("%a %Y-%m-%d %H:%M:%S", text.trim_end_matches(" UTC"))
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map_or(0, |time| time.timestamp().as_second())
}
