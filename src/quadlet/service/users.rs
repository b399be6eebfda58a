//! Who a container runs as, inside and outside.

use super::command::Command;
use super::translation::Translation;

/// Keys from the first podmans with quadlets, which the others replaced.
const REMAP: [&str; 3] = ["RemapUid", "RemapGid", "RemapUsers"];

impl Translation<'_> {
    /// `--user`.
    pub fn user(&mut self, command: &mut Command) {
        match (self.text("User"), self.entry("Group")) {
            (Some(user), Some(group)) => command.add(["--user", &format!("{user}:{}", group.text())]),
            (Some(user), None) => command.add(["--user", user]),
            (None, Some(group)) => self.problem(group, "there is no User= for it"),
            (None, None) => {}
        }
    }

    /// The container's namespace of users.
    pub fn user_namespace(&mut self, command: &mut Command) {
        let mut mapped = false;
        if let Some(namespace) = self.text("UserNS") {
            command.add(["--userns", namespace]);
            mapped = true;
        }
        for (key, option) in [("UIDMap", "--uidmap"), ("GIDMap", "--gidmap")] {
            for (map, _) in self.words(key) {
                command.add([option, &map]);
                mapped = true;
            }
        }
        for (key, option) in [("SubUIDMap", "--subuidname"), ("SubGIDMap", "--subgidname")] {
            if let Some(name) = self.text(key) {
                command.add([option, name]);
                mapped = true;
            }
        }
        if !mapped {
            self.remap(command);
        } else if let Some(entry) = REMAP.iter().find_map(|key| self.last(key)) {
            self.problem(entry, "it cannot be combined with the keys that replaced it");
        }
    }

    fn remap(&mut self, command: &mut Command) {
        let (uids, gids) = (self.words("RemapUid"), self.words("RemapGid"));
        let Some(entry) = self.entry("RemapUsers") else {
            if let Some((_, entry)) = uids.first().or(gids.first()) {
                self.problem(entry, "there is no RemapUsers= for it");
            }
            return;
        };
        match entry.value.as_str() {
            "manual" => {
                for (option, maps) in [("--uidmap", uids), ("--gidmap", gids)] {
                    for (map, _) in maps {
                        command.add([option, &map]);
                    }
                }
            }
            "auto" => {
                let mut options: Vec<_> = uids.iter().map(|(map, _)| format!("uidmapping={map}")).collect();
                options.extend(gids.iter().map(|(map, _)| format!("gidmapping={map}")));
                if let Some(entry) = self.entry("RemapUidSize") {
                    match entry.text().parse::<u32>() {
                        Ok(0) => {}
                        Ok(size) => options.push(format!("size={size}")),
                        Err(_) => self.problem(entry, format!("`{}` is no number", entry.text())),
                    }
                }
                command.add(["--userns", &namespace("auto", &options)]);
            }
            "keep-id" => {
                let mut options = Vec::new();
                for (name, maps) in [("uid", uids), ("gid", gids)] {
                    if let Some((_, entry)) = maps.get(1) {
                        self.problem(entry, "keep-id takes one only");
                    }
                    options.extend(maps.first().map(|(map, _)| format!("{name}={map}")));
                }
                command.add(["--userns", &namespace("keep-id", &options)]);
            }
            other => self.problem(entry, format!("`{other}` is none of manual, auto and keep-id")),
        }
    }
}

fn namespace(kind: &str, options: &[String]) -> String {
    if options.is_empty() { kind.to_owned() } else { format!("{kind}:{}", options.join(",")) }
}
