//! What a run works on: the inventory, the playbooks, the roles, and the project that they belong to.

use super::extra_vars;
use super::request::Selection;
use crate::inventory::{self, Inventory};
use crate::playbook::{self, Playbook};
use crate::resource::check::Check;
use crate::role::{RoleLibrary, check_inventory_names};
use crate::secret::{SecretStore, Secrets};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean, folder_of};
use crate::template::{Hosts, Layer, Rank, RenderError, Scope};
use indexmap::IndexMap;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that was read before the first host is contacted.
#[derive(Debug)]
pub struct Project {
    /// The name that its resources are owned under on hosts.
    pub id: String,
    /// The hosts and their variables.
    pub inventory: Inventory,
    /// The playbooks in order.
    pub playbooks: Vec<Playbook>,
    /// Where roles are found.
    pub library: RoleLibrary,
    /// The hosts as templates see them.
    pub hosts: Arc<Hosts>,
    /// Values that must not be shown.
    pub secrets: Secrets,
    /// What was asked for on the command line.
    pub selection: Selection,
    /// The hosts that `--limit` leaves.
    limit: Option<Vec<String>>,
    /// For each play of all playbooks, in order: the hosts that it is about.
    pub play_hosts: Vec<Vec<String>>,
    /// Whether the playbooks are all that the project declares, so that what they lack is orphaned.
    pub complete: bool,
    /// Whether hosts or roles are left out that the playbooks have: `--limit`, `--tags`, `--skip-tags`.
    pub partial: bool,
}

/// `solti.toml`, whose folder is the project's root.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    project: Option<String>,
    playbook: Option<PathBuf>,
}

/// Reads everything that a command line names.
///
/// # Errors
/// Everything that is wrong in any of it.
pub fn load(selection: &Selection) -> Result<Project, Diagnostics> {
    let mut errors = Diagnostics::new();
    let (root, settings) = root(selection)?;
    let given = selection.given.as_ref();
    let written = given.and_then(|given| given.playbook.as_ref());
    let playbooks = match written {
        Some((path, _)) => vec![path.clone()],
        None => playbook_paths(selection, root.as_deref(), &settings)?,
    };
    let folder = playbooks.first().map(|path| folder_of(path).to_owned());
    let given = given.map(|given| &given.inventory);
    let inventory = errors.collect(inventory::load_with(&selection.inventories, given, folder.as_deref()));
    let library = RoleLibrary::new(root.clone());
    let load = |path: &PathBuf| match written {
        Some((path, node)) => playbook::read(node, path, &library),
        None => playbook::load(path, &library),
    };
    let playbooks: Vec<Playbook> = playbooks.iter().filter_map(|path| errors.collect(load(path))).collect();
    let extra = errors.collect(extra_vars::parse(&selection.extra_vars));
    let (Some(inventory), Some(mut extra), true) = (inventory, extra, errors.is_empty()) else { return Err(errors) };
    extra.extend(selection.given.iter().flat_map(|given| given.extra_vars.iter().cloned()));

    let extra = Layer::entries(Rank::Extra, &extra);
    let secrets = Secrets::new();
    let hosts = Arc::new(template_hosts(&inventory, &extra).with_secrets(SecretStore::new(secrets.clone())));
    let limit = selection.limit.as_ref().map(|limit| inventory.select(limit, None)).transpose()?;
    let mut play_hosts = play_hosts(&inventory, &playbooks, &extra)?;
    let mut partial = !selection.is_untagged();
    if let Some(limit) = &limit {
        for hosts in &mut play_hosts {
            partial |= hosts.iter().any(|host| !limit.contains(host));
            hosts.retain(|host| limit.contains(host));
        }
    }
    check_names(&inventory, &playbooks)?;
    let id = settings.project.or_else(|| name_of(root.as_deref())).unwrap_or_else(|| "solti".to_owned());
    let complete = selection.playbooks.is_empty() && selection.given.is_none() && selection.is_untagged();
    Ok(Project {
        id,
        inventory,
        playbooks,
        library,
        hosts,
        secrets,
        selection: selection.clone(),
        limit,
        play_hosts,
        complete,
        partial,
    })
}

/// The nearest folder with `solti.toml`, else the nearest one above the inventory that has playbooks or roles.
fn root(selection: &Selection) -> Result<(Option<PathBuf>, Settings), Diagnostics> {
    let start = match &selection.given {
        Some(given) => Some(given.root.as_path()),
        None => selection.inventories.iter().map(Path::new).find(|path| path.exists()),
    };
    let start = start.map_or_else(|| PathBuf::from("."), Path::to_owned);
    // relative paths are kept as the user wrote them, for messages
    let absolute = start.canonicalize().unwrap_or_else(|_| start.clone());
    let here = if absolute.is_dir() { absolute.clone() } else { folder_of(&absolute).to_owned() };
    for folder in here.ancestors() {
        let file = folder.join("solti.toml");
        if file.is_file() {
            let source = SourceFile::read(&shown(&file))?;
            return Ok((Some(shown(folder)), settings(&source)?));
        }
    }
    let found = here.ancestors().find(|folder| folder.join("playbooks").is_dir() || folder.join("roles").is_dir());
    Ok((Some(shown(found.unwrap_or(&here))), Settings::default()))
}

/// A path below the current folder as a relative one.
fn shown(path: &Path) -> PathBuf {
    let current = std::env::current_dir().and_then(|path| path.canonicalize()).unwrap_or_default();
    match path.strip_prefix(&current) {
        Ok(rest) => rest.to_owned(),
        Err(_) => path.to_owned(),
    }
}

