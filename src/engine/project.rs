//! What a run works on: the inventory, the playbooks, the roles, and the project that they belong to.

use super::elsewhere::Elsewhere;
use super::ownership::Ownership;
use super::play_hosts::play_hosts;
use super::project_id::{ProjectId, Settings};
use super::request::Selection;
use super::{extra_vars, tags};
use crate::inventory::{self, Inventory};
use crate::playbook::{self, Playbook};
use crate::resource::check::Check;
use crate::role::{RoleLibrary, SETTINGS, check_inventory_names, root_above, why_project};
use crate::secret::{SecretStore, Secrets};
use crate::source::{Diagnostic, Diagnostics, SourceFile, did_you_mean, folder_of};
use crate::template::{Hosts, Layer, Rank};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that was read before the first host is contacted.
#[derive(Debug)]
pub struct Project {
    /// Whose its resources are on hosts.
    pub id: ProjectId,
    /// Its folder.
    pub root: PathBuf,
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
    /// The same, whatever `--limit` leaves.
    declared_hosts: Vec<Vec<String>>,
    /// Hosts of the inventory that no playbook is about; what is left there is looked for.
    pub idle: Vec<String>,
    /// What the project declares in other playbooks.
    elsewhere: Elsewhere,
    /// Whether all roles of the plays are at hand, so that what neither they nor other playbooks have is orphaned.
    pub complete: bool,
    /// Whether hosts or roles are left out that the playbooks have: `--limit`, `--tags`, `--skip-tags`.
    pub partial: bool,
}

/// Reads everything that a command line names.
///
/// # Errors
/// Everything that is wrong in any of it.
pub fn load(selection: &Selection) -> Result<Project, Diagnostics> {
    let mut errors = Diagnostics::new();
    let (root, settings) = root(selection)?;
    let id = ProjectId::of(&root, &settings);
    let default = default_playbooks(&root, &settings);
    let given = selection.given.as_ref();
    let written = given.and_then(|given| given.playbook.as_ref());
    let paths = match written {
        Some((path, _)) => vec![path.clone()],
        None => playbook_paths(selection, &root, &default)?,
    };
    let folder = paths.first().map(|path| folder_of(path).to_owned());
    let inventory_given = given.map(|given| &given.inventory);
    let inventory = errors.collect(inventory::load_with(&selection.inventories, inventory_given, folder.as_deref()));
    let library = RoleLibrary::new(Some(root.clone()));
    let load = |path: &PathBuf| match written {
        Some((path, node)) => playbook::read(node, path, &library),
        None => playbook::load(path, &library),
    };
    let playbooks: Vec<Playbook> = paths.iter().filter_map(|path| errors.collect(load(path))).collect();
    let extra = errors.collect(extra_vars::parse(&selection.extra_vars));
    let (Some(inventory), Some(mut extra), true) = (inventory, extra, errors.is_empty()) else { return Err(errors) };
    extra.extend(selection.given.iter().flat_map(|given| given.extra_vars.iter().cloned()));

    let extra = Layer::entries(Rank::Extra, &extra);
    let secrets = Secrets::new();
    let hosts = Arc::new(template_hosts(&inventory, &extra).with_secrets(SecretStore::new(secrets.clone())));
    let limit = selection.limit.as_ref().map(|limit| inventory.select(limit, None)).transpose()?;
    let complete = given.is_none() && selection.is_untagged();
    let default = default.iter().find(|path| path.is_file()).map(PathBuf::as_path);
    let elsewhere = match given {
        None => Elsewhere::look(&root, default, &playbooks, &inventory, &extra),
        Some(_) => Elsewhere::default(),
    };
    let mut project = Project {
        id,
        root,
        play_hosts: Vec::new(),
        declared_hosts: Vec::new(),
        idle: Vec::new(),
        complete,
        partial: !selection.is_untagged(),
        limit,
        elsewhere,
        playbooks,
        inventory,
        library,
        hosts,
        secrets,
        selection: selection.clone(),
    };
    project.select(&extra, default.is_none_or(|default| is_among(default, &paths)))?;
    tags::check(selection, project.playbooks.iter().flat_map(|playbook| &playbook.plays))?;
    check_names(&project.inventory, &project.playbooks)?;
    Ok(project)
}

/// Whether a file is one of these.
fn is_among(file: &Path, paths: &[PathBuf]) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    paths.iter().any(|path| real(path) == real(file))
}

/// The root of the project that the inventory is in, else its own folder, and what is set there.
fn root(selection: &Selection) -> Result<(PathBuf, Settings), Diagnostics> {
    let start = match &selection.given {
        Some(given) => Some(given.root.as_path()),
        None => selection.inventories.iter().map(Path::new).find(|path| path.exists()),
    };
    let start = start.map_or_else(|| PathBuf::from("."), Path::to_owned);
    // relative paths are kept as the user wrote them, for messages
    let absolute = start.canonicalize().unwrap_or_else(|_| start.clone());
    let here = if absolute.is_dir() { absolute.clone() } else { folder_of(&absolute).to_owned() };
    let root = root_above(&here).unwrap_or(here);
    let file = root.join(SETTINGS);
    let settings = match file.is_file() {
        true => Settings::read(&SourceFile::read(&shown(&file))?)?,
        false => Settings::default(),
    };
    Ok((shown(&root), settings))
}

/// A path below the current folder as a relative one.
fn shown(path: &Path) -> PathBuf {
    let current = std::env::current_dir().and_then(|path| path.canonicalize()).unwrap_or_default();
    match path.strip_prefix(&current) {
        Ok(rest) => rest.to_owned(),
        Err(_) => path.to_owned(),
    }
}

