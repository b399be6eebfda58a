//! The service that makes a volume.

use super::super::words::quote;
use super::command::Command;
use super::translation::Translation;

impl Translation<'_> {
    pub fn volume(&mut self) {
        self.needs_storage();
        let name = self.quadlet.object_name();
        let base = self.podman();
        let mut options = Command::new(Vec::new());
        self.texts(&mut options, &[("UID", "--uid"), ("GID", "--gid"), ("Driver", "--driver")]);
        if self.text("Driver") == Some("image") {
            match self.entry("Image") {
                Some(entry) => {
                    if let Some(image) = self.image_name(entry) {
                        options.add(["--opt", &format!("image={image}")]);
                    }
                }
                None => self.problem_of_all("a volume with Driver=image needs Image="),
            }
        } else {
            self.mount_options(&mut options);
        }
        self.assignments(&mut options, &[("Label", "--label")]);
        self.podman_args(&mut options);
        self.create("volume", &base, options, &name);
        self.oneshot();
    }

    /// What the volume is mounted with.
    fn mount_options(&mut self, command: &mut Command) {
        let mut mount = Vec::new();
        for (key, option) in [("User", "uid"), ("Group", "gid")] {
            if let Some(entry) = self.last(key) {
                // podman takes every name for 0, which is right for this one.
                let number = if entry.text() == "root" { Ok(0) } else { entry.text().parse::<u32>() };
                match number {
                    Ok(number) => mount.push(format!("{option}={number}")),
                    Err(_) => self.problem(entry, format!("`{}` is no number", entry.text())),
                }
            }
        }
        if let Some(copy) = self.flag("Copy") {
            command.add(["--opt", if copy { "copy" } else { "nocopy" }]);
        }
        let device = self.text("Device");
        if let Some(device) = device {
            command.add(["--opt", &format!("device={device}")]);
        }
        if let Some(entry) = self.entry("Type") {
            let kind = entry.text();
            match device {
                Some(device) => {
                    command.add(["--opt", &format!("type={kind}")]);
                    if kind == "bind" {
                        self.service.section_mut("Unit").add("RequiresMountsFor", quote(device));
                    }
                }
                None => self.problem(entry, "there is no Device= for it"),
            }
        }
        mount.extend(self.text("Options").map(str::to_owned));
        if !mount.is_empty() {
            command.add(["--opt", &format!("o={}", mount.join(","))]);
        }
    }
}
