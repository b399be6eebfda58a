//! A quadlet that is becoming a service: what all kinds have in common.

use super::super::unit_file::Entry;
use super::super::words::quote;
use super::super::{Kind, Named, Problem, UnitFile, Version};
use super::command::Command;
use super::options::impossible;
use std::collections::BTreeMap;

/// The keys of `[Unit]` that name other units.
const DEPENDENCIES: [&str; 15] = [
    "After",
    "Before",
    "BindsTo",
    "Conflicts",
    "OnFailure",
    "OnSuccess",
    "PartOf",
    "PropagatesReloadTo",
    "PropagatesStopTo",
    "ReloadPropagatedFrom",
    "Requires",
    "Requisite",
    "StopPropagatedFrom",
    "Upholds",
    "Wants",
];

/// What names of quadlets end with, those of other kinds included.
const EXTENSIONS: [&str; 8] = [".artifact", ".build", ".container", ".image", ".kube", ".network", ".pod", ".volume"];

/// A quadlet that is becoming a service.
pub struct Translation<'a> {
    pub quadlet: &'a Named,
    set: &'a [Named],
    podman: Version,
    /// The service as far as it is written.
    pub service: UnitFile,
    /// What was found wrong.
    pub problems: Vec<Problem>,
}

impl<'a> Translation<'a> {
    pub fn new(quadlet: &'a Named, set: &'a [Named], podman: Version) -> Self {
        Self { quadlet, set, podman, service: quadlet.unit.clone(), problems: Vec::new() }
    }

    /// What every service has. Its own sections are kept under names that systemd leaves alone.
    pub fn begin(&mut self, rootless: bool) {
        self.dependencies();
        let wanted = self.quadlet.unit.last("Quadlet", "DefaultDependencies");
        if wanted.is_none_or(|entry| self.yes_or_no(entry)) {
            self.network_online(rootless);
        }
        // A source that is not there makes systemd take the service for changed ever after, and where podman does not read
        // quadlets none need be there.
        if let Some(path) = self.quadlet.path().filter(|_| self.makes_services()) {
            self.service.section_mut("Unit").add("SourcePath", path);
        }
        let own = self.quadlet.kind.section();
        self.service.rename_section(own, &format!("X-{own}"));
        self.service.rename_section("Quadlet", "X-Quadlet");
    }

    /// Images are pulled when containers start.
    fn network_online(&mut self, rootless: bool) {
        // The managers of users do not see network-online.target; what stands in for it came with podman 5.3.
        let unit = match rootless {
            false => "network-online.target",
            true if self.podman >= Version::new(5, 3) => "podman-user-wait-network-online.service",
            true => return,
        };
        let section = self.service.section_mut("Unit");
        section.prepend("After", unit);
        section.prepend("Wants", unit);
    }

    /// Dependencies on quadlets become those on their services.
    fn dependencies(&mut self) {
        for key in DEPENDENCIES {
            let mut units = Vec::new();
            let mut changed = false;
            for entry in self.quadlet.unit.all("Unit", key) {
                let words = match entry.words() {
                    Ok(words) => words,
                    Err(problem) => {
                        self.problems.push(problem);
                        continue;
                    }
                };
                for word in words {
                    if !EXTENSIONS.iter().any(|extension| word.ends_with(extension)) {
                        units.push(word);
                    } else if let Some(other) = self.other(&word, entry) {
                        changed = true;
                        units.push(other.service_name());
                    }
                }
            }
            if changed {
                let section = self.service.section_mut("Unit");
                section.remove(key);
                section.add(key, units.join(" "));
            }
        }
    }

    /// Podman keeps its containers in a folder that may be a mount.
    pub fn needs_storage(&mut self) {
        self.service.section_mut("Unit").add("RequiresMountsFor", "%t/containers");
    }

    /// What a unit that ends as soon as it has done its work has besides its command.
    pub fn oneshot(&mut self) {
        let section = self.service.section_mut("Service");
        for (key, value) in [("SyslogIdentifier", "%N"), ("Type", "oneshot"), ("RemainAfterExit", "yes")] {
            if section.last(key).is_none() {
                section.set(key, value);
            }
        }
    }

    pub fn problem(&mut self, entry: &Entry, message: impl AsRef<str>) {
        self.problems.push(Problem::new(entry.line, format!("{}=: {}", entry.key, message.as_ref())));
    }

    /// A problem of the quadlet as a whole.
    pub fn problem_of_all(&mut self, message: &str) {
        let line = self.quadlet.unit.section(self.quadlet.kind.section()).map_or(1, |section| section.line);
        self.problems.push(Problem::new(line, message));
    }

    /// A value that needs a podman of this version.
    pub fn needs(&mut self, entry: &Entry, what: &str, version: Version) {
        if self.podman < version {
            self.problems.push(Problem::new(entry.line, impossible(what, version, self.podman)));
        }
    }

    /// Whether the host's podman makes services of quadlets itself.
    pub fn makes_services(&self) -> bool {
        self.podman >= Version::FIRST_WITH_QUADLETS
    }

