//! `package`: software from the distribution or from a repository whose key is known by its fingerprint.

use super::arguments::brought;
use super::content::Content;
use super::reasons::KNOWN_AFTER_APPLY;
use super::repository::{REPOSITORY, repository};
use super::{Draft, Files, Planned, Resource, ResourceKind, before, versions};
use crate::ability::files::FileOperation;
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::packages::{Offers, PackageOperation};
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::template::RenderError;
use crate::yaml::Node;
use std::cmp::Ordering;

/// `package`.
pub static PACKAGE: ResourceKind = ResourceKind::new(
    Schema::new(
        "package",
        &[
            Argument::new("name", Shape::Several(&Shape::Text), "one package (or a list)").identity(),
            Argument::new("names", Shape::Several(&Shape::Text), "a list, instead of `name`").identity(),
            Argument::new("version", Shape::Text, "exactly this one; `2.53.*` for any that begins like it"),
            Argument::new(
                "state",
                Shape::Choice(&["present", "latest"]),
                "`latest`: always the newest that is offered",
            )
            .default("present"),
            Argument::new("recommends", Shape::Flag, "whether recommended packages come along").default("true"),
            Argument::new(
                "repository",
                Shape::Mapping(&REPOSITORY),
                "where they come from, if not from the host's own sources: `name`, `uris`, `suites`, `components`, \
                 `architectures`, and `key` with `src` or `content` and its `fingerprint` (or a list of them), all but \
                 `components` and `architectures` required",
            )
            .unseen(),
        ],
    )
    .exactly_one(&["name", "names"]),
    "Debian's packages, so far.",
    |arguments, _, files| Ok(Box::new(Package::parse(arguments, files)?)),
)
.claims(|arguments, _| {
    let names = arguments.get("name").or_else(|| arguments.get("names")).map(Node::strings).transpose()?;
    let item = |name| Item { kind: ItemKind::Package, name, before: Before::Nothing };
    Ok(names.unwrap_or_default().into_iter().map(item).collect())
})
.secrets_go("put user and password into a file in /etc/apt/auth.conf.d with `mode: \"0600\"`, see apt_auth.conf(5)");

/// Packages, and where they come from. Package managers beside apt get their place here.
#[derive(Debug)]
pub struct Package {
    names: Vec<String>,
    version: Option<String>,
    latest: bool,
    recommends: bool,
    /// The source's description and its key, as apt reads them from `/etc/apt`.
    repository: Vec<Content>,
}

impl Package {
    /// Reads [`PACKAGE`].
    ///
    /// # Errors
    /// What is wrong with the arguments; a key whose fingerprint is another one.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &PACKAGE.schema)?;
        let name = fields.get("name");
        let names = fields.get("names");
        if name.is_none() && names.is_none() {
            let error = Diagnostic::at(fields.span(), "`package` needs `name` (or `names`)");
            fields.error(error);
        }
        let names = fields.read(name.or(names), package_names);
        let version = fields.get("version");
        let state = fields.get("state");
        let latest = fields.read(state, is_latest).unwrap_or(false);
        if let (Some(node), true, Some(_)) = (state, latest, version) {
            fields.error(Diagnostic::at(&node.span, "`version` says which one; `state: latest` cannot be beside it"));
        }
        let version = fields.read(version, versions::wanted);
        let recommends = fields.boolean("recommends").unwrap_or(true);
        let repository = match fields.get("repository") {
            Some(node) => brought(&mut fields, repository(node, files))?.unwrap_or_default(),
            None => Vec::new(),
        };
        let names = fields.finish_with(names)?;
        Ok(Self { names, version, latest, recommends, repository })
    }

    /// What the host's package lists leave in doubt. They may be old, and are read anew before that matters.
    fn doubt(&self, name: &str, candidate: Option<&String>, state: &State) -> Option<String> {
        let has = |what: String| Some(format!("the host's package lists have {what}; they are read anew first"));
        if state.packages.apt.unlisted.contains(name) {
            return has(format!("no {name}"));
        }
        let offered = state.packages.apt.offered.get(state.packages.apt.plain(name))?;
        match (&self.version, offered.as_slice()) {
            (Some(version), offered) if offered.iter().any(|offered| versions::fits(version, offered)) => None,
            (Some(_), []) => has(format!("no version of {name}")),
            (Some(version), offered) => has(format!("no {version} of {name}, but {}", offered.join(", "))),
            (None, _) if candidate.is_some() => None,
            (None, []) => Some(format!(
                "the host's package lists have no package {name}; if it is a name for several, one of those must be declared"
            )),
            (None, offered) => {
                Some(format!("apt's preferences on the host rule out every version of {name}: {}", offered.join(", ")))
            }
        }
    }

    /// Whether the installed version is what is wanted; `2.53.*` stands for all that begin like it.
    fn fits(&self, installed: &str, candidate: Option<&String>) -> bool {
        match &self.version {
            Some(version) => versions::fits(version, installed),
            None => !self.latest || candidate.is_none_or(|candidate| candidate == installed),
        }
    }
}

/// What it means for a package to get a version; `offered` says what apt takes for a pattern.
fn action_for(now: Option<&String>, target: Option<&str>, offered: Option<&Vec<String>>) -> Action {
    let Some(now) = now else { return Action::Install };
    // what is there by half has a word behind its version
    let now = now.split(',').next().unwrap_or(now);
    let Some(target) = target else { return Action::Reinstall };
    let exact = offered.into_iter().flatten().find(|offered| versions::fits(target, offered));
    match versions::compare(now, exact.map_or(target.trim_end_matches('*'), String::as_str)) {
        Ordering::Less => Action::Upgrade,
        Ordering::Equal => Action::Reinstall,
        Ordering::Greater => Action::Downgrade,
    }
}

