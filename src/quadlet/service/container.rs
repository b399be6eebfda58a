//! The service that runs a container.

use super::super::mount::Mount;
use super::super::unit_file::Entry;
use super::super::words::quote;
use super::super::{Kind, Version};
use super::command::Command;
use super::translation::Translation;

/// Where podman notes which container it runs. Before 4.4 it did not take the file away with the container, and did not
/// start another one while there was a file; there, and since podman 6, the container is known by its name alone.
const CID_FILE: &str = "--cidfile=%t/%N.cid";

impl<'a> Translation<'a> {
    pub fn container(&mut self) {
        let image = self.container_image();
        let name = self.quadlet.object_name();
        self.kill_mode();
        self.needs_storage();
        self.stop(&name);
        self.reload(&name);

        let mut command = self.podman();
        command.add(["run", "--name", &name]);
        if self.makes_services() {
            command.add([CID_FILE]);
        }
        command.add(["--replace", "--rm"]);
        self.run_options(&mut command);
        self.networks(&mut command);
        self.notify(&mut command);
        self.service_defaults();
        self.security(&mut command);
        self.user(&mut command);
        self.user_namespace(&mut command);
        self.volumes(&mut command);
        self.labels_and_ports(&mut command);
        self.files_and_secrets(&mut command);
        self.mounts(&mut command);
        self.health(&mut command);
        if let Some(entry) = self.entry("Pod") {
            self.problem(entry, "solti makes no services of pods");
        }
        self.podman_args(&mut command);
        command.extend(image);
        command.extend(self.last_args("Exec"));
        self.service.section_mut("Service").add("ExecStart", command.to_string());
    }

    /// What the container is made from, as the words at the end of the command.
    fn container_image(&mut self) -> Vec<String> {
        match (self.entry("Image"), self.entry("Rootfs")) {
            (Some(image), None) => self.image_name(image).into_iter().collect(),
            (None, Some(rootfs)) => vec!["--rootfs".to_owned(), rootfs.text().to_owned()],
            (Some(_), Some(rootfs)) => {
                self.problem(rootfs, "a container has either Image= or Rootfs=");
                Vec::new()
            }
            (None, None) => {
                self.problem_of_all("a container needs Image= (or Rootfs=)");
                Vec::new()
            }
        }
    }

    fn kill_mode(&mut self) {
        // By it `podman auto-update` knows what to restart.
        self.service.section_mut("Service").add("Environment", "PODMAN_SYSTEMD_UNIT=%n");
        match self.quadlet.unit.last("Service", "KillMode") {
            // It leaves conmon the time to clean up.
            None => self.service.section_mut("Service").set("KillMode", "mixed"),
            Some(entry) if matches!(entry.text(), "mixed" | "control-group") => {}
            Some(entry) => self.problem(entry, "containers need mixed or control-group"),
        }
    }

    fn stop(&mut self, name: &str) {
        let mut command = self.podman();
        command.add(["rm", "-v", "-f", "-i", if self.makes_services() { CID_FILE } else { name }]);
        let section = self.service.section_mut("Service");
        section.add("ExecStop", command.to_string());
        // Only this one runs when conmon was killed.
        section.add("ExecStopPost", format!("-{command}"));
    }

    fn reload(&mut self, name: &str) {
        let (words, signal) = (self.last_args("ReloadCmd"), self.entry("ReloadSignal"));
        let mut command = self.podman();
        match (words.is_empty(), signal) {
            (true, None) => return,
            (false, Some(signal)) => return self.problem(signal, "there is ReloadCmd= already"),
            (false, None) => {
                command.add(["exec", name]);
                command.extend(words);
            }
            (true, Some(signal)) => command.add(["kill", "--signal", signal.text(), name]),
        }
        self.service.section_mut("Service").add("ExecReload", command.to_string());
    }

