//! A file with its declared content, compared with what is on the host. Shared by all kinds that write files.

use super::before;
use crate::ability::files::{Attributes, Body, Expectation, FileOperation, Meta, PathState, sha256};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::secret::Taint;

/// A file as it should be.
#[derive(Debug, Clone)]
pub struct Content {
    /// The absolute path.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Owner, group, mode; what is none stays as it is.
    pub attributes: Attributes,
    /// Whether its content must never be shown.
    pub secret: bool,
    /// What in it was made of secrets.
    pub taint: Taint,
}

/// How a file differs.
#[derive(Debug, Default)]
pub struct Difference {
    /// Create or update, if it differs at all.
    pub action: Option<Action>,
    /// In words.
    pub details: Vec<Detail>,
    /// What must be so before it is changed, what is kept, and attributes to set.
    pub operations: Vec<Operation>,
    /// The file to write, if its content differs.
    pub body: Option<Body>,
    /// For the manifest.
    pub item: Option<Item>,
}

/// Who can read a file that few may read.
#[derive(Debug, PartialEq, Eq)]
pub enum Readers<'c> {
    /// Its mode lets all others.
    Everybody,
    /// A group that is everybody's.
    Group(&'c str),
}

/// The name under which a path's original is kept on the host.
pub fn original_name(path: &str) -> String {
    sha256(path.as_bytes())[..24].to_owned()
}

impl Content {
    /// The thing that it is on the host.
    pub fn claim(&self) -> Item {
        Item { kind: ItemKind::File, name: self.path.clone(), before: Before::Nothing }
    }

    /// Path and content.
    pub fn text(&self) -> (String, Vec<u8>) {
        (self.path.clone(), self.bytes.clone())
    }

    /// Notes that it is declared for this host.
    pub fn declare(&self, state: &mut State) {
        state.declared.files.insert(self.path.clone(), sha256(&self.bytes));
    }

    /// Whether others than those who are named must not read it.
    pub fn is_private(&self) -> bool {
        self.secret || !self.taint.is_empty()
    }

    /// What it holds, as it may be shown; none if nothing of it may.
    pub fn shown(&self) -> Option<String> {
        (!self.secret).then(|| self.taint.masked(&String::from_utf8_lossy(&self.bytes)))
    }