    /// The entry that counts of a key of the quadlet's own section, empty or not.
    pub fn last(&self, key: &str) -> Option<&'a Entry> {
        self.quadlet.unit.last(self.quadlet.kind.section(), key)
    }

    /// The entry that counts of a key that takes one text, unless that is empty.
    pub fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.last(key).filter(|entry| !entry.text().is_empty())
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.entry(key).map(Entry::text)
    }

    pub fn all(&self, key: &str) -> Vec<&'a Entry> {
        self.quadlet.unit.all(self.quadlet.kind.section(), key)
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let entry = self.last(key)?;
        Some(self.yes_or_no(entry))
    }

    fn yes_or_no(&mut self, entry: &Entry) -> bool {
        entry.boolean().unwrap_or_else(|| {
            self.problem(entry, format!("`{}` is neither yes nor no", entry.text().to_ascii_lowercase()));
            false
        })
    }

    /// The words of a key that takes lists, each with its entry.
    pub fn words(&mut self, key: &str) -> Vec<(String, &'a Entry)> {
        self.split(key, Entry::words)
    }

    /// The words of a key that takes command lines, each with its entry.
    pub fn args(&mut self, key: &str) -> Vec<(String, &'a Entry)> {
        self.split(key, Entry::args)
    }

    fn split(&mut self, key: &str, how: fn(&Entry) -> Result<Vec<String>, Problem>) -> Vec<(String, &'a Entry)> {
        let mut words = Vec::new();
        for entry in self.all(key) {
            match how(entry) {
                Ok(found) => words.extend(found.into_iter().map(|word| (word, entry))),
                Err(problem) => self.problems.push(problem),
            }
        }
        words
    }

    /// The words of the command line that counts.
    pub fn last_args(&mut self, key: &str) -> Vec<String> {
        match self.last(key).map(Entry::args).transpose() {
            Ok(words) => words.unwrap_or_default(),
            Err(problem) => {
                self.problems.push(problem);
                Vec::new()
            }
        }
    }

    /// podman with its options that go before the command.
    pub fn podman(&mut self) -> Command {
        let modules = self.all("ContainersConfModule").into_iter().map(|entry| format!("--module={}", entry.value));
        let mut global: Vec<_> = modules.collect();
        global.extend(self.args("GlobalArgs").into_iter().map(|(word, _)| word));
        Command::new(global)
    }

    /// Adds options with one text each.
    pub fn texts(&self, command: &mut Command, options: &[(&str, &str)]) {
        for (key, option) in options {
            if let Some(text) = self.text(key) {
                command.add([option, text]);
            }
        }
    }

    /// Adds options that can be given many times.
    pub fn lists(&self, command: &mut Command, options: &[(&str, &str)]) {
        for (key, option) in options {
            for entry in self.all(key) {
                command.add([option, &entry.value]);
            }
        }
    }

    /// Adds options that are yes or no.
    pub fn flags(&mut self, command: &mut Command, options: &[(&str, &str)]) {
        for (key, option) in options {
            if let Some(value) = self.flag(key) {
                command.flag(option, value);
            }
        }
    }

    /// Adds options with assignments; of two with one name the later counts.
    pub fn assignments(&mut self, command: &mut Command, options: &[(&str, &str)]) {
        for (key, option) in options {
            let mut assignments = BTreeMap::new();
            for (word, _) in self.args(key) {
                match word.split_once('=') {
                    Some((name, value)) => assignments.insert(name.to_owned(), Some(value.to_owned())),
                    None => assignments.insert(word, None),
                };
            }
            command.assignments(option, &assignments);
        }
    }

    pub fn podman_args(&mut self, command: &mut Command) {
        command.extend(self.args("PodmanArgs").into_iter().map(|(word, _)| word).collect());
    }

    /// Another quadlet by its file's name.
    pub fn other(&mut self, name: &str, entry: &Entry) -> Option<&'a Named> {
        if name == self.quadlet.name {
            return Some(self.quadlet);
        }
        let other = self.set.iter().find(|other| other.name == name);
        if other.is_none() {
            let why = if Kind::of(name).is_some() { "there is no" } else { "solti makes no services of files such as" };
            self.problem(entry, format!("{why} {name}"));
        }
        other
    }

    /// The service of another quadlet goes before this one, which cannot be without it.
    pub fn depends_on(&mut self, other: &Named) {
        let section = self.service.section_mut("Unit");
        section.add("Requires", other.service_name());
        section.add("After", other.service_name());
    }

    /// The image that an entry names, by its name or as a quadlet.
    pub fn image_name(&mut self, entry: &'a Entry) -> Option<String> {
        let image = entry.text();
        if !image.ends_with(".image") && !image.ends_with(".build") {
            return Some(image.to_owned());
        }
        self.object(image, entry)
    }

    /// The name of the object behind another quadlet, which goes before this one.
    pub fn object(&mut self, name: &str, entry: &Entry) -> Option<String> {
        let other = self.other(name, entry)?;
        let object = other.object_name();
        if object.is_empty() {
            self.problem(entry, format!("{name} has no Image="));
            return None;
        }
        self.depends_on(other);
        Some(object)
    }

    /// A path of the quadlet as an absolute one.
    pub fn absolute(&mut self, path: &str, entry: &Entry) -> String {
        self.quadlet.absolute(path).unwrap_or_else(|| {
            self.problem(entry, format!("`{path}` must be an absolute path"));
            String::new()
        })
    }

    /// Writes the command that makes a volume or a network unless it is there.
    pub fn create(&mut self, kind: &str, create: &Command, options: Command, name: &str) {
        let mut command = create.clone();
        command.add([kind, "create"]);
        let line = if self.makes_services() {
            command.add(["--ignore"]);
            command.extend(options.words()[1..].to_vec());
            command.add([name]);
            command.to_string()
        } else {
            // Older podmans have no --ignore. For systemd, $$ is a dollar.
            command.extend(options.words()[1..].to_vec());
            command.add([name]);
            let script = format!("{} {kind} exists \"$$0\" || exec \"$$@\"", create.for_shell());
            let script = if script.contains(['\'', '\\']) { quote(&script) } else { format!("'{script}'") };
            format!("/bin/sh -c {script} {} {command}", quote(name))
        };
        self.service.section_mut("Service").add("ExecStart", line);
    }
}