    fn run_options(&mut self, command: &mut Command) {
        self.texts(command, &[("LogDriver", "--log-driver")]);
        for (option, _) in self.words("LogOpt") {
            command.add(["--log-opt", &option]);
        }
        self.service.section_mut("Service").add("Delegate", "yes");
        match self.text("CgroupsMode") {
            Some(mode) => command.add(["--cgroups", mode]),
            None => command.add(["--cgroups=split"]),
        }
        // Nothing is a value as any other here: it takes the image's entry point away.
        if self.last("Entrypoint").is_some_and(|entry| entry.text().is_empty()) {
            command.add(["--entrypoint="]);
        }
        self.texts(
            command,
            &[
                ("Timezone", "--tz"),
                ("PidsLimit", "--pids-limit"),
                ("ShmSize", "--shm-size"),
                ("Entrypoint", "--entrypoint"),
                ("WorkingDir", "--workdir"),
                ("IP", "--ip"),
                ("IP6", "--ip6"),
                ("HostName", "--hostname"),
                ("StopSignal", "--stop-signal"),
                ("StopTimeout", "--stop-timeout"),
                ("Pull", "--pull"),
                ("Memory", "--memory"),
                ("Retry", "--retry"),
                ("RetryDelay", "--retry-delay"),
            ],
        );
        self.lists(
            command,
            &[
                ("NetworkAlias", "--network-alias"),
                ("Ulimit", "--ulimit"),
                ("DNS", "--dns"),
                ("DNSOption", "--dns-option"),
                ("DNSSearch", "--dns-search"),
                ("GroupAdd", "--group-add"),
                ("AddHost", "--add-host"),
                ("Tmpfs", "--tmpfs"),
            ],
        );
        self.flags(
            command,
            &[
                ("RunInit", "--init"),
                ("EnvironmentHost", "--env-host"),
                ("HttpProxy", "--http-proxy"),
                ("ReadOnlyTmpfs", "--read-only-tmpfs"),
            ],
        );
    }

    fn networks(&mut self, command: &mut Command) {
        for entry in self.all("Network") {
            let (name, options) = match entry.value.split_once(':') {
                Some((name, options)) => (name, Some(options)),
                None => (entry.value.as_str(), None),
            };
            let kind = Kind::of(name).filter(|kind| matches!(kind, Kind::Network | Kind::Container));
            let Some(kind) = kind else {
                if name == "pasta" {
                    self.needs(entry, "Network=pasta", Version::new(4, 4));
                }
                command.add(["--network", &entry.value]);
                continue;
            };
            let Some(other) = self.other(name, entry) else { continue };
            let object = if kind == Kind::Container { other.resolved_object_name() } else { Some(other.object_name()) };
            let Some(object) = object else {
                self.problem(entry, format!("the name of the container of {name} is known to systemd only"));
                continue;
            };
            self.depends_on(other);
            match (kind, options) {
                (Kind::Container, None) => command.add(["--network", &format!("container:{object}")]),
                (Kind::Container, Some(_)) => self.problem(entry, "the network of a container takes no options"),
                (_, None) => command.add(["--network", &object]),
                (_, Some(options)) => command.add(["--network", &format!("{object}:{options}")]),
            }
        }
    }

    /// How systemd learns that the container is up.
    fn notify(&mut self, command: &mut Command) {
        match self.quadlet.unit.last("Service", "Type") {
            Some(entry) if entry.text() == "oneshot" => return,
            Some(entry) if entry.text() != "notify" => self.problem(entry, "containers need notify or oneshot"),
            _ => {}
        }
        match self.last("Notify") {
            Some(entry) if entry.text().eq_ignore_ascii_case("healthy") => {
                self.needs(entry, "Notify=healthy", Version::new(4, 7));
                command.add(["--sdnotify=healthy"]);
            }
            _ if self.flag("Notify") == Some(true) => command.add(["--sdnotify=container"]),
            _ => command.add(["--sdnotify=conmon"]),
        }
        command.add(["-d"]);
        let section = self.service.section_mut("Service");
        section.set("Type", "notify");
        section.set("NotifyAccess", "all");
    }

    fn service_defaults(&mut self) {
        if self.quadlet.unit.last("Service", "SyslogIdentifier").is_none() {
            self.service.section_mut("Service").set("SyslogIdentifier", "%N");
        }
    }

    fn security(&mut self, command: &mut Command) {
        if self.flag("NoNewPrivileges") == Some(true) {
            command.add(["--security-opt=no-new-privileges"]);
        }
        for (key, option) in [("SecurityLabelDisable", "label=disable"), ("SecurityLabelNested", "label=nested")] {
            if self.flag(key) == Some(true) {
                command.add(["--security-opt", option]);
            }
        }
        for (key, option) in [
            ("SecurityLabelType", "label=type:"),
            ("SecurityLabelFileType", "label=filetype:"),
            ("SecurityLabelLevel", "label=level:"),
            ("AppArmor", "apparmor="),
        ] {
            if let Some(text) = self.text(key) {
                command.add(["--security-opt", &format!("{option}{text}")]);
            }
        }
        for (device, entry) in self.words("AddDevice") {
            if device.starts_with('-') {
                self.problem(entry, "only the host knows whether the device is there: leave the - out, or the line");
            }
            command.add(["--device", &device]);
        }
        if let Some(profile) = self.text("SeccompProfile") {
            command.add(["--security-opt", &format!("seccomp={profile}")]);
        }
        for (key, option) in [("DropCapability", "--cap-drop"), ("AddCapability", "--cap-add")] {
            for (capability, _) in self.words(key) {
                command.add([option, &capability.to_lowercase()]);
            }
        }
        for (setting, _) in self.words("Sysctl") {
            command.add(["--sysctl", &setting]);
        }
        let read_only = self.flag("ReadOnly");
        if let Some(read_only) = read_only {
            command.flag("--read-only", read_only);
        }
        if self.flag("VolatileTmp") == Some(true) && read_only != Some(true) {
            command.add(["--tmpfs", "/tmp:rw,size=512M,mode=1777"]);
        }
    }