    /// Who could read a secret in it, by what is declared.
    pub fn readers(&self) -> Option<Readers<'_>> {
        let mode = self.attributes.mode.filter(|_| self.is_private())?;
        match &self.attributes.group {
            _ if mode & 0o007 != 0 => Some(Readers::Everybody),
            Some(group) if mode & 0o070 != 0 && is_of_everybody(group) => Some(Readers::Group(group)),
            _ => None,
        }
    }

    /// Asks for the file and the folder that it is in.
    pub fn ask(&self, probe: &mut Probe) {
        if self.secret {
            probe.files.digest(&self.path)
        } else {
            probe.files.content_unless(&self.path, &sha256(&self.bytes))
        }
        ask_parent(&self.path, probe);
    }

    /// Compares, and notes in `state` what will be there.
    ///
    /// # Errors
    /// When something else is in the way.
    pub fn compare(&self, state: &mut State) -> Result<Difference, String> {
        require_readable(state, &self.path)?;
        let now = state.files.at(&self.path).clone();
        let wanted = sha256(&self.bytes);
        let (meta, same) = match &now {
            PathState::File { meta, sha256, .. } => (Some(meta), sha256.as_deref() == Some(wanted.as_str())),
            PathState::Absent | PathState::Link { .. } => (None, false),
            PathState::Directory { .. } => return Err(format!("{} is a directory on the host, not a file", self.path)),
            PathState::Home { owner, .. } => {
                return Err(format!("{} will be the home of {owner}, not a file", self.path));
            }
            PathState::Other => {
                return Err(format!("{} is a device, socket or pipe on the host, not a file", self.path));
            }
        };
        let (details, after) = match meta {
            Some(meta) => compare_attributes(&self.wanted(), meta),
            None => self.new_attributes(),
        };
        if self.is_private() && after.mode & 0o070 != 0 && is_of_everybody(&after.group) {
            return Err(format!(
                "{} has a secret in it, and its group {}, which is everybody's, could read it; declare another `group`",
                self.path, after.group
            ));
        }
        if same && details.is_empty() {
            let item =
                Item { kind: ItemKind::File, name: self.path.clone(), before: before(state, &self.claim(), true) };
            return Ok(Difference { item: Some(item), ..Difference::default() });
        }
        let mut difference = Difference::default();
        let there = now != PathState::Absent;
        difference.action = Some(if there { Action::Update } else { Action::Create });
        difference.operations.push(expect(state, &self.path));
        let before = keep_original(state, &self.path, &mut difference.operations);
        difference.item = Some(Item { kind: ItemKind::File, name: self.path.clone(), before });
        if same && meta.is_some_and(|meta| was_open(meta, &after) || gives(meta, &after)) {
            difference.body = Some(self.body(meta));
        } else if same {
            let attributes = self.wanted();
            let uid = meta.and_then(|meta| meta.uid);
            difference.operations.push(Operation::Files(FileOperation::SetAttributes {
                path: self.path.clone(),
                attributes,
                uid,
            }));
        } else {
            self.write(&now, meta, &mut difference);
            self.note_drift(state, &now);
        }
        difference.details.extend(details);
        let modified = if same { file_time(&now) } else { None };
        let size = self.bytes.len() as u64;
        let written = PathState::File { meta: after, sha256: Some(wanted), content: None, size, modified };
        state.files.paths.insert(self.path.clone(), written);
        Ok(difference)
    }

    /// The content differs: how that is said, and what is written.
    fn write(&self, now: &PathState, meta: Option<&Meta>, difference: &mut Difference) {
        if let PathState::Link { target } = now {
            let old = target.as_deref().map_or("a symbolic link".to_owned(), |target| format!("link to {target}"));
            difference.details.extend(Detail::value("kind", Some(&old), Some("file")));
        }
        difference.details.push(self.difference(now));
        difference.body = Some(self.body(meta));
    }

    /// What is written: what is not said of its attributes stays.
    fn body(&self, meta: Option<&Meta>) -> Body {
        let attributes = Attributes {
            owner: self.attributes.owner.clone().or_else(|| meta.map(|meta| meta.owner.clone())),
            group: self.attributes.group.clone().or_else(|| meta.map(|meta| meta.group.clone())),
            mode: Some(self.wanted().mode.or(meta.map(|meta| meta.mode)).unwrap_or(self.default_mode())),
        };
        Body { path: self.path.clone(), content: self.bytes.clone(), attributes }
    }

    /// A service may have been started by hand with what is there now, so that is what it counts as started with.
    fn note_drift(&self, state: &mut State, now: &PathState) {
        let digest = match now {
            PathState::File { sha256, .. } => sha256.clone(),
            _ => None,
        };
        for inputs in state.memory.manifest.services.values_mut().filter(|inputs| inputs.contains_key(&self.path)) {
            match &digest {
                Some(digest) => inputs.insert(self.path.clone(), digest.clone()),
                None => inputs.remove(&self.path),
            };
        }
    }

    /// A secret is its owner's alone, whatever it was before, unless it is declared otherwise.
    fn wanted(&self) -> Attributes {
        let private = self.is_private().then_some(self.default_mode());
        Attributes { mode: self.attributes.mode.or(private), ..self.attributes.clone() }
    }

    /// Owner, group and mode of a new file; they are said only where they are not what every new file has.
    fn new_attributes(&self) -> (Vec<Detail>, Meta) {
        let new = new_meta(&self.attributes, self.default_mode());
        let usual = (new.owner.as_str(), new.group.as_str(), new.mode) == ("root", "root", 0o644);
        let note = (!usual).then(|| Detail::note(format!("{}:{} {:04o}", new.owner, new.group, new.mode)));
        (note.into_iter().collect(), new)
    }

    fn default_mode(&self) -> u32 {
        if self.is_private() { 0o600 } else { 0o644 }
    }

    fn text_detail(&self, old: Option<String>, new: String) -> Detail {
        Detail::Text { path: self.path.clone(), old, new: Some(new), hidden: false, secrets: self.taint.clone() }
    }

    /// What the content is now and will be, in words.
    fn difference(&self, now: &PathState) -> Detail {
        let size = |bytes: u64| format!("{bytes} bytes");
        let (old_text, old_size) = match now {
            PathState::File { content, size, .. } => {
                (content.as_ref().and_then(|bytes| String::from_utf8(bytes.clone()).ok()), Some(*size))
            }
            _ => (None, None),
        };
        let new_text = String::from_utf8(self.bytes.clone()).ok();
        let hidden = self.secret || new_text.is_none() && self.is_private();
        match (new_text, old_text, old_size) {
            _ if hidden => Detail::Text {
                path: self.path.clone(),
                old: old_size.map(|_| String::new()),
                new: Some(String::new()),
                hidden: true,
                secrets: Taint::default(),
            },
            (Some(new), Some(old), _) => self.text_detail(Some(old), new),
            (Some(new), None, None) => self.text_detail(None, new),
            (_, _, old) => Detail::Value {
                what: "content".to_owned(),
                old: old.map(size),
                new: Some(format!("{} ({})", size(self.bytes.len() as u64), &sha256(&self.bytes)[..12])),
            },
        }
    }
}