/// Why a package cannot be changed that the host's administrator holds.
fn held(name: &str, now: Option<&String>) -> String {
    let at = now.map(|version| format!(" at {version}")).unwrap_or_default();
    format!("{name} is held{at} on the host, so apt would not change it; `apt-mark unhold {name}` there lets it")
}

fn is_latest(node: &Node) -> Result<bool, Diagnostics> {
    match node.string()?.as_str() {
        "present" => Ok(false),
        "latest" => Ok(true),
        other => {
            let error = Diagnostic::at(&node.span, format!("`state` is `present` or `latest`, not `{other}`"));
            let hint = "what a role stops declaring is left installed; a role with `state: absent` removes what it \
                        installed";
            Err(error.hint(hint).into())
        }
    }
}

fn package_names(node: &Node) -> Result<Vec<String>, Diagnostics> {
    let names = node.strings()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':' | '_');
    // apt takes a name that ends with `-` for one that is to be removed
    let refused =
        |name: &&String| name.is_empty() || name.starts_with('-') || name.ends_with('-') || !name.chars().all(plain);
    match names.iter().find(refused) {
        Some(name) => Err(Diagnostic::at(&node.span, format!("`{name}` is no name of a package")).into()),
        None => Ok(names),
    }
}

impl Resource for Package {
    fn name(&self) -> String {
        self.names.join(",")
    }

    fn ask(&self, probe: &mut Probe) {
        for name in &self.names {
            probe
                .packages
                .ask(name, if self.latest || self.version.is_some() { Offers::Always } else { Offers::IfMissing });
        }
        for content in &self.repository {
            content.ask(probe);
        }
        probe.tool("apt-get");
    }

    fn claims(&self) -> Vec<Item> {
        let packages =
            self.names.iter().map(|name| Item { kind: ItemKind::Package, name: name.clone(), before: Before::Nothing });
        packages.chain(self.repository.iter().map(Content::claim)).collect()
    }

    fn declare(&self, state: &mut State) {
        self.repository.iter().for_each(|content| content.declare(state));
    }

    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        self.repository.iter().map(Content::text).collect()
    }

    fn contents_mut(&mut self) -> Vec<&mut Content> {
        self.repository.iter_mut().collect()
    }

    /// Packages of one vendor come from one repository.
    fn shares(&self) -> bool {
        true
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let mut planned = Planned::default();
        let (mut details, mut operations, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for content in &self.repository {
            let difference = content.compare(state)?;
            details.extend(difference.details);
            operations.extend(difference.operations);
            bodies.extend(difference.body);
            planned.items.extend(difference.item);
        }
        let new_source = !bodies.is_empty();
        if new_source {
            operations.push(Operation::Files(FileOperation::Write {
                folder: None,
                bodies,
                removed: Vec::new(),
                declared: Vec::new(),
                validation: None,
                early: true,
            }));
        }
        let (mut wanted, mut action) = (Vec::new(), None);
        let mut refresh = new_source;
        for name in &self.names {
            let installed = state.packages.installed.get(name).cloned();
            let candidate = state.packages.candidates.get(state.packages.apt.plain(name)).cloned();
            let claim = Item { kind: ItemKind::Package, name: name.clone(), before: Before::Nothing };
            planned.items.push(Item {
                kind: ItemKind::Package,
                name: name.clone(),
                before: before(state, &claim, installed.is_some()),
            });
            if installed.as_ref().is_some_and(|installed| self.fits(installed, candidate.as_ref())) {
                continue;
            }
            let target = self.version.clone().or_else(|| candidate.clone().filter(|_| self.latest));
            let shown = target.clone().unwrap_or_else(|| KNOWN_AFTER_APPLY.to_owned());
            // whichever version another resource installs will do, unless this one is particular
            if state.predicted.packages.get(name).is_some_and(|version| target.is_none() || *version == shown) {
                continue;
            }
            let now = installed.as_ref().or(state.packages.apt.unfinished.get(name));
            if state.packages.apt.held.contains(name) {
                return Err(held(name, now));
            }
            details.extend(Detail::value(name, now.map(String::as_str), Some(&shown)));
            // lists that are about to change say nothing
            if !new_source {
                details.extend(self.doubt(name, candidate.as_ref(), state).map(Detail::note));
            }
            action = action.max(Some(action_for(
                now,
                target.as_deref(),
                state.packages.apt.offered.get(state.packages.apt.plain(name)),
            )));
            refresh |= self.version.is_some() || self.latest;
            wanted.push(match target {
                Some(version) => format!("{name}={version}"),
                None => name.clone(),
            });
            state.packages.installed.remove(name);
            state.predicted.packages.insert(name.clone(), shown);
        }
        if !wanted.is_empty() {
            if state.missing_tools.contains("apt-get") {
                return Err(
                    "the host has no apt-get; packages of other package managers cannot be installed yet".to_owned()
                );
            }
            if state.packages.apt.busy {
                let note = "dpkg is at work on the host, or was cut off there: then `dpkg --configure -a` must finish that first";
                details.push(Detail::note(note));
            }
            operations.push(Operation::Packages(PackageOperation::Install {
                packages: wanted,
                refresh,
                recommends: self.recommends,
            }));
        }
        if !operations.is_empty() {
            let action = action.unwrap_or(Action::Update);
            planned.draft = Some(Draft { action, details, operations });
        }
        Ok(planned)
    }
}