    fn volumes(&mut self, command: &mut Command) {
        for entry in self.all("Volume") {
            let volume = match entry.value.split_once(':') {
                Some(("", rest)) => rest.split_once(':').map_or(rest, |(path, _)| path).to_owned(),
                Some((source, rest)) => match self.source(source, entry) {
                    Some(source) => format!("{source}:{rest}"),
                    None => continue,
                },
                None => entry.value.clone(),
            };
            command.add(["-v", &volume]);
        }
    }

    /// Where a mount comes from: a path, another quadlet, or a name that is podman's.
    fn source(&mut self, source: &str, entry: &'a Entry) -> Option<String> {
        let source = if source.starts_with('.') { self.absolute(source, entry) } else { source.to_owned() };
        if source.starts_with('/') {
            self.service.section_mut("Unit").add("RequiresMountsFor", quote(&source));
            return Some(source);
        }
        let mount = entry.key == "Mount";
        if source.ends_with(".volume") || mount && (source.ends_with(".image") || source.ends_with(".artifact")) {
            return self.object(&source, entry);
        }
        Some(source)
    }

    fn mounts(&mut self, command: &mut Command) {
        for (value, entry) in self.args("Mount") {
            let mut mount = match Mount::parse(&value) {
                Ok(mount) => mount,
                Err(message) => {
                    self.problem(entry, message);
                    continue;
                }
            };
            match mount.kind.as_str() {
                "glob" => self.needs(entry, "a mount of type glob", Version::new(4, 7)),
                "artifact" => self.needs(entry, "a mount of type artifact", Version::new(5, 5)),
                "bind" | "volume" | "image" => {}
                _ => {
                    command.add(["--mount", &value]);
                    continue;
                }
            }
            match mount.source().map(str::to_owned).filter(|source| !source.is_empty()) {
                Some(source) => match self.source(&source, entry) {
                    Some(source) => mount.set_source(&source),
                    None => continue,
                },
                None if mount.kind == "volume" => {}
                None => self.problem(entry, format!("a mount of type {} needs a source", mount.kind)),
            }
            command.add(["--mount", &mount.to_value()]);
        }
    }

    fn labels_and_ports(&mut self, command: &mut Command) {
        if let Some(policy) = self.text("AutoUpdate") {
            command.add(["--label", &format!("io.containers.autoupdate={policy}")]);
        }
        for entry in self.all("ExposeHostPort") {
            let port = entry.value.strip_suffix("/tcp").or(entry.value.strip_suffix("/udp")).unwrap_or(&entry.value);
            if !port.ends_with(|c: char| c.is_ascii_digit()) {
                self.problem(entry, format!("`{}` is no port", entry.value));
            }
            command.add(["--expose", &entry.value]);
        }
        self.lists(command, &[("PublishPort", "--publish")]);
        self.assignments(command, &[("Environment", "--env"), ("Label", "--label"), ("Annotation", "--annotation")]);
        for (key, option) in [("Mask", "mask="), ("Unmask", "unmask=")] {
            for (paths, _) in self.args(key) {
                command.add(["--security-opt", &format!("{option}{paths}")]);
            }
        }
    }

    fn files_and_secrets(&mut self, command: &mut Command) {
        for (file, entry) in self.args("EnvironmentFile") {
            command.add(["--env-file", &self.absolute(&file, entry)]);
        }
        for (secret, _) in self.args("Secret") {
            command.add(["--secret", &secret]);
        }
    }

    fn health(&mut self, command: &mut Command) {
        self.texts(
            command,
            &[
                ("HealthCmd", "--health-cmd"),
                ("HealthInterval", "--health-interval"),
                ("HealthOnFailure", "--health-on-failure"),
                ("HealthLogDestination", "--health-log-destination"),
                ("HealthMaxLogCount", "--health-max-log-count"),
                ("HealthMaxLogSize", "--health-max-log-size"),
                ("HealthRetries", "--health-retries"),
                ("HealthStartPeriod", "--health-start-period"),
                ("HealthTimeout", "--health-timeout"),
                ("HealthStartupCmd", "--health-startup-cmd"),
                ("HealthStartupInterval", "--health-startup-interval"),
                ("HealthStartupRetries", "--health-startup-retries"),
                ("HealthStartupSuccess", "--health-startup-success"),
                ("HealthStartupTimeout", "--health-startup-timeout"),
            ],
        );
    }
}