/// Whether somebody can have opened it for writing who is not to write to it any more: what is open stays so, and only a new file
/// has what it should.
fn was_open(now: &Meta, after: &Meta) -> bool {
    let regrouped = now.group != after.group && now.mode & 0o020 != 0;
    now.uid != Some(0) && now.owner != after.owner || regrouped || now.mode & !after.mode & 0o022 != 0
}

/// Whether somebody gets a right to it that he has not: in a folder of somebody else, what is given away could be another file
/// than the one that was looked at.
fn gives(now: &Meta, after: &Meta) -> bool {
    now.owner != after.owner || now.group != after.group || after.mode & !now.mode & 0o7777 != 0
}

/// Whether a group is one that every user is in, or programs of strangers run as.
fn is_of_everybody(group: &str) -> bool {
    ["users", "nogroup", "nobody", "65534"].contains(&group)
}

/// Owner, group and mode of what is made anew.
pub fn new_meta(attributes: &Attributes, mode: u32) -> Meta {
    let word = |name: &Option<String>| name.clone().unwrap_or_else(|| "root".to_owned());
    let (owner, group) = (word(&attributes.owner), word(&attributes.group));
    Meta { owner, group, uid: None, gid: None, mode: attributes.mode.unwrap_or(mode) }
}

/// What a path must still be when the step comes to it; anything, where a change of this run may make it so.
pub fn expect(state: &State, path: &str) -> Operation {
    let known = state.predicted.packages.is_empty();
    let expectation = match state.files.at(path) {
        // a package that is installed first may bring the file along
        PathState::Absent if known => Expectation::Absent,
        PathState::File { sha256: Some(sha256), modified: Some(_), .. } if known => Expectation::File(sha256.clone()),
        PathState::Directory { meta } if meta.uid.is_some() => Expectation::Directory,
        PathState::Link { target: Some(target) } => Expectation::Link(target.clone()),
        _ => Expectation::Any,
    };
    Operation::Files(FileOperation::Expect { path: path.to_owned(), expectation })
}

