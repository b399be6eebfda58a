//! The name of the unit that a quadlet becomes, where another unit has it.

use super::Quadlet;
use super::plan::Part;
use crate::ability::files::{FileOperation, PathState};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, State, scope};
use crate::plan::change::Detail;
use crate::resource::content::{expect, keep_original, require_readable};

/// Whether systemd takes a unit from this file rather than from the folder for units of the scope, see systemd.unit(5).
fn comes_first(file: &str) -> bool {
    let folder = file.rsplit('/').nth(1).unwrap_or_default();
    matches!(folder, "system.control" | "user.control" | "transient" | "generator.early")
}

/// Whether it takes one from this file, which is in none of those, rather than from what a generator has made.
fn hides_generated(file: &str) -> bool {
    let folder = file.rsplit('/').nth(1).unwrap_or_default();
    let of_host = file.starts_with("/etc/") || file.starts_with("/run/");
    of_host && matches!(folder, "system" | "system.attached" | "user")
}

impl Quadlet {
    /// Refuses a name that another unit would keep, whatever is written.
    ///
    /// # Errors
    /// One sentence that says which file it is, and what to do.
    pub(super) fn require_name(&self, state: &State, has_generator: bool) -> Result<(), String> {
        if self.drop_in.is_some() {
            return Ok(());
        }
        let (key, unit) = (self.unit(), state.unit(&self.unit()));
        let shown = scope::shown(&key);
        let masks = PathState::Link { target: Some("/dev/null".to_owned()) };
        if unit.load == "masked" || *state.files.at(&self.unit_path()) == masks {
            let unmask = scope::systemctl(unit.unmask(), &key);
            return Err(format!(
                "{shown}, which it becomes, is masked on the host; `{unmask}` if that is no longer meant"
            ));
        }
        let file = &unit.fragment;
        let hides = has_generator && hides_generated(file) && *file != self.unit_path();
        if !hides && !comes_first(file) {
            return Ok(());
        }
        let what = if file.contains("/transient/") {
            format!("`{}` ends that one", scope::systemctl("stop", &key))
        } else {
            let reload = scope::systemctl("daemon-reload", &scope::key(self.scope.user(), ""));
            format!("remove that file, and `{}`", reload.trim_end())
        };
        Err(format!("{shown}, which it becomes, is another unit on the host, {file}, which systemd prefers; {what}"))
    }

    /// Takes away the file that systemd would prefer to what podman makes. A package or somebody has put it there, and it
    /// comes back when the quadlet goes; or solti has, while podman was older.
    ///
    /// # Errors
    /// When it is neither a file nor a link.
    pub(super) fn take_name(&self, state: &mut State, part: &mut Part) -> Result<(), String> {
        let path = self.unit_path();
        require_readable(state, &path)?;
        let mut item = Item { kind: ItemKind::File, name: path.clone(), before: Before::Nothing };
        let known = state.memory.manifest.owner_of(item.key()).map(|(_, item)| item.before.clone());
        let there = match state.files.at(&path) {
            PathState::Absent => false,
            PathState::File { .. } | PathState::Link { .. } => true,
            _ => return Err(format!("{path} is on the host, but is no file, and hides the unit that it becomes")),
        };
        let ours = known == Some(Before::Nothing);
        let before = if there && !ours {
            keep_original(state, &path, &mut part.operations)
        } else {
            known.unwrap_or(Before::Nothing)
        };
        let why = if ours { "written for a podman without quadlets" } else { "which comes back when the quadlet goes" };
        for path in self.old_links(state).into_iter().chain([path]) {
            if *state.files.at(&path) != PathState::Absent {
                part.operations.push(expect(state, &path));
                part.operations.push(Operation::Files(FileOperation::Remove { path: path.clone() }));
                part.details.push(Detail::note(format!("replaces {path}, {why}")));
                state.files.paths.insert(path, PathState::Absent);
                part.written = true;
            }
        }
        if matches!(before, Before::Original(_)) {
            item.before = before;
            part.items.push(item);
        }
        Ok(())
    }
}
