//! Playbooks: plays, and the roles and resources that they use.

mod keywords;
mod play;
mod role_use;
mod schema;

pub use keywords::{PLAY_KEYWORDS, ROLE_KEYWORDS, Treatment};
pub(crate) use schema::role_use as role_use_schema;
pub use schema::schema;

use crate::role::{ResourceSpec, Role, RoleLibrary};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};
use crate::yaml::{self, Entry, Node, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A playbook, with those that it imports.
#[derive(Debug, Default)]
pub struct Playbook {
    /// The plays, in order.
    pub plays: Vec<Play>,
    /// What was ignored, and why that is fine: for `-v` and `lint`.
    pub notes: Vec<Diagnostic>,
}

/// One play: some hosts, and what should be on them.
#[derive(Debug)]
pub struct Play {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Where it begins.
    pub span: Span,
    /// The playbook that it stands in; templates and files of its resources are looked for beside it.
    pub path: PathBuf,
    /// The host patterns, which may be templates that extra vars fill in.
    pub hosts: Vec<Node>,
    /// Whether to become another user.
    pub become_: Option<bool>,
    /// Which user, if not root; may be a template.
    pub become_user: Option<Node>,
    /// The user to log in as; may be a template.
    pub remote_user: Option<Node>,
    /// How to reach the hosts: `ssh` or `local`.
    pub connection: Option<Node>,
    /// Its variables: `vars`, then `vars_files` in order, later ones winning. Names may repeat.
    pub vars: Vec<Entry>,
    /// The roles, in order.
    pub roles: Vec<RoleUse>,
    /// Resources of its own, which come after the roles.
    pub resources: Vec<ResourceSpec>,
    /// Its tags, which all in it have.
    pub tags: Vec<String>,
    /// Whether a failure on one host ends the play for all.
    pub any_errors_fatal: bool,
}

/// One use of a role in a play.
#[derive(Debug)]
pub struct RoleUse {
    /// The role.
    pub role: Arc<Role>,
    /// What tells this use from others of the same role: `name`, else the role's name.
    pub instance: String,
    /// Where the role is named.
    pub span: Span,
    /// Values for its options.
    pub vars: Vec<Entry>,
    /// Tags that all in it have.
    pub tags: Vec<String>,
    /// Whether it concerns a host at all; an expression.
    pub when: Option<Node>,
    /// Whether it should be there or be gone.
    pub state: State,
    /// What is removed too that would otherwise stay.
    pub purge: Vec<String>,
    /// Whether to become another user, if not as the play says.
    pub become_: Option<bool>,
    /// Which user, if not the play's; may be a template.
    pub become_user: Option<Node>,
}

impl RoleUse {
    /// A role with nothing said about it.
    pub fn plain(role: Arc<Role>, instance: String, span: Span) -> Self {
        Self {
            role,
            instance,
            span,
            vars: Vec::new(),
            tags: Vec::new(),
            when: None,
            state: State::Present,
            purge: Vec::new(),
            become_: None,
            become_user: None,
        }
    }
}

/// What a role's resources should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// There, as declared.
    #[default]
    Present,
    /// Gone.
    Absent,
}

/// What an import of a playbook is called.
const IMPORTS: [&str; 2] = ["import_playbook", "ansible.builtin.import_playbook"];

/// How many playbooks may import one another in a row.
const IMPORT_LIMIT: usize = 20;

/// Reads a playbook.
///
/// # Errors
/// Everything that is wrong in it, in what it imports, and in the roles that it uses.
pub fn load(path: &Path, roles: &RoleLibrary) -> Result<Playbook, Diagnostics> {
    let mut loader = Loader { roles, playbook: Playbook::default(), errors: Diagnostics::new(), open: Vec::new() };
    loader.file(path, None);
    loader.errors.or(loader.playbook)
}

/// Reads plays that are given as a value; they count as standing at `path`.
///
/// # Errors
/// Everything that is wrong in them, and in what they import and use.
pub fn read(plays: &Node, path: &Path, roles: &RoleLibrary) -> Result<Playbook, Diagnostics> {
    let mut loader = Loader { roles, playbook: Playbook::default(), errors: Diagnostics::new(), open: Vec::new() };
    loader.plays(plays, path);
    loader.errors.or(loader.playbook)
}

/// Reads a text file as a source, or says why not, at the place that names it.
fn read_source(path: &Path, named_at: Option<&Span>, what: &str) -> Result<Arc<SourceFile>, Diagnostics> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(SourceFile::from_path(path, text)),
        Err(error) => {
            let why = match error.kind() {
                std::io::ErrorKind::NotFound => "no such file".to_owned(),
                _ => error.to_string(),
            };
            let message = format!("cannot read {what} {}: {why}", path.display());
            Err(named_at.map_or_else(|| Diagnostic::new(&message), |span| Diagnostic::at(span, &message)).into())
        }
    }
}

struct Loader<'l> {
    roles: &'l RoleLibrary,
    playbook: Playbook,
    errors: Diagnostics,
    open: Vec<PathBuf>,
}

impl Loader<'_> {
    fn file(&mut self, path: &Path, imported_at: Option<&Span>) {
        let source = read_source(path, imported_at, "the playbook");
        let Some(source) = self.errors.collect(source) else { return };
        if let Some(node) = self.errors.collect(yaml::parse(&source)) {
            self.plays(&node, path);
        }
    }

    fn plays(&mut self, node: &Node, path: &Path) {
        let items = match &node.value {
            Value::Sequence(items) => items,
            _ => {
                let message = format!("a playbook is a list of plays, not {}", node.describe());
                self.errors.push(Diagnostic::at(&node.span, message).hint("begin it with `- hosts: …`"));
                return;
            }
        };
        self.open.push(path.to_owned());
        for item in items {
            if IMPORTS.iter().any(|key| item.get(key).is_some()) {
                self.import(item, path);
            } else {
                let mut notes = Vec::new();
                let play = play::read_play(item, path, self.roles, &mut notes);
                self.playbook.notes.extend(notes);
                self.playbook.plays.extend(self.errors.collect(play));
            }
        }
        self.open.pop();
    }

    /// Takes over the plays of another playbook, named relative to this one.
    fn import(&mut self, item: &Node, path: &Path) {
        let Value::Mapping(entries) = &item.value else { return };
        for entry in entries {
            if IMPORTS.contains(&entry.key.as_str()) {
                let Some(name) = self.errors.collect(entry.value.filled()) else { continue };
                let imported = path.parent().unwrap_or(Path::new("")).join(name);
                if self.open.contains(&imported) || self.open.len() >= IMPORT_LIMIT {
                    let message = format!("{} imports itself", imported.display());
                    self.errors.push(Diagnostic::at(&entry.value.span, message));
                } else {
                    self.file(&imported, Some(&entry.value.span));
                }
            } else if entry.key != "name" {
                let message = format!("`{}` on `import_playbook` is not built yet", entry.key);
                self.errors.push(Diagnostic::at(&entry.key_span, message));
            }
        }
    }
}

#[cfg(test)]
mod tests;
