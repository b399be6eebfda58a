//! Finding roles: the project's own first, then those in the binary.

use super::files::{EMBEDDED, Folder, RoleFiles};
use super::root::why_project;
use super::{Role, read};
use crate::source::{Diagnostic, Diagnostics, Span, did_you_mean};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// All roles that can be used, each read once.
#[derive(Debug)]
pub struct RoleLibrary {
    project: Option<PathBuf>,
    /// Where roles are looked for, in order.
    folders: Vec<Folder>,
    read: Mutex<HashMap<String, Arc<Role>>>,
}

/// One role in `solti role list`.
#[derive(Debug, Clone)]
pub struct RoleSummary {
    /// Its name.
    pub name: String,
    /// One line on what it is for.
    pub summary: String,
    /// Where it is: a folder, or "built in".
    pub origin: String,
}

impl RoleLibrary {
    /// Roles of the project in `project` (if there is one), then the built-in ones.
    pub fn new(project: Option<PathBuf>) -> Self {
        let own = project.iter().map(|root| Folder::Disk(root.join("roles")));
        let folders = own.chain([Folder::Embedded(PathBuf::new())]).collect();
        Self { project, folders, read: Mutex::default() }
    }

    /// The role called `name`, a collection prefix dropped; `used_at` is where it is asked for.
    ///
    /// # Errors
    /// When there is none of that name, or its `role.yml` is wrong.
    pub fn find(&self, name: &str, used_at: Option<&Span>) -> Result<Arc<Role>, Diagnostics> {
        let short = name.rsplit('.').next().unwrap_or(name);
        let mut roles = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(role) = roles.get(short) {
            return Ok(Arc::clone(role));
        }
        let here = |message: String| match used_at {
            Some(span) => Diagnostic::at(span, message),
            None => Diagnostic::new(message),
        };
        let plain = !short.is_empty() && short.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        for folder in self.folders.iter().filter(|_| plain).map(|folder| folder.join(short)) {
            let source = folder.source("role.yml").map_err(|error| here(error.message))?;
            if let Some(source) = source {
                let role = Arc::new(read::read_role(short, &source, folder)?);
                roles.insert(short.to_owned(), Arc::clone(&role));
                return Ok(role);
            }
            if folder.join("tasks").exists() {
                let message = format!("{} is a role of Ansible: it has tasks, and no role.yml", folder.describe());
                let hint = "write a role.yml that says what should be there, as docs/roles.md has it";
                return Err(here(message).hint(hint).into());
            }
        }
        let names = self.names();
        let near = did_you_mean(short, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        let all =
            if names.is_empty() { "there are no roles".to_owned() } else { format!("roles: {}", names.join(", ")) };
        Err(here(format!("unknown role `{short}`")).maybe_hint(near).hint(all).maybe_hint(self.looked()).into())
    }

    /// Where roles of the project are looked for, and why there.
    fn looked(&self) -> Option<String> {
        let root = self.project.as_ref()?;
        Some(format!("looked in {} and among those built in; {}", root.join("roles").display(), why_project(root)))
    }

    /// The names of all roles, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for folder in &self.folders {
            match folder {
                Folder::Disk(path) => {
                    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
                    let roles = entries.filter(|entry| entry.path().join("role.yml").is_file());
                    names.extend(roles.filter_map(|entry| entry.file_name().into_string().ok()));
                }
                Folder::Embedded(_) => {
                    let roles = EMBEDDED.dirs().filter(|role| EMBEDDED.contains(role.path().join("role.yml")));
                    names.extend(roles.map(|role| role.path().display().to_string()));
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// All roles, for `solti role list`.
    ///
    /// # Errors
    /// Everything that is wrong in any of them.
    pub fn list(&self) -> Result<Vec<RoleSummary>, Diagnostics> {
        let mut errors = Diagnostics::new();
        let roles = self.names().iter().filter_map(|name| errors.collect(self.find(name, None))).collect::<Vec<_>>();
        errors.or(roles
            .iter()
            .map(|role| RoleSummary {
                name: role.name.clone(),
                summary: role.summary.clone(),
                origin: match &role.folder {
                    Folder::Disk(path) => path.display().to_string(),
                    Folder::Embedded(_) => "built in".to_owned(),
                },
            })
            .collect())
    }

    /// Where `role`'s templates and files are for `host`: the project's overrides, then its own.
    pub fn files(&self, role: &Role, host: &str) -> Arc<RoleFiles> {
        let mut templates = Vec::new();
        if let Some(root) = &self.project {
            let overrides = root.join("templates").join(&role.name);
            templates.push(Folder::Disk(overrides.join(host)));
            templates.push(Folder::Disk(overrides));
        }
        templates.push(role.folder.join("templates"));
        let owner = format!("role `{}`", role.name);
        Arc::new(RoleFiles::new(owner, templates, vec![role.folder.join("files")]))
    }

    /// Where the templates and files of a play's own resources are: beside the playbook, then in the project.
    pub fn play_files(&self, playbook: &Path) -> Arc<RoleFiles> {
        let beside = playbook.parent().unwrap_or(Path::new(""));
        let roots = || [Some(beside), self.project.as_deref()].into_iter().flatten();
        let folders = |name: &str| roots().map(|root| Folder::Disk(root.join(name))).collect();
        Arc::new(RoleFiles::new("the play".to_owned(), folders("templates"), folders("files")))
    }
}