/// Where the playbook is looked for that is applied when none is named.
fn default_playbooks(root: &Path, settings: &Settings) -> Vec<PathBuf> {
    match settings.playbook() {
        Some(path) => vec![root.join(path)],
        None => {
            ["playbooks/site.yml", "playbooks/site.yaml", "site.yml", "site.yaml"].map(|name| root.join(name)).to_vec()
        }
    }
}

fn playbook_paths(selection: &Selection, root: &Path, default: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostics> {
    if !selection.playbooks.is_empty() {
        return Ok(selection.playbooks.clone());
    }
    match default.iter().find(|path| path.is_file()) {
        Some(path) => Ok(vec![path.clone()]),
        None => {
            let below = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).display().to_string();
            let looked: Vec<String> = default.iter().map(below).collect();
            Err(Diagnostic::new(format!("there is no playbook: the project has no {}", looked.join(", no ")))
                .hint("name one with -p FILE")
                .hint(why_project(root))
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
    let layers = |host: &str| {
        let variables = inventory.variables(host).into_iter().map(|(name, variable)| (name, variable.value));
        vec![Layer::new(Rank::Inventory, variables), extra.clone()]
    };
    for host in inventory.hosts() {
        hosts.insert(host.name.as_str(), layers(&host.name));
    }
    for name in inventory::LOCAL_NAMES.into_iter().filter(|name| inventory.is_implicit(name)) {
        hosts.insert_implicit(name, layers(name));
    }
    hosts
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
    /// Works out whom the run is about; `whole` says whether it is about the playbook that is applied when none is named,
    /// so that hosts in no play are its business.
    fn select(&mut self, extra: &Layer, whole: bool) -> Result<(), Diagnostics> {
        let mut errors = Diagnostics::new();
        for playbook in &mut self.playbooks {
            for play in &playbook.plays {
                let hosts = errors.collect(play_hosts(&self.inventory, &play.hosts, &play.span, extra));
                if let (Some([]), Some(node)) = (hosts.as_deref(), play.hosts.first()) {
                    playbook
                        .notes
                        .push(Diagnostic::at(&node.span, "nobody is in this play yet: its groups have no hosts"));
                }
                self.play_hosts.push(hosts.unwrap_or_default());
            }
        }
        errors.or(())?;
        if whole && self.complete {
            let names = self.inventory.hosts().map(|host| host.name.clone());
            let (declared, idle): (Vec<String>, Vec<String>) = names.partition(|name| {
                self.elsewhere.hosts.contains(name) || self.play_hosts.iter().any(|hosts| hosts.contains(name))
            });
            // another name of a host that is in a play
            let known: HashSet<String> = match idle.as_slice() {
                [] => HashSet::new(),
                _ => declared.iter().map(|name| self.address(name)).collect(),
            };
            self.idle = idle.into_iter().filter(|name| !known.contains(&self.address(name))).collect();
        }
        self.declared_hosts = self.play_hosts.clone();
        if let Some(limit) = &self.limit {
            for hosts in &mut self.play_hosts {
                self.partial |= hosts.iter().any(|host| !limit.contains(host));
                hosts.retain(|host| limit.contains(host));
            }
            self.idle.retain(|host| limit.contains(host));
        }
        let nobody = self.is_about_nobody() && (self.idle.is_empty() || self.play_hosts.is_empty());
        if nobody { Err(self.nobody().into()) } else { Ok(()) }
    }

    /// What two names of one host have in common, as far as the inventory tells.
    fn address(&self, host: &str) -> String {
        let scope = self.hosts.scope(host);
        let text = |name| {
            let (_, node) = scope.as_ref()?.written(name)?;
            scope.as_ref()?.render(node).ok()?.filled().ok()
        };
        if text("ansible_connection").is_some_and(|connection| connection == "local") {
            return "local".to_owned();
        }
        let address = text("ansible_host").unwrap_or_else(|| host.to_owned());
        format!("{address} {}", text("ansible_port").unwrap_or_else(|| "22".to_owned()))
    }

    /// Whether no play has a host.
    pub fn is_about_nobody(&self) -> bool {
        self.play_hosts.iter().all(Vec::is_empty)
    }

    /// Says that no play has a host, which is no success.
    pub fn nobody(&self) -> Diagnostic {
        match (&self.selection.limit, self.plays().next()) {
            (Some(limit), Some(_)) => Diagnostic::new(format!("`--limit {limit}` leaves no host of any play"))
                .hint("`solti inventory INVENTORY --graph` shows which groups a host is in"),
            (None, Some((play, _))) => {
                let at = play.hosts.first().map_or(&play.span, |node| &node.span);
                Diagnostic::at(at, "no play has a host").hint("put hosts into the groups that the plays name")
            }
            (_, None) => Diagnostic::new("the playbook has no plays"),
        }
    }

    /// Whose what is on a host is for this run.
    pub(super) fn ownership(&self, prune: bool) -> Ownership<'_> {
        Ownership {
            project: &self.id.name,
            named: self.id.given,
            former: &self.id.former,
            folder: Some(&self.id.folder),
            elsewhere: Some(&self.elsewhere),
            complete: self.complete,
            prune,
        }
    }

    /// All plays in order, each with the hosts that it is about.
    pub fn plays(&self) -> impl Iterator<Item = (&playbook::Play, &[String])> {
        let plays = self.playbooks.iter().flat_map(|playbook| &playbook.plays);
        plays.zip(self.play_hosts.iter().map(Vec::as_slice))
    }

    /// The plays that are about a host, also where `--limit` leaves it out.
    pub fn plays_about(&self, host: &str) -> impl Iterator<Item = &playbook::Play> {
        let plays = self.playbooks.iter().flat_map(|playbook| &playbook.plays).zip(&self.declared_hosts);
        plays.filter(move |(_, hosts)| hosts.iter().any(|name| name == host)).map(|(play, _)| play)
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