fn name_of(root: Option<&Path>) -> Option<String> {
    let root = std::path::absolute(root?).or_else(|_| std::env::current_dir()).ok()?;
    Some(root.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned())
}

fn settings(source: &Arc<SourceFile>) -> Result<Settings, Diagnostics> {
    toml::from_str(source.text()).map_err(|error| {
        let range = error.span().unwrap_or(0..0);
        Diagnostic::at(&Span::new(source, range.start, range.end), error.message().to_owned()).into()
    })
}

fn playbook_paths(
    selection: &Selection,
    root: Option<&Path>,
    settings: &Settings,
) -> Result<Vec<PathBuf>, Diagnostics> {
    if !selection.playbooks.is_empty() {
        return Ok(selection.playbooks.clone());
    }
    let root = root.unwrap_or(Path::new(""));
    let candidates = match &settings.playbook {
        Some(path) => vec![root.join(path)],
        None => {
            ["playbooks/site.yml", "playbooks/site.yaml", "site.yml", "site.yaml"].map(|name| root.join(name)).to_vec()
        }
    };
    match candidates.iter().find(|path| path.is_file()) {
        Some(path) => Ok(vec![path.clone()]),
        None => {
            let shown = candidates.first().map(|path| path.display().to_string()).unwrap_or_default();
            Err(Diagnostic::new(format!("there is no playbook: {shown} does not exist"))
                .hint("name one with -p FILE")
                .into())
        }
    }
}

fn template_hosts(inventory: &Inventory, extra: &Layer) -> Hosts {
    let groups: IndexMap<String, Vec<String>> = inventory
        .groups()
        .map(|group| (group.name.clone(), inventory.hosts_of(&group.name).into_iter().map(str::to_owned).collect()))
        .collect();
    let mut hosts = Hosts::new(groups);
    let implicit =
        inventory::LOCAL_NAMES.iter().filter(|name| inventory.is_implicit(name)).map(|name| (*name).to_owned());
    for name in inventory.hosts().map(|host| host.name.clone()).chain(implicit) {
        let variables = inventory.variables(&name).into_iter().map(|(name, variable)| (name, variable.value));
        let layers = vec![Layer::new(Rank::Inventory, variables), extra.clone()];
        hosts.insert(name, layers);
    }
    hosts
}

/// The hosts of each play, in the order of the inventory's pattern.
fn play_hosts(inventory: &Inventory, playbooks: &[Playbook], extra: &Layer) -> Result<Vec<Vec<String>>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let scope = Scope::new(vec![extra.clone()]);
    let mut all = Vec::new();
    for play in playbooks.iter().flat_map(|playbook| &playbook.plays) {
        let mut patterns = Vec::new();
        for node in &play.hosts {
            match scope.render(node).and_then(|node| Ok(node.strings()?)) {
                Ok(texts) => patterns.extend(texts),
                Err(RenderError::Invalid(found)) => errors.extend(found),
                Err(RenderError::NeedsFacts) => {
                    errors.push(Diagnostic::at(&node.span, "a play's hosts cannot depend on facts"))
                }
            }
        }
        let at = play.hosts.first().map(|node| &node.span).unwrap_or(&play.span);
        all.push(errors.collect(inventory.select(&patterns.join(":"), Some(at))).unwrap_or_default());
    }
    errors.or(all)
}

/// No variable of the inventory may be nearly an option of a role that is used.
fn check_names(inventory: &Inventory, playbooks: &[Playbook]) -> Result<(), Diagnostics> {
    let mut roles = Vec::new();
    for play in playbooks.iter().flat_map(|playbook| &playbook.plays) {
        roles.extend(play.roles.iter().map(|role| Arc::clone(&role.role)));
    }
    let mut errors = Diagnostics::new();
    for host in inventory.hosts() {
        let variables = inventory.variables(&host.name);
        let names = variables.iter().map(|(name, variable)| (name.as_str(), &variable.key_span));
        errors.collect(check_inventory_names(&roles, names));
    }
    errors.or(())
}

impl Project {
    /// All plays in order, each with the hosts that it is about.
    pub fn plays(&self) -> impl Iterator<Item = (&playbook::Play, &[String])> {
        let plays = self.playbooks.iter().flat_map(|playbook| &playbook.plays);
        plays.zip(self.play_hosts.iter().map(Vec::as_slice))
    }

    /// The hosts that any play is about, in the order of the inventory.
    pub fn selected(&self) -> Vec<String> {
        let wanted = |name: &str| self.play_hosts.iter().any(|hosts| hosts.iter().any(|host| host == name));
        let implicit = inventory::LOCAL_NAMES.iter().copied().filter(|name| self.inventory.is_implicit(name));
        self.inventory
            .hosts()
            .map(|host| host.name.as_str())
            .chain(implicit)
            .filter(|name| wanted(name))
            .map(str::to_owned)
            .collect()
    }

    /// Whether a check is about a host of this run: one that `--limit` leaves out is not asked for.
    ///
    /// # Errors
    /// When the check is about a host that the inventory does not have.
    pub fn is_about(&self, check: &Check) -> Result<bool, Diagnostics> {
        let Some((host, span)) = check.signal.as_ref().and_then(|signal| signal.of.as_ref()) else { return Ok(true) };
        if self.hosts.scope(host).is_none() {
            let names = self.inventory.hosts().map(|host| host.name.as_str());
            let near = did_you_mean(host, names).map(|near| format!("did you mean `{near}`?"));
            return Err(Diagnostic::at(span, format!("`of`: the inventory has no host `{host}`"))
                .maybe_hint(near)
                .into());
        }
        Ok(self.limit.as_ref().is_none_or(|limit| limit.contains(host)))
    }
}