/// Has what is at a path kept before solti first changes it, and says what was there before solti.
pub fn keep_original(state: &State, path: &str, operations: &mut Vec<Operation>) -> Before {
    let claim = Item { kind: ItemKind::File, name: path.to_owned(), before: Before::Nothing };
    let there = *state.files.at(path) != PathState::Absent;
    match before(state, &claim, there) {
        // somebody has removed it since
        Before::Same if !there => Before::Nothing,
        // what was as declared until now is changed for the first time
        Before::Same => {
            let original = original_name(path);
            operations.push(Operation::Files(FileOperation::KeepOriginal {
                path: path.to_owned(),
                original: original.clone(),
            }));
            Before::Original(original)
        }
        known => known,
    }
}

/// Refuses a path that could not be looked at, or that somebody else leads to.
///
/// # Errors
/// One sentence with the reason.
pub fn require_readable(state: &State, path: &str) -> Result<(), String> {
    if let Some(why) = state.files.astray.iter().find_map(|(folder, why)| is_in(path, folder).then_some(why)) {
        return Err(format!("{} would be left alone: {why}", path.trim_end_matches("/.")));
    }
    match state.files.unreadable.get(path) {
        Some(reason) => Err(format!("{path} cannot be looked at: {reason}")),
        None => Ok(()),
    }
}

fn file_time(state: &PathState) -> Option<i64> {
    match state {
        PathState::File { modified, .. } => *modified,
        _ => None,
    }
}

/// How declared attributes differ from those on the host, and what they will be.
pub fn compare_attributes(wanted: &Attributes, now: &Meta) -> (Vec<Detail>, Meta) {
    // a name and a number can mean the same
    let differs = |wanted: &Option<String>, name: &str, number: Option<u32>| {
        wanted.clone().filter(|wanted| wanted != name && (number.is_none() || wanted.parse().ok() != number))
    };
    let owner = differs(&wanted.owner, &now.owner, now.uid);
    let group = differs(&wanted.group, &now.group, now.gid);
    let after = Meta {
        uid: if owner.is_some() { None } else { now.uid },
        gid: if group.is_some() { None } else { now.gid },
        owner: owner.unwrap_or_else(|| now.owner.clone()),
        group: group.unwrap_or_else(|| now.group.clone()),
        mode: wanted.mode.unwrap_or(now.mode),
    };
    let octal = |mode: u32| format!("{mode:04o}");
    let details = [
        Detail::value("owner", Some(&now.owner), Some(&after.owner)),
        Detail::value("group", Some(&now.group), Some(&after.group)),
        Detail::value("mode", Some(&octal(now.mode)), Some(&octal(after.mode))),
    ];
    (details.into_iter().flatten().collect(), after)
}

/// Asks for the folder that a path is in, also behind a link.
pub fn ask_parent(path: &str, probe: &mut Probe) {
    let parent = parent(path);
    probe.files.path(parent);
    probe.files.path(&behind(parent));
}

/// The path of a folder itself where a link to it may be in its place.
pub fn behind(path: &str) -> String {
    format!("{}/.", path.trim_end_matches('/'))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent })
}

/// Refuses a file in a folder that is not there and that nothing planned so far makes, nor its own step.
///
/// # Errors
/// One sentence that says what to declare.
pub fn require_parent(state: &State, path: &str) -> Result<(), String> {
    let parent = parent(path);
    if state.files.unreadable.contains_key(parent) || !state.predicted.packages.is_empty() {
        return Ok(());
    }
    match state.files.at(parent) {
        PathState::Absent if !state.will_have_folder(parent) => {
            Err(format!("the directory {parent} does not exist; declare it first: `directory: {{ path: {parent} }}`"))
        }
        PathState::File { .. } => Err(format!("{parent} is there on the host, but is no directory")),
        // where one leads that this run makes is known when it is there
        PathState::Link { target: None } if !matches!(state.files.at(&behind(parent)), PathState::Directory { .. }) => {
            Err(format!("{parent} is a link on the host that leads to no directory"))
        }
        _ => Ok(()),
    }
}

/// Whether something is in a folder, or deeper.
pub fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
